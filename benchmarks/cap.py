"""What a CAP message costs before it goes out: composed, covered, signed, verified, checked."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from math import cos, pi, sin
from pathlib import Path

from msgspec.structs import replace

from alerts import keys
from alerts.cap_check import check
from alerts.covering import cover, covered
from alerts.desk import Desk
from alerts.lifecycle import timing
from alerts.signing import Signer, load_pinned, verify
from benchmarks.machine import describe, verdict
from forewarn.domain.hazard import AlertMessage, Assessment, Exceedance, Level, Outcome
from forewarn.domain.station import load_site

SIGN_BUDGET_MS = 10.0
"""A hundred simultaneous alerts are signed within one of the five seconds."""
COVER_BUDGET_MS = 1_000.0
AREA_BUDGET_MS = 1.0
"""What the outline of an area costs each message, under the lock of the alert service."""
ROUNDS = 200
START = datetime(2026, 7, 11, 1, 0, tzinfo=UTC)


def main() -> int:
    """Print the figures; 1 if one is above its budget."""
    print(describe())
    message = _message()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys.init(folder, name="ews@example.org", now=datetime.now(UTC))
        signer, pinned = Signer(folder / "signing.pem"), load_pinned(folder / "pinned")
        signed = signer.seal(message).cap.encode()
        sign_ms = _ms(lambda: signer.seal(message))
        verify_ms = _ms(lambda: verify(signed, pinned, datetime.now(UTC)))
        check_ms = _ms(lambda: check(signed))
    for what, spent in (("sign", sign_ms), ("verify", verify_ms), ("check", check_ms)):
        print(f"{what:8}{spent:8.2f} ms  {1000 / spent:8.0f} a second  ({len(signed)} bytes)")
    worst = 0.0
    for count in (100, 500, 1_000, 2_000, 10_000):
        spent = _ms(partial(cover, _ragged(count)), 1)
        worst = max(worst, spent)
        print(f"cover a ring of {count:6} points {spent:8.1f} ms")
    area = tuple(_ragged(2_000))
    first, again = _ms(partial(covered, area), 1), _ms(partial(covered, area))
    print(f"cover an area of 2000 points: {first:.1f} ms at the start, {again:.3f} ms in a message")
    kept = [
        verdict("sign", sign_ms, "ms", most=SIGN_BUDGET_MS),
        verdict("cover the worst ring", worst, "ms", most=COVER_BUDGET_MS),
        verdict("cover an area in a message", again, "ms", most=AREA_BUDGET_MS),
    ]
    return 0 if all(kept) else 1


def _ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    start = time.perf_counter()
    for _ in range(rounds):
        work()
    return (time.perf_counter() - start) / rounds * 1000


def _ragged(count: int) -> list[tuple[float, float]]:
    """Return a ring with notches, like the outline of water."""
    ring = []
    for k in range(count):
        angle, radius = 2 * pi * k / count, 0.1 * (1 - 0.02 * (k % 3) + 0.2 * sin(k / 50))
        ring.append((29.9 + radius * sin(angle), 121.5 + radius * cos(angle)))
    return [*ring, ring[0]]


def _message() -> AlertMessage:
    site = load_site(Path("sites/yongjiang"))
    desk = Desk(site, timing=timing(site.alert_rule), status="Exercise", start=START)
    exceedance = Exceedance(level=Level.RED, threshold=4.0, label="red", probability=0.9)
    assessment = Assessment(
        area="city",
        hazard="flood",
        datastream="sanjiangkou/stage",
        issue_time=START,
        outcome=Outcome.OK,
        exceedances=[exceedance],
    )
    step = desk.take(replace(assessment, where=[_ragged(90)]), START)
    if step is None or step.message is None:
        raise RuntimeError("the desk sent no message")
    return step.message
