"""The ensemble in the city: a few members that stand for all, each run through the streets."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.city import City, Drive, forcing_of, gaps
from stream.models.flood.inundation.failure import Diverged, InundationError
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.solver import Flooded, simulate

Floats = NDArray[np.float64]

EXTREMES = 3
"""The highest and the lowest river and the heaviest rain stand for themselves, …"""
FEWEST_WITH_EXTREMES = 6
"""… if at least so many members may run."""
TRIES = 2
"""A stratum whose member fails may send one other."""
CFLS = (0.7, 0.3)
"""Courant numbers: a member that diverges is run once more with shorter steps."""
MANY_CELLS = 500_000
"""From this size on one run has work for several threads."""

Simulate = Callable[..., Flooded]


class NoMemberError(InundationError):
    """Not one member ran to its end; says why the first one did not."""


class Ensemble(NamedTuple):
    """What the chain forecasts, member by member, over `times_s`."""

    times_s: Floats
    """(t,) Unix time, ascending; from the issue time to the horizon."""
    rain: dict[str, Floats]
    """Catchment → (members, t) [mm/h]."""
    stage: dict[str, Floats]
    """Datastream → (members, t) [m above datum]; NaN where it is not known."""

    @property
    def size(self) -> int:
        """Number of members."""
        return len(next(iter((*self.rain.values(), *self.stage.values()))))

    def drive(self, member: int) -> Drive:
        """Return what `member` does."""
        return Drive(
            self.times_s,
            {name: values[member] for name, values in self.rain.items()},
            {name: values[member] for name, values in self.stage.items()},
        )


class Stratum(NamedTuple):
    """A part of the ensemble and who stands for it."""

    members: tuple[int, ...]
    """The one that stands for all first."""
    weight: float


@dataclass(frozen=True, eq=False)
class CityForecast:
    """What the members that ran did to the city."""

    leads_s: NDArray[np.int64]
    """(k,) leads of `spot_depth`."""
    zone_leads_s: NDArray[np.int64]
    """(z,) leads of `reached`."""
    members: tuple[int, ...]
    """Which members of the ensemble ran: (m,)."""
    weights: Floats
    """(m,), sum 1: the share of the ensemble that each stands for."""
    reached: NDArray[np.uint8]
    """(m, z, ny, nx) how many of the plan's depth classes the water has reached; 0 on rivers."""
    spot_depth: Floats
    """(m, n_spots, k) depth at each of the city's places [m]; NaN off the raster."""
    arrival_s: NDArray[np.float32]
    """(m, ny, nx) seconds until the lowest depth class is reached; NaN never."""
    peak_speed: NDArray[np.float32]
    """(ny, nx) greatest speed of any member [m/s]."""
    degraded: list[str]
    """What makes it less sure than usual."""


def flood(
    city: City,
    depth: NDArray[np.float32],
    ensemble: Ensemble,
    *,
    issue_s: float,
    run: Simulate = simulate,
    each: Callable[..., Iterable[Any]] = map,
) -> CityForecast:
    """Run representative members of `ensemble` over `city` from `depth` (ny, nx) [m].

    A member that diverges, also with shorter steps, is left out and said; another of its
    stratum takes its place, and if none runs, half of the stratum's weight goes to the wettest
    and half to the driest member that ran: the forecast becomes wider, never narrower.
    NoMemberError if none ran. `each` may be the `map` of a pool of threads.
    """
    wetness = _scores(ensemble)

    def stand(stratum: Stratum) -> _Stood:
        return _stand(city, depth, ensemble, stratum, issue_s, run)

    stood = list(each(stand, choose(ensemble, city.plan.members)))
    ran = [(s.member, s.stratum.weight, s.found) for s in stood if s.found is not None]
    lost = [s.stratum for s in stood if s.found is None]
    failures = [failure for s in stood for failure in s.failures]
    if not ran:
        raise NoMemberError(f"no member of {ensemble.size} ran; the first: {failures[0]}")
    members = [member for member, _, _ in ran]
    weights = redistribute(
        np.array([weight for _, weight, _ in ran]),
        wetness.sum(axis=1)[members],
        sum(stratum.weight for stratum in lost),
    )
    said = [gap for n in members for gap in gaps(city, ensemble.drive(n).stage)]
    if failures:
        said.append(f"{len(failures)} of {len(ran) + len(failures)} runs failed; {failures[0]}")
    return _gathered(city, [found for _, _, found in ran], tuple(members), weights, said)


class _Stood(NamedTuple):
    """Who stood for a stratum, and who failed to."""

    stratum: Stratum
    member: int
    found: "_Run | None"
    failures: list[str]


def _stand(
    city: City,
    depth: NDArray[np.float32],
    ensemble: Ensemble,
    stratum: Stratum,
    issue_s: float,
    run: Simulate,
) -> _Stood:
    """Run the first member of `stratum` that does not diverge."""
    failures: list[str] = []
    for member in stratum.members[:TRIES]:
        try:
            found = _one(city, depth, ensemble.drive(member), issue_s, run)
        except Diverged as error:
            failures.append(f"member {member}: {error}")
        else:
            return _Stood(stratum, member, found, failures)
    return _Stood(stratum, -1, None, failures)


class _Run(NamedTuple):
    reached: NDArray[np.uint8]
    spot_depth: Floats
    arrival_s: NDArray[np.float32]
    peak_speed: NDArray[np.float32]


def _one(
    city: City, depth: NDArray[np.float32], drive: Drive, issue_s: float, run: Simulate
) -> _Run:
    leads, zone_leads = leads_of(city)
    found = _patiently(
        run,
        city.ground,
        depth,
        forcing_of(city, drive),
        start_s=issue_s,
        duration_s=float(leads[-1]),
        save_s=[float(lead) for lead in leads],
        wet_m=city.plan.depths_m[0],
    )
    at_zones = found.saved[np.searchsorted(leads, zone_leads)]
    classes = np.array(city.plan.depths_m, np.float32)
    reached = np.searchsorted(classes, at_zones, side="right").astype(np.uint8)
    reached[:, ~city.land] = 0
    flat = found.saved.reshape(len(leads), -1)
    spots = np.full((len(city.spots), len(leads)), np.nan)
    for row, spot in enumerate(city.spots):
        if len(spot.cells):
            spots[row] = flat[:, spot.cells].max(axis=1)
    arrival = np.where(city.land, found.arrival_s, np.nan).astype(np.float32)
    speed = np.where(city.land, found.peak_speed, 0).astype(np.float32)
    return _Run(reached, spots, arrival, speed)


def _patiently(run: Simulate, ground: Ground, *what: Any, **more: Any) -> Flooded:
    """Run, and if that diverges once more with shorter steps; small cities on one thread.

    On a small raster the threads of one run wait for each other at each step longer than they
    work, and very much longer where other processes want the cores: members side by side
    (`each`) use these better.
    """
    threads = numba.get_num_threads()
    if ground.bed.size < MANY_CELLS:
        numba.set_num_threads(1)
    try:
        for cfl in CFLS[:-1]:
            try:
                return run(ground, *what, cfl=cfl, **more)
            except Diverged:
                continue
        return run(ground, *what, cfl=CFLS[-1], **more)
    finally:
        numba.set_num_threads(threads)


def leads_of(city: City) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the leads of the depths at places and those of the zones [s], both from 0."""
    plan = city.plan
    end = int(plan.horizon.total_seconds()) + 1
    return (
        np.arange(0, end, int(plan.step.total_seconds())),
        np.arange(0, end, int(plan.zone_step.total_seconds())),
    )


def _gathered(
    city: City, runs: list[_Run], members: tuple[int, ...], weights: Floats, said: list[str]
) -> CityForecast:
    leads, zone_leads = leads_of(city)
    return CityForecast(
        leads_s=leads,
        zone_leads_s=zone_leads,
        members=members,
        weights=weights,
        reached=np.stack([found.reached for found in runs]),
        spot_depth=np.stack([found.spot_depth for found in runs]),
        arrival_s=np.stack([found.arrival_s for found in runs]),
        peak_speed=np.max([found.peak_speed for found in runs], axis=0),
        degraded=list(dict.fromkeys(said)),
    )


def choose(ensemble: Ensemble, most: int) -> list[Stratum]:
    """Return at most `most` strata that make up the ensemble, with their share as weight.

    Sorted by peak of the rivers, then by sum of rain, equal parts are represented by one
    member each. The extremes are kept apart, each for itself, so that the spread of the few is
    that of the many.
    """
    size = ensemble.size
    if size <= most:
        return [Stratum((member,), 1 / size) for member in range(size)]
    scores = _scores(ensemble)
    alone: list[int] = []
    if most >= FEWEST_WITH_EXTREMES:
        peak, rain = scores.T
        for order in (np.argsort(-peak), np.argsort(peak), np.argsort(-rain))[:EXTREMES]:
            alone.append(next(int(m) for m in order if m not in alone))
    rest = np.array([m for m in range(size) if m not in alone])
    parts = _parts(scores, rest, most - len(alone))
    return [Stratum((member,), 1 / size) for member in alone] + [
        Stratum(part, len(part) / size) for part in parts
    ]


def _scores(ensemble: Ensemble) -> Floats:
    """Return (members, 2): peak of the rivers and sum of rain, in standard deviations."""
    columns = []
    for values, summed in ((ensemble.stage, np.nanmax), (ensemble.rain, np.nansum)):
        score = np.zeros(ensemble.size)
        for series in values.values():
            known = np.isfinite(series).any(axis=1)
            if known.any():
                each = np.full(ensemble.size, np.nan)
                each[known] = summed(series[known], axis=1)
                score += _standard(np.where(known, each, np.nanmean(each)))
        columns.append(_standard(score))
    return np.column_stack(columns)


def _standard(values: Floats) -> Floats:
    deviation = values.std()
    return np.asarray((values - values.mean()) / (deviation if deviation > 0 else 1.0))


def _parts(scores: Floats, members: NDArray[np.int64], count: int) -> list[tuple[int, ...]]:
    """Return `count` parts of about equal size: by peak first, within these by rain.

    The members of each are sorted by how near they are to the part's own peak: of the parts
    of one row, one is to have a low, one a middle, one a high peak of that row, in turn
    (a Latin square). Typical members alone would spread less than the ensemble does.
    """
    rows = int(np.ceil(np.sqrt(count)))
    by_peak = members[np.argsort(scores[members, 0], kind="stable")]
    sizes = [len(part) for part in np.array_split(np.arange(count), rows)]
    edges = np.round(np.cumsum([0, *sizes]) * len(members) / count).astype(int)
    parts: list[tuple[int, ...]] = []
    for n, pieces in enumerate(sizes):
        row = by_peak[edges[n] : edges[n + 1]]
        by_rain = row[np.argsort(scores[row, 1], kind="stable")]
        for m, part in enumerate(np.array_split(by_rain, pieces)):
            wanted = np.quantile(scores[row, 0], ((m + n) % pieces + 0.5) / pieces)
            away = np.abs(scores[part, 0] - wanted)
            parts.append(tuple(part[np.argsort(away, kind="stable")].tolist()))
    return [part for part in parts if part]


def redistribute(weights: Floats, wetness: Sequence[float] | Floats, lost: float) -> Floats:
    """Return `weights` (m,) with the weight of `lost` strata shared by the two outermost."""
    shared = weights.copy()
    shared[int(np.argmax(wetness))] += lost / 2
    shared[int(np.argmin(wetness))] += lost / 2
    return np.asarray(shared / shared.sum())


class Advanced(NamedTuple):
    """The city after what was observed."""

    depth: NDArray[np.float32]
    """(ny, nx) [m]."""
    said: list[str]


def advance(
    city: City,
    depth: NDArray[np.float32],
    observed: Drive,
    *,
    start_s: float,
    end_s: float,
    run: Simulate = simulate,
) -> Advanced:
    """Carry `depth` (ny, nx) [m] from `start_s` to `end_s` (Unix time) with what was observed.

    Gaps in a stage are bridged linearly, missing rain counts as the mean of the other
    catchments, else as none. If the run diverges the old depth is kept, and said.
    """
    bridged = observed._replace(
        stage={name: _bridged(values) for name, values in observed.stage.items()}
    )
    said = gaps(city, bridged.stage)
    try:
        found = _patiently(
            run,
            city.ground,
            depth,
            forcing_of(city, bridged),
            start_s=start_s,
            duration_s=end_s - start_s,
        )
    except Diverged as error:
        return Advanced(depth, [*said, f"the water of {end_s - start_s:.0f} s ago stands: {error}"])
    return Advanced(found.depth, said)


def _bridged(values: Floats) -> Floats:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return values
    return np.interp(np.arange(len(values)), known, values[known])
