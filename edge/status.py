"""What a gateway says of itself, retained on `status`; its last will has the same shape."""

from msgspec import Struct

from forewarn.domain.observation import AwareTime


class Status(Struct, frozen=True, kw_only=True):
    """How a gateway and its instruments are."""

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
    findings: tuple[str, ...] = ()
    """What of the outbox was found torn since the start, and how much was saved."""
