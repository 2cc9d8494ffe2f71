"""What a gateway says of itself, retained on `status`; its last will has the same shape."""

from msgspec import Struct

from forewarn.domain.observation import AwareTime


class GatewayStatus(Struct, frozen=True, kw_only=True):
    """How a gateway and its instruments are; fields that are not known are absent."""

    online: bool
    gateway: str
    version: str
    boot_id: str
    time: AwareTime
    """World time of this status."""
    backlog: int = 0
    """Batches not yet known to be in the database."""
    backlog_oldest: AwareTime | None = None
    """When the first of them was made; None: none waits, or it is not dated yet."""
    backlog_left_s: float | None = None
    """Real seconds until none waits at the pace of the last minutes; None: it does not shrink."""
    instruments: dict[str, str] = {}
    """`station/driver` → `ok`, a remark, or why it does not answer."""
    last_errors: dict[str, str] = {}
    """When an instrument last did not answer and why: `2026-08-17T04:00Z no answer`; those that
    always answered since the start are absent."""
    raw: dict[str, tuple[float, str]] = {}
    """Datastream → its newest value before it was scaled, to six digits, and what is done to it:
    `[4.213, "×-1 +12.5"]`. A missing value has none."""
    raw_left_out: int = 0
    """Raw values for which the status has no room: 100 bytes for each instrument."""
    disk_free_mb: int | None = None
    """Room on the disk of its outbox [MB]; None: not known."""
    lost_batches: int = 0
    """Batches given up because the outbox was full or spoilt, since it was made."""
    lost_observations: int = 0
    in_memory: int = 0
    """Batches that are only in memory, because the disk refuses them."""
    outbox: str = "ok"
    """`ok`, or why the disk refuses."""
    clock: str = "ok"
    """`ok`, or why its time is not trusted yet: `not set since boot`."""
    clock_error_s: float | None = None
    """How far its clock was off when it last learned the time [s]; None: not known."""
    battery: float | None = None
    """Charge of its battery [0–1]; None where it has none, or none is read."""
    sampling: str = "normal"
    """`normal`, `fast` or `slow`, and why: `fast: hangang/stage rises`."""
    alarms: dict[str, str] = {}
    """Local alarm → `off`, `on since …`, or why it cannot sound."""
    config: str = ""
    """Version of the remote configuration it runs; empty: the file it was installed with."""
    findings: tuple[str, ...] = ()
    """What of the outbox was found torn since the start, and how much was saved."""
