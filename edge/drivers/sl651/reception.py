"""Who gets what of the telegrams that come over one device, and when they are acknowledged."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Protocol

from edge.sl651 import Blob, Observed, TimeMark, observed
from edge.sl651.centre import Arrival

log = logging.getLogger("edge.sl651")

REMEMBERED = 1000
"""Telegrams remembered as kept, so that one that is sent again is not handed over again."""

PICTURE = 0x36


class Receipt:
    """A telegram on its way into the outbox, for one instrument or for several."""

    def __init__(self, arrival: Arrival, waiting: set[str], kept: Callable[["Receipt"], None]):
        self.arrival = arrival
        """The newest connection over which it came: there it is acknowledged."""
        self._waiting, self._kept = waiting, kept

    def done(self, address: str) -> None:
        """Note that the values of one station are kept; acknowledge it after the last."""
        self._waiting.discard(address)
        if not self._waiting:
            self._kept(self)


class Taker(Protocol):
    """The instrument of one remote station."""

    def refusal(self, arrival: Arrival) -> str:
        """Return why a telegram is not taken; empty where it is."""
        ...

    def take(self, arrival: Arrival, values: list[Observed], receipt: Receipt) -> bool:
        """Take what is about this station; False where it holds nothing to keep."""
        ...

    def take_picture(self, arrival: Arrival, picture: Blob, at: TimeMark | None) -> None:
        """Save a picture."""
        ...

    def note(self, trouble: str) -> None:
        """Remember what is wrong, for the status."""
        ...


class Reception:
    """Hands telegrams to the instruments of their stations."""

    def __init__(self) -> None:
        self.takers: Mapping[str, Taker] = {}
        """Address → instrument."""
        self.came = 0
        self.refused = 0
        self.trouble = ""
        """What was refused last, in words."""
        self._under_way: dict[object, Receipt] = {}
        self._kept: OrderedDict[object, None] = OrderedDict()

    def refuse(self, why: str) -> None:
        """Count and remember what was refused."""
        self.refused += 1
        if why != self.trouble:
            log.warning("%s", why)
        self.trouble = why

    def arrive(self, arrival: Arrival) -> None:
        """Take a telegram; it is acknowledged when all its values are kept, or at once if none are.

        What comes from a station that is not configured is not acknowledged: the station
        keeps it.
        """
        self.came += 1
        key = arrival.key
        if key in self._kept:
            arrival.accept()
        elif key in self._under_way:
            self._under_way[key].arrival = arrival
        elif why := self._refusal(arrival):
            self.refuse(why)
        else:
            self._hand_over(arrival, key)

    def _refusal(self, arrival: Arrival) -> str:
        station = arrival.telegram.frame.station
        if station not in self.takers:
            return f"station {station} at {arrival.peer} is not configured"
        return self.takers[station].refusal(arrival)

    def _hand_over(self, arrival: Arrival, key: object) -> None:
        body = arrival.telegram.body
        for fault in body.faults if body else ():
            self.takers[arrival.telegram.frame.station].note(fault)
        self._pictures(arrival)
        by_station: dict[str, list[Observed]] = {}
        for value in observed(arrival.telegram):
            by_station.setdefault(value.station, []).append(value)
        waiting = {address for address in by_station if address in self.takers}
        for address in by_station.keys() - waiting:
            self.refuse(f"station {address}, told of by {arrival.peer}, is not configured")
        receipt = self._under_way[key] = Receipt(arrival, waiting, lambda r: self._settle(r, key))
        for address in sorted(waiting):
            if not self.takers[address].take(arrival, by_station[address], receipt):
                receipt.done(address)
        if not waiting:
            self._settle(receipt, key)

    def _pictures(self, arrival: Arrival) -> None:
        if arrival.telegram.frame.function != PICTURE or arrival.telegram.body is None:
            return
        at = None
        for item in arrival.telegram.body.items:
            at = item if isinstance(item, TimeMark) else at
            if isinstance(item, Blob) and item.what == "picture":
                self.takers[arrival.telegram.frame.station].take_picture(arrival, item, at)

    def _settle(self, receipt: Receipt, key: object) -> None:
        if self._under_way.pop(key, None) is None:
            return
        self._kept[key] = None
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        receipt.arrival.accept()
