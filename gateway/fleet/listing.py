"""`forewarn fleet list`: version, clock, backlog, battery and last sign of life of each gateway."""

from datetime import datetime

from forewarn.domain.clock import clock_from
from forewarn.domain.codec import encode
from forewarn.domain.gateway import GatewayStatus
from forewarn.storage import GatewayRow, connect
from forewarn.storage.reader import gateways

COLUMNS = (
    "gateway",
    "state",
    "version",
    "last seen",
    "clock",
    "backlog",
    "battery",
    "config",
    "instruments",
)


def show(database_url: str, *, json: bool) -> int:
    """Print the list; exit 1 where no gateway was ever heard."""
    connection = connect(database_url, application="forewarn-fleet")
    try:
        rows = gateways(connection)
    finally:
        connection.close()
    if json:
        print(encode(rows).decode())
        return 0 if rows else 1
    if not rows:
        print("no gateway has been heard yet")
        return 1
    now = clock_from().now()
    lines = [COLUMNS, *(cells(row, now) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    for line in lines:
        print(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).strip()
        )
    return 0


def cells(row: GatewayRow, now: datetime) -> tuple[str, ...]:
    """Return one line of the list."""
    status = row.status
    wrong = {name: said for name, said in status.instruments.items() if said != "ok"}
    fine = f"{len(status.instruments)} ok" if not wrong else ""
    return (
        status.gateway,
        "online" if status.online else "offline",
        status.version,
        f"{(now - row.heard).total_seconds():.0f} s ago",
        _clock(status),
        str(status.backlog),
        "–" if status.battery is None else f"{status.battery:.0%}",
        status.config or "installed",
        fine or "; ".join(f"{name}: {said}" for name, said in wrong.items()),
    )


def _clock(status: GatewayStatus) -> str:
    if status.clock != "ok":
        return status.clock
    return "ok" if status.clock_error_s is None else f"{status.clock_error_s:+.3f} s"
