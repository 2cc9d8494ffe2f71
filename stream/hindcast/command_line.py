"""What the commands on recordings share: dates as people write them, and a bar."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo


def parse_date(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return a date or time that was given, in `zone` unless it has its own; None for None."""
    from stream.hindcast.record import HindcastError

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise HindcastError(f"`{text}` is no date; give e.g. 2020-08-05 or 2020-08-05T12:00") from (
            error
        )
    return found if found.tzinfo else found.replace(tzinfo=zone)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Show a bar on standard error; yields a function of what is done and which part of it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("fit", total=1.0)
        yield lambda what, part: bar.update(task, description=what, completed=part)
