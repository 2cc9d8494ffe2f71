"""Row kernels of the local-inertial scheme: one row of faces or cells at a time, in float32.

What makes them fast, and must stay: every argument is a contiguous 1-D row and every loop one
pass without branches, so that LLVM turns it into 512-bit (or whatever the processor has) vector
instructions; division by numpy's rules (`error_model="numpy"`), because Python's test for zero
stops that; contraction to fused multiply-add is allowed, reordering and "no NaN" are not: a
NaN must reach the depths, where it is found; the largest depth is found through the bits of the
floats as integers, which vectorises without "no NaN" and ranks NaN above every number.
"""

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]

GRAVITY = 9.81
"""[m/s²]"""

_ZERO, _ONE, _FOUR, _HALF = np.float32(0), np.float32(1), np.float32(4), np.float32(0.5)
_THIRD, _TWO_NINTHS, _C3 = np.float32(1 / 3), np.float32(2 / 9), np.float32(14 / 81)
_MAGIC = np.int32(0x54A2FA8C)
_THIN = np.float32(1e-6)
_ROUNDING = np.float32(2.4e-7)
"""Two units in the last place: a step in the surface below what float32 can tell is none."""
_CRITICAL = np.float32((2 / 3) ** 1.5 * GRAVITY**0.5)
"""Free flow over a broad crest: q = (2/3)^1.5 g^½ H^1.5 = 1.705 H^1.5 [m²/s]."""
_FLAGS = {"contract", "nsz"}


@intrinsic
def bits_of(typing, number):  # type: ignore[no-untyped-def]
    """The bits of a float32 as an int32."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic
def float_of(typing, bits):  # type: ignore[no-untyped-def]
    """The float32 whose bits are an int32."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@njit(cache=True, fastmath=_FLAGS, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def friction_power(depth: np.float32) -> np.float32:
    """Return depth^(−7/3) for a float32 depth ≥ 1e-6 m, to 1e-4 of its value.

    y = depth^(−1/3) from a third of the exponent bits (within 3.5 %), then one fourth-order
    Householder step y(1 + r/3 + 2r²/9 + 14r³/81), r = 1 − depth y³; no division, no root.
    """
    y = float_of(_MAGIC - np.int32(np.float32(bits_of(depth)) * _THIRD))
    r = _ONE - depth * y * y * y
    y = y + y * r * (_THIRD + r * (_TWO_NINTHS + r * _C3))
    cubed = y * y * y
    return np.float32(cubed * cubed * y)


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def copy_row(there: Float32, here: Float32) -> None:
    """Copy `here` (n,) to `there`; ten times as fast as numba's assignment of slices."""
    for i in range(there.shape[0]):
        there[i] = here[i]


@njit(cache=True, _nrt=False, fastmath=_FLAGS)  # type: ignore[untyped-decorator]
def blend_row(q: Float32, before: Float32, here: Float32, after: Float32, keep: np.float32) -> None:
    """Set `q` (n,) to θ here + (1 − θ)/2 (before + after), `keep` = θ (de Almeida et al. 2012).

    The faces are neighbours along their flow; one that carries none (a wall, the edge of the grid,
    dry ground) does not count. Damps waves two cells long, which friction leaves standing in
    deep smooth water, by 2θ − 1 a step, and hardly any longer ones.
    """
    side = _HALF * (_ONE - keep)
    for i in range(q.shape[0]):
        own = here[i]
        behind = before[i] if before[i] != _ZERO else own
        ahead = after[i] if after[i] != _ZERO else own
        q[i] = keep * own + side * (behind + ahead)


@njit(cache=True, _nrt=False, fastmath=_FLAGS, error_model="numpy")  # type: ignore[untyped-decorator]
def flux_row(
    q: Float32,
    before: Float32,
    here: Float32,
    after: Float32,
    depth_a: Float32,
    depth_b: Float32,
    bed_a: Float32,
    bed_b: Float32,
    keep: np.float32,
    threshold: np.float32,
    pull: np.float32,
    drag: np.float32,
) -> None:
    """Set `q` (n,) [m²/s] to the discharge per width over the faces from cells a to cells b.

    It was `here`, `before` and `after` are the faces behind and ahead: see `blend_row`.
    `pull` = g Δt/Δx, `drag` = g Δt n², h = max η − max z − threshold (Bates et al. 2010).
    Friction is taken wholly at the new time: q⁺ (1 + drag |q⁺| h^(−7/3)) = q̄ − pull h Δη, so
    q⁺ = 2 p / (1 + √(1 + 4 drag |p| h^(−7/3))) with p the right side. Taken half at the old time,
    as Bates does, thin steep flow alternates between too fast and too slow from step to step.
    """
    side = _HALF * (_ONE - keep)
    for i in range(q.shape[0]):
        a, b = depth_a[i], depth_b[i]
        eta_a, eta_b = bed_a[i] + a, bed_b[i] + b
        top = eta_a if eta_a > eta_b else eta_b
        sill = bed_a[i] if bed_a[i] > bed_b[i] else bed_b[i]
        flow = top - sill - threshold
        step = eta_b - eta_a
        step = step if abs(step) > _ROUNDING * (abs(top) + a + b) else _ZERO
        deep = flow if flow > _THIN else _THIN
        own = here[i]
        behind = before[i] if before[i] != _ZERO else own
        ahead = after[i] if after[i] != _ZERO else own
        pulled = keep * own + side * (behind + ahead) - pull * deep * step
        braked = _FOUR * drag * friction_power(deep) * abs(pulled)
        new = (pulled + pulled) / (_ONE + np.sqrt(_ONE + braked))
        q[i] = new if flow > _ZERO else _ZERO


@njit(cache=True, _nrt=False, fastmath=_FLAGS, error_model="numpy")  # type: ignore[untyped-decorator]
def flux_row_walled(
    q: Float32,
    depth_a: Float32,
    depth_b: Float32,
    bed_a: Float32,
    bed_b: Float32,
    manning_a: Float32,
    manning_b: Float32,
    sills: Float32,
    threshold: np.float32,
    pull: np.float32,
    fall: np.float32,
) -> None:
    """Advance `q` (n,), already blended, as `flux_row` does; rough by the cell, with walls.

    `fall` = g Δt. A kernel of its own, because more than eight rows beside the one that is
    written are too many for LLVM to tell apart, and then it does not vectorise.

    `sills` (n,) [m] is the greater of both beds and the wall's crest. Where a wall stands above
    both beds the flow cannot exceed the free flow over a broad crest, 1.705 H^1.5: the momentum
    equation alone knows no crest and would let through several times as much.
    """
    for i in range(q.shape[0]):
        a, b = depth_a[i], depth_b[i]
        eta_a, eta_b = bed_a[i] + a, bed_b[i] + b
        top = eta_a if eta_a > eta_b else eta_b
        bed = bed_a[i] if bed_a[i] > bed_b[i] else bed_b[i]
        sill = sills[i]
        flow = top - sill - threshold
        step = eta_b - eta_a
        step = step if abs(step) > _ROUNDING * (abs(top) + a + b) else _ZERO
        deep = flow if flow > _THIN else _THIN
        manning = _HALF * (manning_a[i] + manning_b[i])
        drag = fall * manning * manning
        pulled = q[i] - pull * deep * step
        braked = _FOUR * drag * friction_power(deep) * abs(pulled)
        new = (pulled + pulled) / (_ONE + np.sqrt(_ONE + braked))
        most = _CRITICAL * deep * np.sqrt(deep)
        held = new if new < most else most
        held = held if held > -most else -most
        new = held if sill > bed else new
        q[i] = new if flow > _ZERO else _ZERO


@njit(cache=True, _nrt=False, fastmath=_FLAGS)  # type: ignore[untyped-decorator]
def level_row(
    depth: Float32, west: Float32, east: Float32, north: Float32, south: Float32, k: np.float32
) -> None:
    """Add to `depth` (n,) what flows in less what flows out; `k` = Δt/Δx [s/m]."""
    for i in range(depth.shape[0]):
        depth[i] += k * ((west[i] - east[i]) + (north[i] - south[i]))


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def extremes(bits: Int32) -> tuple[np.int32, np.int32]:
    """Return the largest bits of a row of depths, and a number below 0 if any depth is."""
    largest, signs = np.int32(0), np.int32(0)
    for i in range(bits.shape[0]):
        largest = max(largest, bits[i])
        signs |= bits[i]
    return largest, signs
