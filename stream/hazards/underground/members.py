"""From the quantiles of a forecast to members, minute by minute."""

from typing import TYPE_CHECKING

from forewarn.domain.hazard import Forecast
from stream.quantiles import quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HORIZON_MIN = 180
"""How far it looks ahead [min]; the scalar `closing` is this minus the minutes left."""


def members(forecast: Forecast, age_s: float) -> "NDArray[np.float64]":
    """Return (HORIZON_MIN, MEMBERS) depths of a forecast [m], minute by minute from now on.

    `age_s` is how long ago it was issued [s]. Each member keeps its rank; beyond the last lead
    its last depth stands.
    """
    import numpy as np

    from stream.models.underground.closing import MEMBERS

    ranks = (np.arange(MEMBERS) + 0.5) / MEMBERS
    rows = np.array(
        [[quantile(row, forecast.probabilities, rank) for rank in ranks] for row in forecast.values]
    )
    leads = np.array(forecast.leads_s, dtype=np.float64) - age_s
    wanted = 60.0 * np.arange(1, HORIZON_MIN + 1)
    lines = [np.interp(wanted, leads, rows[:, member]) for member in range(MEMBERS)]
    return np.asarray(np.maximum(np.stack(lines, axis=1), 0.0), dtype=np.float64)
