"""Waves and gales at the site's buoys, live: `sites/<id>/marine.toml`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level
from forewarn.domain.station import Site
from stream.hazards.contract import Findings, Hazard, View

if TYPE_CHECKING:
    from stream.hazards.seastate import Engine

PLAN_FILE = "marine.toml"
HISTORY_MINUTES = 6 * 1440
"""Five days of forecasts that have been proved, and what they rested on."""

Positive = Annotated[float, Meta(gt=0)]


class Buoy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[buoy]]`: a station with wind, and perhaps waves."""

    station: str
    wave: str = ""
    """Its property with the significant wave height [m]; empty: it measures none."""
    wind: str = "wind_speed"
    """Its property with the mean wind [m/s]."""
    fetch_km: Positive
    """Open water upwind, in the direction storms blow from [km]; 300 stands for the open sea."""
    depth_m: Positive
    """Depth of the water over the fetch [m]."""
    gust_factor: Annotated[float, Meta(ge=1)] = 1.3
    """Gust over mean wind: 1.25–1.33 in the median of recorded buoys, 1.5 in squalls."""
    stale: Annotated[int, Meta(ge=10, le=360)] = 90
    """Minutes after which the newest value counts no more."""


class MarinePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole marine.toml."""

    name: str
    area: str
    buoys: tuple[Buoy, ...] = field(name="buoy")
    gusts_m_s: dict[str, float] = field(
        default_factory=lambda: {"blue": 13.9, "yellow": 20.8, "orange": 28.5, "red": 37.0}
    )
    """Level → gust that calls for it too: Beaufort 7, 9, 11, 13 beside 6, 8, 10, 12 of the mean."""

    def __post_init__(self) -> None:
        for name in self.gusts_m_s:
            Level.parse(name)


class Marine:
    """Waves and wind of all buoys of one plan."""

    def __init__(self, plan: MarinePlan, site: Site) -> None:
        self._plan, self._site = plan, site
        self._engine: Engine | None = None

    @property
    def name(self) -> str:
        """Return `marine` and the plan's name."""
        return f"marine {self._plan.name}"

    @property
    def area(self) -> str:
        """Return the plan's area."""
        return self._plan.area

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return wind, and waves, of each buoy."""
        found: list[str] = []
        for buoy in self._plan.buoys:
            found.append(f"{buoy.station}/{buoy.wind}")
            found += [f"{buoy.station}/{buoy.wave}"] if buoy.wave else []
        return tuple(found)

    @property
    def history_minutes(self) -> int:
        """Return the minutes in which earlier forecasts are looked back at."""
        return HISTORY_MINUTES

    @property
    def borrowed(self) -> tuple[str, ...]:
        """Return nothing: it needs no other hazard."""
        return ()

    @property
    def targets(self) -> Mapping[str, str]:
        """Return `gale` for each wind, `wave` for each wave height."""
        found = {f"{buoy.station}/{buoy.wind}": "gale" for buoy in self._plan.buoys}
        waves = {f"{buoy.station}/{buoy.wave}": "wave" for buoy in self._plan.buoys if buoy.wave}
        return found | waves

    def judge(self, view: View) -> Findings:
        """Return a forecast and an assessment of wind and waves at each buoy."""
        if self._engine is None:
            from stream.hazards.seastate import Engine

            self._engine = Engine(self._plan, self._site, self.inputs)
        return self._engine.judge(view)


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return the marine hazard of the site in `folder`; none where there is no plan."""
    path = folder / PLAN_FILE
    if not path.is_file():
        return []
    plan = load_toml(path, MarinePlan)
    hazard = Marine(plan, site)
    known = {key: datastream for key, _, datastream in site.datastreams()}
    for key in hazard.inputs:
        if key not in known:
            raise ConfigError(f"{path}: no datastream `{key}` in site.toml")
        if not known[key].thresholds:
            raise ConfigError(
                f"{path}: `{key}` has no thresholds in site.toml; give it some, "
                "such as [[station.datastream.thresholds]] value = 2.5, level = 'blue'"
            )
    _no_twins(path, hazard.inputs)
    return [hazard]


def _no_twins(path: Path, keys: Sequence[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ConfigError(f"{path}: `{twice[0]}` is there twice; give each buoy one [[buoy]]")
