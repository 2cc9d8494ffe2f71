"""Rating curves: discharge from stage and back, with what is not known about them.

Between the lowest and the highest gauging a power law with an offset, with errors that grow with
the discharge (a constant share of it)::

    Q = a (h − h₀)^b,    ln Qᵢ = ln a + b ln(hᵢ − h₀) + εᵢ,   εᵢ ~ N(0, σ²)

For each h₀ on a grid this is linear regression, so its posterior is known in closed form (normal–
inverse-gamma; priors b ~ N(1.8, 0.4²), h₀ uniform below the lowest gauging, p(σ²) ∝ 1/σ²). Draws
take h₀ by its marginal likelihood, then σ², then ln a and b: no chain that may not have mixed.

Outside the gaugings the river may leave its banks or fall to another control: each draw goes on
with an exponent of its own, b + N(0, 0.35²), joined at the outermost gauging. So extrapolation is
wider than the law itself would be, and `extrapolated` says where it is.

References: Moyeed & Clarke (2005), Adv. Water Resour. 28, 807–818; Le Coz et al. (2014), J. Hydrol.
509, 573–587; Hrafnkelsson et al. (2022), Environmetrics 33, e2711; ISO 18320:2020.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Array = NDArray[np.float64]

FEWEST = 5
"""Gaugings that a fit needs."""
EXPONENT = (1.8, 0.4)
"""Prior mean and sd of b: 1.5 for a weir, 1.67 for a wide channel, 2.5 for a triangle."""
EXPONENT_BEYOND = 0.35
"""Sd of the change of exponent outside the gaugings."""
OFFSETS = 200
"""Values of h₀ that are tried."""


class BadRatingError(ValueError):
    """A rating curve cannot be fitted to what was given, or its numbers make no curve."""


class Rating(NamedTuple):
    """One curve for each draw; first (draws,) arrays, then what all share."""

    offset: Array
    """h₀: stage of no flow [m above datum]."""
    log_scale: Array
    """ln a, with Q in m3/s and h in m."""
    exponent: Array
    """b between the gaugings [-]."""
    below: Array
    """Exponent under the lowest gauging [-]."""
    above: Array
    """Exponent over the highest gauging [-]."""
    spread: Array
    """σ: relative error of one gauging [-]."""
    lowest_m: float
    """Stage of the lowest gauging [m above datum]."""
    highest_m: float


def fit(stage: Array, discharge: Array, *, draws: int, random: np.random.Generator) -> Rating:
    """Return `draws` curves from the posterior, given gaugings (n,) of stage [m] and flow [m3/s].

    Gaugings with a NaN, or without flow, are left out.

    Raises
    ------
    BadRatingError
        If fewer than 5 gaugings at 3 different stages remain, or discharge falls as stage rises.
    """
    known = np.isfinite(stage) & np.isfinite(discharge) & (discharge > 0)
    h, y = stage[known], np.log(discharge[known])
    if len(h) < FEWEST or len(np.unique(h)) < 3:
        raise BadRatingError(
            f"rating curve: {len(h)} usable gaugings at {len(np.unique(h))} stages of {len(stage)} "
            f"given; it needs {FEWEST} at 3 or more. State the curve instead (`stated`)"
        )
    if np.corrcoef(h, y)[0, 1] <= 0:
        raise BadRatingError("rating curve: discharge falls as stage rises; columns swapped?")
    span = float(np.ptp(h))
    offsets = h.min() - span * np.geomspace(1e-3, 2.0, OFFSETS)
    widths = np.gradient(-offsets)
    posteriors = [_regression(np.log(h - offset), y) for offset in offsets]
    weight = np.array([p.log_evidence for p in posteriors]) + np.log(widths)
    chosen = random.choice(OFFSETS, size=draws, p=np.exp(weight - logsumexp(weight)))
    columns = [_draw(posteriors[i], random) for i in chosen]
    log_scale, exponent, spread = (np.array(column) for column in zip(*columns, strict=True))
    return Rating(
        offsets[chosen], log_scale, exponent, *_beyond(exponent, random), spread,
        float(h.min()), float(h.max()),
    )  # fmt: skip


def stated(
    *,
    offset_m: float,
    scale: float,
    exponent: float,
    relative_sd: float,
    lowest_m: float,
    highest_m: float,
    draws: int,
    random: np.random.Generator,
) -> Rating:
    """Return draws around a curve that somebody else fitted: ln a varies by `relative_sd`.

    The curve is Q = scale (h − offset_m)^exponent; it was gauged from `lowest_m` to `highest_m`.
    """
    numbers = (offset_m, scale, exponent, relative_sd, lowest_m, highest_m)
    if not np.isfinite(numbers).all() or scale <= 0 or exponent <= 0 or relative_sd < 0:
        raise BadRatingError(f"rating curve: scale, exponent or spread make no curve: {numbers}")
    if not offset_m < lowest_m < highest_m:
        raise BadRatingError(
            f"rating curve: offset {offset_m:g}, lowest {lowest_m:g} and highest stage "
            f"{highest_m:g} m have to rise"
        )
    fixed = np.full(draws, exponent)
    return Rating(
        np.full(draws, offset_m), np.log(scale) + relative_sd * random.standard_normal(draws),
        fixed, *_beyond(fixed, random), np.full(draws, relative_sd), lowest_m, highest_m,
    )  # fmt: skip


def discharge(rating: Rating, stage: Array) -> Array:
    """Return flow [m3/s] for `stage` (draws, …) [m above datum]; 0 where h ≤ h₀, NaN stays NaN."""
    one = _per_draw(rating, stage.ndim)
    head = np.maximum(stage - one.offset, 0.0)
    low, high = rating.lowest_m - one.offset, rating.highest_m - one.offset
    with np.errstate(divide="ignore"):
        inside = np.log(np.clip(head, low, high)) * one.exponent
        under = np.minimum(np.log(head) - np.log(low), 0.0) * one.below
        over = np.maximum(np.log(head) - np.log(high), 0.0) * one.above
    return np.asarray(np.exp(one.log_scale + inside + under + over))


def stage(rating: Rating, discharge: Array) -> Array:
    """Return stage [m above datum] for flow (draws, …) [m3/s], the inverse of `discharge`."""
    one = _per_draw(rating, discharge.ndim)
    low, high = np.log(rating.lowest_m - one.offset), np.log(rating.highest_m - one.offset)
    with np.errstate(divide="ignore"):
        flow = np.log(np.maximum(discharge, 0.0)) - one.log_scale
    inside = np.clip(flow, low * one.exponent, high * one.exponent) / one.exponent
    under = np.minimum(flow - low * one.exponent, 0.0) / one.below
    over = np.maximum(flow - high * one.exponent, 0.0) / one.above
    return np.asarray(one.offset + np.exp(inside + under + over))


def extrapolated(rating: Rating, stage: Array) -> NDArray[np.bool_]:
    """Return where `stage` [m] lies outside the gaugings; NaN does not."""
    return (stage < rating.lowest_m) | (stage > rating.highest_m)


class _Posterior(NamedTuple):
    """Normal–inverse-gamma posterior of (ln a, b) and σ²."""

    mean: Array
    root: Array
    """(2, 2): its product with two standard normals times σ has the covariance."""
    shape: float
    rate: float
    log_evidence: float


def _regression(x: Array, y: Array) -> _Posterior:
    """Return the posterior of y = ln a + b x; the prior of b counts as one gauging of its own.

    The sd of b's prior is taken relative to a σ of 0.1, so that it is conjugate.
    """
    prior_mean, prior_sd = EXPONENT
    weight = (0.1 / prior_sd) ** 2
    design = np.column_stack([np.ones_like(x), x])
    precision = design.T @ design + np.diag([1e-9, weight])
    pull = design.T @ y + np.array([0.0, weight * prior_mean])
    mean = np.linalg.solve(precision, pull)
    rest = float(np.sum((y - design @ mean) ** 2)) + weight * float(mean[1] - prior_mean) ** 2
    shape, rate = 0.5 * (len(y) - 1), 0.5 * max(rest, 1e-12 * len(y))
    evidence = -shape * np.log(rate) - 0.5 * np.linalg.slogdet(precision)[1]
    root = np.linalg.cholesky(np.linalg.inv(precision))
    return _Posterior(mean, root, shape, rate, float(evidence))


def _draw(posterior: _Posterior, random: np.random.Generator) -> tuple[float, float, float]:
    """Return ln a, b > 0.3 and σ."""
    for _ in range(100):
        sigma = float(np.sqrt(posterior.rate / random.gamma(posterior.shape)))
        scale, exponent = posterior.mean + sigma * posterior.root @ random.standard_normal(2)
        if exponent > 0.3:
            return float(scale), float(exponent), sigma
    raise BadRatingError(
        f"rating curve: gaugings ask for the exponent {posterior.mean[1]:.2f}, no river has that"
    )


def _beyond(exponent: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Return the exponents (below, above) of each draw outside the gaugings."""
    change = EXPONENT_BEYOND * random.standard_normal((2, len(exponent)))
    below, above = np.maximum(exponent + change, 0.4)
    return below, above


def _per_draw(rating: Rating, ndim: int) -> Rating:
    """Return the rating with its arrays shaped to go with (draws, …) of `ndim` axes."""
    shape = (-1,) + (1,) * (ndim - 1)
    return rating._replace(
        offset=rating.offset.reshape(shape),
        log_scale=rating.log_scale.reshape(shape),
        exponent=rating.exponent.reshape(shape),
        below=rating.below.reshape(shape),
        above=rating.above.reshape(shape),
    )
