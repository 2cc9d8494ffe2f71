"""What the fleet may tell a gateway to do now: names for `forewarn fleet send`."""

from collections.abc import Callable
from typing import Literal

from edge import EdgeError
from edge.autonomy import Autonomy
from edge.sampling.settings import Pace

PACE_MINUTES = 60.0


def commands(autonomy: Autonomy) -> dict[str, Callable[[str], str]]:
    """Return each command: it takes the argument and returns what came of it, in words.

    `alarm-test ALARM` and `alarm-off ALARM`; `sample-fast`, `sample-slow` for MINUTES (60), and
    `sample-normal`.
    """

    def pace(mode: Literal["normal", "fast", "slow"]) -> Callable[[str], str]:
        def set_pace(argument: str) -> str:
            try:
                minutes = float(argument or PACE_MINUTES)
            except ValueError as error:
                raise EdgeError(f"`{argument}` is not a number of minutes") from error
            until_s = autonomy.steady_s() + 60 * minutes
            autonomy.pace(Pace(mode=mode, until_s=until_s))
            return f"{mode} for {minutes:g} min"

        return set_pace

    return {
        "alarm-test": autonomy.alarms.test,
        "alarm-off": autonomy.alarms.acknowledge,
        "sample-fast": pace("fast"),
        "sample-slow": pace("slow"),
        "sample-normal": pace("normal"),
    }
