"""Level of service of walkways: A (free) to F (breaking down), by flow and by space.

Fruin, J. J. (1971), Pedestrian Planning and Design, table of walkways. Flow alone is not
enough: beyond its maximum the crowd is denser and flows less, so space decides where it is known.
"""

from bisect import bisect_right
from math import isnan

FLOW_PER_M_MIN = (23.0, 33.0, 49.0, 66.0, 82.0)
"""Persons per metre of width and minute at which B, C, D, E and F begin."""
SPACE_M2 = (3.25, 2.32, 1.39, 0.93, 0.46)
"""Square metres per person below which B, C, D, E and F begin."""
SERVICES = "ABCDEF"

CONTACT_PER_M2 = 3.57
"""Density at which contact is no longer one's own choice [1/m2] (Fruin 1971)."""
DANGEROUS_PER_M2 = 5.0
"""Above it a standing crowd is uncomfortable and in danger [1/m2] (Still 2014)."""
CRITICAL_PER_M2 = 7.1
"""A standing crowd becomes a fluid: shock waves, people lifted off their feet [1/m2]."""


def service_by_flow(per_m_min: float) -> str:
    """Return the level of service of a flow [persons/m/min]; ValueError if NaN or negative."""
    if isnan(per_m_min) or per_m_min < 0:
        raise ValueError(f"a flow of {per_m_min} persons/m/min; give 0 or more")
    return SERVICES[bisect_right(FLOW_PER_M_MIN, per_m_min)]


def service_by_density(per_m2: float) -> str:
    """Return the level of service of a density [1/m2]; ValueError if NaN or negative."""
    if isnan(per_m2) or per_m2 < 0:
        raise ValueError(f"a density of {per_m2} persons/m2; give 0 or more")
    if per_m2 == 0:
        return "A"
    space = 1.0 / per_m2
    return SERVICES[sum(space < bound for bound in SPACE_M2)]


def service(per_m2: float, per_m_min: float | None = None) -> str:
    """Return the worse of both levels of service; the flow may be unknown."""
    found = service_by_density(per_m2)
    return found if per_m_min is None else max(found, service_by_flow(per_m_min))
