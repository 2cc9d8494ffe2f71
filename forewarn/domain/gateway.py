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
    instruments: dict[str, str] = {}
    """`station/driver` → `ok`, a remark, or why it does not answer."""
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
