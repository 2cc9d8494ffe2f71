"""From the observations of one minute to a map: the chain, the gauge model and the city as one.

Runs in a process of its own (stream/flooding.py). What it remembers between two maps, the
ensemble and the water on the ground, is a cache: lost, it is rebuilt from the history.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import FloodedZone
from forewarn.domain.station import Place, Site, load_site
from stream.flooding import PROBABILITIES, inputs_of, plans_of
from stream.forecasting import Quantiles, load_gauge_model, read_model
from stream.griddedrain import Coming, gridded_rain
from stream.maps import Drawn
from stream.models.flood.chain import Chain, ChainForecast, State
from stream.models.flood.chain.inputs import inputs as inputs_in_order
from stream.models.flood.coupling import couple, to_minutes
from stream.models.flood.gauges.model import GaugeModel, NoForecast, predict
from stream.models.flood.inundation import zones
from stream.models.flood.inundation.city import City, Drive
from stream.models.flood.inundation.coarse import coarse
from stream.models.flood.inundation.exposure import depth_quantiles
from stream.models.flood.inundation.members import CityForecast, Ensemble, advance, flood
from stream.terrain import load_city

Floats = NDArray[np.float64]

SEED = 1
SPIN_UP_MIN = 6 * 60
"""A city whose water is not known is filled with the rain and the stages of so long."""
REHEARSAL_MIN = 90
AROUND_M = 150.0
"""Water that comes this near to a place is drawn in its warning [m]."""


class CityMap:
    """The chain and the city of one site, and where they stand.

    Parameters
    ----------
    site : Site
    chain : Chain
        Rain, runoff, rivers and their updating.
    city : City
        The ground.
    gauges : GaugeModel, optional
        Whose calibrated quantiles the members' stages are given.
    inputs : tuple of str
        Datastreams, in the order of the rows of the history.
    """

    def __init__(
        self,
        site: Site,
        chain: Chain,
        city: City,
        gauges: GaugeModel | None,
        inputs: tuple[str, ...],
    ) -> None:
        self._chain, self._city, self._gauges, self._inputs = chain, city, gauges, inputs
        self._rain = inputs_in_order(chain.basin)
        self._gridded = gridded_rain(chain.basin)
        self._places = [p for p in site.places if p.area == city.plan.area and p.floods]
        self._state: State | None = None
        self._depth: NDArray[np.float32] | None = None
        self._until_s = float("nan")
        self._pool: ThreadPoolExecutor | None = None

    @classmethod
    def load(cls, folder: Path) -> "CityMap":
        """Return the city of the site in `folder`."""
        site = load_site(folder)
        plans = plans_of(folder, site)
        if plans is None:
            raise ValueError(f"{folder}: no inundation.toml there")
        gauges = _gauge_model(folder)
        also = () if gauges is None else gauges.inputs
        city = load_city(folder, site.places)
        return cls(site, Chain(plans[0]), city, gauges, inputs_of(plans[0], also))

    def rehearse(self) -> None:
        """Draw a map of nothing, so that every kernel is compiled before the first real one."""
        nothing = np.full((len(self._inputs), REHEARSAL_MIN), np.nan)
        self.draw(nothing, 60.0 * REHEARSAL_MIN)
        self._state = self._depth = None
        # Kernels that bring their own threads may not be called from several of ours.
        safe = numba.threading_layer() != "workqueue"
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1) if safe else None

    def draw(self, history: Floats, issue_s: float) -> Drawn:
        """Return the map of `issue_s` [Unix s], the last minute of `history` (n_inputs, n)."""
        first_s = issue_s - 60.0 * (history.shape[1] - 1)
        state = self._assimilated(history, first_s, issue_s)
        rain = self._rain_to_come(state, history, issue_s)
        coming = self._chain.forecast(state, issue_s, rain=rain.rate_mm_h)
        stages, said = self._calibrated(coming, history, issue_s)
        said = [*coming.degraded, *rain.degraded, *said]
        said += self._filled(history, first_s, issue_s)
        ensemble = Ensemble(
            times_s=issue_s + 60.0 * np.arange(coming.stage.shape[2], dtype=np.float64),
            rain=dict(zip(self._chain.catchments, coming.rain.transpose(1, 0, 2), strict=True)),
            stage=stages,
        )
        assert self._depth is not None
        each = map if self._pool is None else self._pool.map
        found = flood(self._city, self._depth, ensemble, issue_s=issue_s, each=each)
        return self._told(found, ensemble, said)

    def _assimilated(self, history: Floats, first_s: float, issue_s: float) -> State:
        """Return the chain's state at the issue; after a gap or a jump back it starts anew."""
        if self._state is None or not first_s <= self._until_s <= issue_s:
            self._state = self._chain.start(np.random.default_rng(SEED))
            self._depth = None
        rows = [self._inputs.index(key) for key in self._chain.inputs]
        self._state = self._chain.assimilate(self._state, history[rows], first_s, issue_s)
        return self._state

    def _rain_to_come(self, state: State, history: Floats, issue_s: float) -> Coming:
        """Return what radar and weather model say; None of it where the site has neither."""
        if self._gridded is None:
            return Coming(None, [])
        rows = [self._inputs.index(key) for key in self._chain.inputs]
        random = np.random.default_rng([SEED, round(issue_s / 60.0)])
        return self._gridded.ahead(state.rain, history[rows], issue_s, random)

    def _calibrated(
        self, coming: ChainForecast, history: Floats, issue_s: float
    ) -> tuple[dict[str, Floats], list[str]]:
        """Return stage → (members, t), with the margins of the gauge model where it is better."""
        stages = dict(zip(self._chain.gauges, coming.stage.transpose(1, 0, 2), strict=True))
        if self._gauges is None or not self._city.plan.from_gauge_model:
            return stages, []
        rows = [self._inputs.index(key) for key in self._gauges.inputs]
        leads = np.array(self._gauges.leads_s, dtype=float)
        levels = np.array(self._gauges.probabilities)
        said: list[str] = []
        for key, found in predict(self._gauges, history[rows], issue_s).items():
            if key not in stages or key not in self._city.plan.from_gauge_model:
                continue
            if isinstance(found, NoForecast):
                said.append(f"{key}: the river model alone ({found.reason})")
                continue
            minutes = to_minutes(found.values, leads, stages[key].shape[1] - 1)
            stages[key] = couple(stages[key], minutes, levels)
            said += found.degraded
        return stages, said

    def _filled(self, history: Floats, first_s: float, issue_s: float) -> list[str]:
        """Carry the water on the ground to the issue with what was observed."""
        if self._depth is None:
            self._depth = self._city.dry()
            self._until_s = max(first_s, issue_s - 60.0 * SPIN_UP_MIN)
        begin = round((self._until_s - first_s) / 60.0)
        if begin >= history.shape[1] - 1:
            return []
        rows = [self._inputs.index(key) for key in self._chain.inputs]
        rain = self._rain.catchment_rain(self._rain.spread(history[rows])[:, begin:])
        observed = Drive(
            times_s=first_s + 60.0 * np.arange(begin, history.shape[1], dtype=np.float64),
            rain=dict(zip(self._chain.catchments, rain, strict=True)),
            stage={
                key: history[self._inputs.index(key), begin:]
                for key in self._chain.gauges
                if key in self._inputs
            },
        )
        done = advance(self._city, self._depth, observed, start_s=self._until_s, end_s=issue_s)
        self._depth, self._until_s = done.depth, issue_s
        return done.said

    def _told(self, found: CityForecast, ensemble: Ensemble, said: list[str]) -> Drawn:
        plan, chart = self._city.plan, self._city.chart
        drawn = zones.zones(found, chart, plan.depths_m, plan.probabilities)
        depths = depth_quantiles(self._city, found, PROBABILITIES)
        where = {
            place.id: coarse(rings)
            for place in self._places
            if (rings := zones.around(drawn, _spot(place), chart, within_m=AROUND_M))
        }
        return Drawn(
            members=len(found.members),
            zones=[FloodedZone(**zone._asdict()) for zone in drawn],
            depths={name: Quantiles(values.tolist(), []) for name, values in depths.items()},
            where=where,
            evidence=_evidence(self._city, ensemble),
            degraded=list(dict.fromkeys((*said, *found.degraded))),
        )


def _gauge_model(folder: Path) -> GaugeModel | None:
    """Return the site's gauge model; None where there is none that can be read.

    The worker, which reads it too, says so in its log.
    """
    stored = read_model(folder)
    try:
        return None if stored is None else load_gauge_model(stored)
    except ValueError:
        return None


def _spot(place: Place) -> tuple[float, float]:
    return place.latitude, place.longitude


def _evidence(city: City, ensemble: Ensemble) -> list[str]:
    """Return what the map expects of rain and rivers, with 80 % intervals, in words."""
    hours = (ensemble.times_s[-1] - ensemble.times_s[0]) / 3600.0
    lines = []
    for rain in city.plan.rain:
        if rain.catchment in ensemble.rain:
            total = ensemble.rain[rain.catchment].mean(axis=1) * hours
            low, middle, high = np.quantile(total, (0.1, 0.5, 0.9))
            lines.append(
                f"rain on {rain.catchment}: {middle:.0f} mm in {hours:.0f} h ({low:.0f}–{high:.0f})"
            )
    for key in dict.fromkeys(g.datastream for river in city.plan.rivers for g in river.gauges):
        if key in ensemble.stage:
            peak = np.nanmax(ensemble.stage[key], axis=1)
            low, middle, high = np.nanquantile(peak, (0.1, 0.5, 0.9))
            lines.append(f"{key} up to {middle:.2f} m ({low:.2f}–{high:.2f})")
    return lines
