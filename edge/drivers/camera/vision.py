"""The vision process as the agent sees it: started, listened to, started again."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from edge import EdgeError
from edge.cameras.scene import Plan, Report
from edge.tasks import cancel

log = logging.getLogger("edge.camera")

RESTART_MIN_S, RESTART_MAX_S = 1.0, 60.0
"""Real seconds before a vision process that ended is started again; doubled each time."""
LOOK_EVERY_S = 1.0
"""Real seconds between two looks at the process's memory and silence [s]."""
LONGEST_LINE = 65536
END_WITHIN_S = 2.0

Asked = Callable[[], Plan]


class Vision:
    """Keeps one `python -m edge.cameras watch` running and hands on what it says.

    Parameters
    ----------
    plan : callable
        Returns what to look at; asked anew at each start, because addresses change.
    on_report : callable
        Called with each report.
    silent_after_s, memory_mb : float
        Without a word for so long [s], or with more resident memory [MB], it is ended and
        started anew.
    command : list of str, optional
        What to start instead, in tests.
    """

    def __init__(
        self,
        plan: Asked,
        on_report: Callable[[Report], None],
        *,
        silent_after_s: float,
        memory_mb: float,
        command: list[str] | None = None,
    ) -> None:
        self._plan, self._on_report = plan, on_report
        self._silent_after_s, self._memory_mb = silent_after_s, memory_mb
        self._command = command or [sys.executable, "-m", "edge.cameras", "watch"]
        self._task: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self.trouble = "not started yet"
        """Why nothing is seen; empty while pictures come."""
        self.starts = 0

    def start(self) -> None:
        """Begin to keep it running, if that has not begun yet."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_running(), name="vision")

    async def aclose(self) -> None:
        """End it for good."""
        if self._task:
            await cancel([self._task])
            self._task = None

    async def _keep_running(self) -> None:
        now = asyncio.get_running_loop().time
        delay = RESTART_MIN_S
        while True:
            began = now()
            try:
                self.trouble = await self._run()
            except (OSError, EdgeError) as error:
                self.trouble = f"the vision process does not start: {error}"
            log.warning("%s; again in %g s", self.trouble, delay)
            if now() - began > RESTART_MAX_S:
                delay = RESTART_MIN_S
            await asyncio.sleep(delay)
            delay = min(2 * delay, RESTART_MAX_S)

    async def _run(self) -> str:
        """Run it once; return why it ended."""
        plan = msgspec.json.encode(self._plan()) + b"\n"
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
        )
        self.starts += 1
        self._heard_at = asyncio.get_running_loop().time()
        listening = asyncio.create_task(self._listen(process, plan))
        try:
            while not listening.done():
                await asyncio.wait([listening], timeout=LOOK_EVERY_S)
                if why := self._overdue(process.pid):
                    return why
            with suppress(TimeoutError):
                async with asyncio.timeout(END_WITHIN_S):
                    await process.wait()
            return f"the vision process ended with {process.returncode}"
        finally:
            await cancel([listening])
            await _end(process)

    async def _listen(self, process: asyncio.subprocess.Process, plan: bytes) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(plan)
        with suppress(ConnectionError):
            await process.stdin.drain()
        while True:
            try:
                line = await process.stdout.readline()
                if not line:
                    return
                report = msgspec.json.decode(line, type=Report)
            except (ValueError, msgspec.DecodeError) as error:
                log.warning("the vision process said what is no report: %s", error)
                continue
            self._heard_at = asyncio.get_running_loop().time()
            self.trouble = report.trouble
            if not report.trouble:
                self._on_report(report)

    def _overdue(self, pid: int) -> str:
        """Return why the process has to be started anew; empty where it need not."""
        silent_s = asyncio.get_running_loop().time() - self._heard_at
        if silent_s > self._silent_after_s:
            return f"the vision process was silent for {silent_s:.0f} s"
        used = resident_mb(pid)
        if used > self._memory_mb:
            return f"the vision process held {used:.0f} MB, more than {self._memory_mb:g} MB"
        return ""


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process [MB]; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
