"""Storm tide, live: tide and residual at each gauge of tide.toml, judged by its four levels."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from msgspec import Meta, Struct, field
from numpy.typing import NDArray

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Forecast, Threshold
from forewarn.domain.station import Site
from stream.hazards.contract import Findings, Hazard, View

if TYPE_CHECKING:
    from stream.models.tide.constants import Constants
    from stream.models.tide.outlook import Outlook
    from stream.models.tide.surge.model import SurgeModel

PLAN_FILE = "tide.toml"
STORM_TIDE = "storm_tide"
HISTORY_MINUTES = 15_120
"""`stream.models.tide.outlook.HISTORY_MINUTES`, known without loading the numerics."""


class Gauge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tide gauge: `[[gauge]]` in tide.toml."""

    datastream: str
    """Its level: `zhenhai-tide/tide`."""
    model: str = "tide.npz"
    """File in the site's folder with the residual model, and the constants where there is no
    `constants` below: `forewarn tide fit` writes it."""
    constants: dict[str, tuple[Annotated[float, Meta(ge=0)], float]] = field(default_factory=dict)
    """Constituent → amplitude [m] and Greenwich phase lag [degrees]: `M2 = [1.88, 22.3]`."""
    amplitude_factor: Annotated[float, Meta(gt=0)] = 1.0
    """All amplitudes of `constants` are multiplied by this."""
    schureman: bool = False
    """True for tables that count SA and S1 as NOAA does."""
    mean_m: float = 0.0
    """Mean level on the gauge's datum, of `constants` [m]: 0.30."""
    source: str = ""
    """Where the constants come from."""
    silent_after: timedelta = timedelta(minutes=20)
    """A gauge that is silent for longer is called so: `PT20M`; three of its intervals or more."""


class TidePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sites/<id>/tide.toml`: which gauges are judged, and with what."""

    gauges: tuple[Gauge, ...] = field(name="gauge")
    horizon: timedelta = timedelta(hours=6)
    """How far the level is forecast: `PT6H`."""
    step: timedelta = timedelta(minutes=10)
    """Between two leads: `PT10M`."""
    table: timedelta = timedelta(hours=48)
    """How far ahead astronomical high waters are listed: `PT48H`."""

    def __post_init__(self) -> None:
        if not timedelta(0) < self.step <= self.horizon <= timedelta(hours=24):
            raise ValueError("needs 0 < `step` <= `horizon` <= PT24H")


class _Fitted(NamedTuple):
    model: "SurgeModel"
    constants: "Constants"


class StormTide:
    """One gauge of the plan."""

    def __init__(self, folder: Path, plan: TidePlan, gauge: Gauge, site: Site) -> None:
        self._path, self._plan, self._gauge = folder / gauge.model, plan, gauge
        for key, station, datastream in site.datastreams():
            if key == gauge.datastream:
                self._latitude, self._area = station.latitude, station.area
                self._thresholds: tuple[Threshold, ...] = datastream.thresholds
                self._unit = datastream.unit
                return
        raise ConfigError(
            f"{folder / PLAN_FILE}: `{gauge.datastream}` is no datastream of site.toml"
        )

    @property
    def name(self) -> str:
        """Return its name in the log."""
        return f"{STORM_TIDE} {self._gauge.datastream}"

    @property
    def area(self) -> str:
        """Return the area of the gauge."""
        return self._area

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the gauge's datastream."""
        return (self._gauge.datastream,)

    @property
    def history_minutes(self) -> int:
        """Return a week of lags and three days of forecasts to judge, in minutes."""
        return HISTORY_MINUTES

    @property
    def borrowed(self) -> tuple[str, ...]:
        """Return nothing: it rests on its own gauge."""
        return ()

    @property
    def targets(self) -> Mapping[str, str]:
        """Return the gauge, judged as `storm_tide`."""
        return {self._gauge.datastream: STORM_TIDE}

    @cached_property
    def fitted(self) -> _Fitted:
        """Return model and constants; ConfigError says what is missing."""
        from stream.models.tide.constants import from_table
        from stream.models.tide.errors import TideError
        from stream.models.tide.stored import read

        gauge = self._gauge
        try:
            model, constants = read(self._path.read_bytes())
            if gauge.constants:
                factor = gauge.amplitude_factor
                constants = from_table(
                    {name: (factor * size, lag) for name, (size, lag) in gauge.constants.items()},
                    latitude=self._latitude,
                    mean=gauge.mean_m,
                    schureman=gauge.schureman,
                )
        except OSError as error:
            raise ConfigError(
                f"{self._path}: {error.strerror or error}; `forewarn tide fit` writes it"
            ) from error
        except TideError as error:
            raise ConfigError(f"{self._path}, {gauge.datastream}: {error}") from error
        if model is None or constants is None:
            lacks = "residual model" if model is None else "constants, nor has tide.toml"
            raise ConfigError(f"{self._path}: holds no {lacks}; `forewarn tide fit` writes both")
        return _Fitted(model, constants)

    def judge(self, view: View) -> Findings:
        """Return forecast and assessment of the level at the gauge."""
        from stream.assess import Grounds, Observed, assess
        from stream.models.tide.outlook import forecast
        from stream.models.tide.surge.model import PROBABILITIES

        model, constants = self.fitted
        step, horizon = self._plan.step.total_seconds(), self._plan.horizon.total_seconds()
        leads = np.arange(0.0, horizon + 1.0, step)
        silent = self._gauge.silent_after.total_seconds() / 60
        minutes = np.asarray(view.history[0], dtype=np.float64)
        found = forecast(model, constants, minutes, view.issue_s, leads, silent_min=silent)
        key = self._gauge.datastream
        issue = datetime.fromtimestamp(view.issue_s, UTC)
        said = [f"{key}: {line}" for line in found.said]
        fresh = found.anchor_s is not None and view.issue_s - found.anchor_s <= 60 * silent
        observed = None
        if found.believed and fresh and found.anchor_s is not None:
            seen = minutes[np.isfinite(minutes)][-1]
            observed = Observed(datetime.fromtimestamp(found.anchor_s, UTC), float(seen))
        outlook = Forecast(
            area=self._area,
            datastream=key,
            issue_time=issue,
            model="tide and residual",
            leads_s=[int(lead) for lead in leads],
            probabilities=list(PROBABILITIES),
            values=found.values.tolist(),
            degraded=said,
        )
        grounds = Grounds(observed, evidence=tuple(self._evidence(found, view.issue_s, leads)))
        assessment = assess(outlook, self._thresholds, grounds, hazard=STORM_TIDE)
        return Findings([outlook], [assessment])

    def _evidence(self, found: "Outlook", issue_s: float, leads: NDArray[np.float64]) -> list[str]:
        """Return what it rests on: residual now, next high water, and the table further on."""
        from stream.models.tide.highwater import turns

        key, unit, half = self._gauge.datastream, self._unit, found.values.shape[1] // 2
        lines = []
        if found.residual is not None:
            lines.append(f"{key}: {found.residual:+.2f} {unit} above the astronomical tide")
        last = issue_s + self._plan.table.total_seconds()
        high = [turn for turn in turns(self.fitted.constants, issue_s, last) if turn.high]
        soon = [turn for turn in high if turn.time_s <= issue_s + leads[-1]]
        for turn in soon:
            at = int(np.abs(leads - (turn.time_s - issue_s)).argmin())
            row = found.values[at]
            lines.append(
                f"high water {_clock(turn.time_s)} UTC: tide {turn.level:.2f}, expected "
                f"{row[half]:.2f} ({row[1]:.2f} to {row[-2]:.2f}) {unit}"
            )
        if later := [f"{_clock(t.time_s)} {t.level:.2f}" for t in high[len(soon) :]]:
            lines.append(f"astronomical high waters, UTC, {unit}: {', '.join(later)}")
        return lines


def _clock(time_s: float) -> str:
    return f"{datetime.fromtimestamp(round(time_s / 60) * 60, UTC):%d %b %H:%M}"


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return the tide gauges that the site in `folder` judges; none where there is no plan."""
    path = folder / PLAN_FILE
    if not path.is_file():
        return []
    plan = load_toml(path, TidePlan)
    found: list[Hazard] = []
    for gauge in plan.gauges:
        if not (folder / gauge.model).is_file():
            raise ConfigError(
                f"{path}: `{gauge.model}` of {gauge.datastream} is not there; "
                f"`forewarn tide fit --site {folder}` writes it"
            )
        found.append(StormTide(folder, plan, gauge, site))
    return found
