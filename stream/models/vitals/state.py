"""How an indicator stands to its bounds."""

from math import isfinite, isnan

from msgspec import Struct

from forewarn.domain.vital import State


class Bounds(Struct, frozen=True):
    """From where an indicator is near overload, and in overload; bounds themselves count.

    Worked example: stages `near = 0.9`, `overload = 1.0` of the warning level; buses that run
    `near = 120`, `overload = 80`, where few are bad.
    """

    near: float
    overload: float

    def __post_init__(self) -> None:
        if not (isfinite(self.near) and isfinite(self.overload)) or self.near == self.overload:
            raise ValueError("`near` and `overload` must be two different numbers")

    def load(self, value: float) -> float:
        """Return how far `value` is on the way from `near` (0) to `overload` (1); it may be beyond.

        load = (value - near) / (overload - near), whichever of the two is larger.
        """
        return (value - self.near) / (self.overload - self.near)

    def beyond(self, low: float, high: float) -> str:
        """Return which bounds no value between `low` and `high` reaches, in words; "": none."""
        worst = high if self.overload > self.near else low
        sign = 1 if self.overload > self.near else -1
        bounds = ("near", self.near), ("overload", self.overload)
        missed = [f"`{name}` = {bound:g}" for name, bound in bounds if sign * (bound - worst) > 0]
        return f"{' and '.join(missed)} can never be reached" if missed else ""


def judge(value: float, bounds: Bounds, *, expected: int, missing: int, least: float) -> State:
    """Return the state of an indicator; NaN is unknown.

    What is there can prove that a bound is reached, whatever is missing; it cannot prove that
    all is normal. So with too few of its inputs NORMAL becomes UNKNOWN, NEAR and OVERLOAD stand.

    Parameters
    ----------
    expected, missing : int
        Datastreams that it rests on, and how many of them gave nothing.
    least : float
        Share of them that must be there for NORMAL [0-1].
    """
    if isnan(value):
        return State.UNKNOWN
    load = bounds.load(value)
    if load >= 0:
        return State.OVERLOAD if load >= 1 else State.NEAR
    too_few = expected > 0 and (expected - missing) / expected < least
    return State.UNKNOWN if too_few else State.NORMAL
