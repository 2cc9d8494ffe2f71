"""One line a message, `key=value` behind it, on stderr: readable by people and by grep."""

import logging
import sys
from typing import Any


class KeyValueFormatter(logging.Formatter):
    """Format `log.warning("broker lost", extra={"fields": {"url": url}})`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for `record`, its fields and its traceback if there is one."""
        stamp = self.formatTime(record, "%H:%M:%S")
        line = f"{stamp} {record.levelname.lower():7} {record.name}: {record.getMessage()}"
        fields: dict[str, Any] = getattr(record, "fields", {})
        line += "".join(f" {key}={value}" for key, value in fields.items())
        return line + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


def setup(level: int = logging.INFO) -> None:
    """Send all logs of this process to stderr in our format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValueFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def fields(**values: object) -> dict[str, dict[str, object]]:
    """Return `values` as the `extra` of a log call: `log.info("stored", extra=fields(rows=3))`."""
    return {"fields": values}
