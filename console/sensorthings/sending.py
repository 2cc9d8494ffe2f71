"""Observations that were read: sent on their way, waited for, and told what became of them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from console.sensorthings.errors import Overloaded, Unsettled
from console.sensorthings.questions import Questions
from console.sensorthings.wire import ACK_WITHIN_S, Wire
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Columns, Quality
from forewarn.storage import Connection
from forewarn.storage.things import Said, Stream, Unchangeable, observed

Pair = tuple[Stream, Said]
Note = Callable[[Connection, Sequence[Pair]], None]
"""Writes down, in a transaction, what is about to be sent."""


class Outcome(Struct, frozen=True):
    """What became of one observation."""

    id: int
    """0 where it was not stored."""
    reason: str = ""
    """Why it was not."""
    conflict: bool = False
    """Whether another result is there for its time."""


class Sending:
    """Sends observations as the gateway `things-api`.

    Parameters
    ----------
    wire : Wire
    questions : Questions
        Asked for what the database has of them.
    clock : Clock
    """

    def __init__(self, wire: Wire, questions: Questions, clock: Clock) -> None:
        self._wire, self._questions, self._clock = wire, questions, clock

    def check(self) -> None:
        """Raise Unsettled or Overloaded where nothing could be sent now."""
        if not self._wire.told:
            raise Unsettled("the console was not told FOREWARN_MQTT_URL: it cannot send any")
        if not self._wire.connected:
            raise Unsettled("the console has no connection to the MQTT broker; try again")
        if self._wire.full:
            raise Overloaded("too many observations wait for the database; send more slowly")

    async def send(self, said: Sequence[Said], note: Note) -> list[Outcome]:
        """Return what became of each; Unsettled where that is not known in time.

        `note` is called once, before anything is sent, unless there is nothing to send.
        """
        self.check()
        numbers = sorted({one.datastream for one in said})
        streams = await self._questions.ask(lambda c: observed.streams(c, numbers))
        outcomes = {
            place: Outcome(0, f"there is no Datastreams({one.datastream})")
            for place, one in enumerate(said)
            if one.datastream not in streams
        }
        known = [place for place in range(len(said)) if place not in outcomes]
        pairs = [(streams[said[place].datastream], said[place]) for place in known]
        for place, outcome in zip(known, await self.send_to(pairs, note), strict=True):
            outcomes[place] = outcome
        return [outcomes[place] for place in range(len(said))]

    async def send_to(self, pairs: Sequence[Pair], note: Note | None = None) -> list[Outcome]:
        """Return what became of each (datastream, observation); `note` as for `send`."""
        if not pairs:
            return []
        now = self._clock.now()
        features = await self._questions.ask(lambda c: _features(c, pairs, now, note))
        if not await self._wire.send(_columns(_going(pairs, features))):
            raise Unsettled(
                f"the database has not confirmed the observations within {ACK_WITHIN_S:g} s; send "
                "them again as they are: what has arrived is not stored twice"
            )
        return await self._questions.ask(lambda c: _settled(c, pairs, features))


def _features(
    connection: Connection, pairs: Sequence[Pair], now: datetime, note: Note | None
) -> list[int | str | None]:
    """Return the feature of each where it is not its datastream's, or why it has none."""
    found: list[int | str | None] = []
    with connection.transaction():
        features = observed.Features(connection, now)
        for stream, said in pairs:
            try:
                found.append(features.of(stream, said))
            except Unchangeable as error:
                found.append(str(error))
        if note is not None and (going := _going(pairs, found)):
            note(connection, going)
    return found


def _going(pairs: Sequence[Pair], features: Sequence[int | str | None]) -> list[Pair]:
    """Return those that have a feature."""
    return [pair for pair, f in zip(pairs, features, strict=True) if not isinstance(f, str)]


def _columns(pairs: Sequence[Pair]) -> Columns:
    index: dict[str, int] = {}
    return Columns(
        of=[index.setdefault(stream.key, len(index)) for stream, _ in pairs],
        datastreams=list(index),
        time=[said.time_ms for _, said in pairs],
        result=[said.result for _, said in pairs],
        quality=[
            Quality.MISSING if said.result is None else Quality.UNCHECKED for _, said in pairs
        ],
    )


def _settled(
    connection: Connection, pairs: Sequence[Pair], features: Sequence[int | str | None]
) -> list[Outcome]:
    """Return what became of each, and keep what was said beside those that are stored."""
    outcomes, remarks = [], []
    verdicts = observed.verdicts(connection, pairs)
    for (stream, said), feature, verdict in zip(pairs, features, verdicts, strict=True):
        if isinstance(feature, str):
            outcomes.append(Outcome(0, feature))
        elif verdict.reason:
            outcomes.append(Outcome(0, verdict.reason, verdict.conflict))
        else:
            outcomes.append(Outcome(observed.observation_id(stream.id, said.time_ms)))
            if feature or said.remarkable:
                remarks.append((stream, said, feature))
    if remarks:
        observed.remark(connection, remarks)
    return outcomes
