"""Rows of a foreign device, accepted or refused, as the `ReceivedBatch` that they make."""

from datetime import datetime
from math import isfinite

from forewarn.domain.observation import (
    Columns,
    Observation,
    Quality,
    ReceivedBatch,
    Rejection,
    from_milliseconds,
    to_milliseconds,
)
from gateway.decode import KEPT_KEY_CHARACTERS, NOT_FINITE, TIME_OUT_OF_BOUNDS

UNKNOWN_NAME = "unknown name"
NO_NUMBER = "no number"
UNIT_DOES_NOT_FIT = "unit does not fit"

MAX_APART_MS = 24 * 3_600_000
"""A foreign value's time may be this far from its arrival: such devices keep no backlog."""


class Rows:
    """Collects what one message said.

    Parameters
    ----------
    gateway : str
        Under which the observations are kept.
    received : datetime
        World time of arrival.
    """

    def __init__(self, gateway: str, received: datetime) -> None:
        self._gateway, self._received = gateway, received
        self._now_ms = to_milliseconds(received)
        self._accepted: list[Observation] = []
        self._rejected: list[Rejection] = []

    def accept(self, datastream: str, time_ms: int, result: float | None) -> None:
        """Add an observation; one that is not finite or a day away is refused instead."""
        if result is not None and not isfinite(result):
            self.refuse(NOT_FINITE, f"result {result}", datastream, time_ms)
        elif abs(time_ms - self._now_ms) > MAX_APART_MS:
            hours = (time_ms - self._now_ms) / 3_600_000
            self.refuse(
                TIME_OUT_OF_BOUNDS, f"{hours:+.1f} h from its arrival", datastream, time_ms, result
            )
        else:
            self._accepted.append(
                Observation(
                    datastream=datastream,
                    phenomenon_time=from_milliseconds(time_ms),
                    result=result,
                    quality=Quality.MISSING if result is None else Quality.UNCHECKED,
                )
            )

    def refuse(
        self,
        reason: str,
        detail: str,
        name: str | None = None,
        time_ms: int | None = None,
        result: float | None = None,
        payload: bytes | None = None,
    ) -> None:
        """Add a rejection."""
        self._rejected.append(
            Rejection(
                reason=reason,
                detail=detail[:500],
                datastream=name[:KEPT_KEY_CHARACTERS] if name else None,
                time=time_ms,
                result=result if result is None or isfinite(result) else None,
                payload=payload,
            )
        )

    def batch(self) -> ReceivedBatch:
        """Return all of it. It has no `boot_id` and `seq`: a foreign device waits for no ack."""
        return ReceivedBatch(
            gateway=self._gateway,
            received=self._received,
            columns=Columns.from_observations(self._accepted),
            rejected=self._rejected,
        )
