"""Keeps one output in the state that is wanted, and knows whether it is."""

import asyncio
import logging

from edge import EdgeError
from edge.drivers.contract import Output

log = logging.getLogger("edge.alarm")

RENEW_S = 10.0
"""Real seconds between two commands to an output that is on: one that switches itself off for
fear of a dead gateway goes on, and one that lost power comes on again [s]."""

LOOK_S = 60.0
"""Real seconds between two looks at an output that is off [s]."""

RETRY_S = (0.3, 5.0)
"""Real seconds until an output that did not obey is told again; doubled each time [s]."""

COMMAND_LIMIT_S = 10.0


class Siren:
    """One output; `want` may be called at any time, `run` does the rest."""

    def __init__(self, name: str, output: Output) -> None:
        self.name, self._output = name, output
        self._wanted = False
        self._changed = asyncio.Event()
        self.trouble = ""
        """Why it does not obey; empty while it does."""

    def want(self, on: bool) -> None:
        """Have it on or off, as soon as it can be."""
        if on != self._wanted:
            self._wanted = on
            self._changed.set()

    async def run(self) -> None:
        """Command it until cancelled; what is wanted then is what it is left in."""
        wait_s, failures = 0.0, 0
        try:
            while True:
                self._changed.clear()
                try:
                    async with asyncio.timeout(COMMAND_LIMIT_S):
                        await self._output.set(self._wanted)
                except (EdgeError, TimeoutError, OSError) as error:
                    self._tell(str(error) or f"no answer within {COMMAND_LIMIT_S:g} s")
                    wait_s = min(RETRY_S[0] * 2 ** min(failures, 10), RETRY_S[1])
                    failures += 1
                else:
                    self._tell("")
                    failures = 0
                    wait_s = RENEW_S if self._wanted else LOOK_S
                try:
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            await self._output.aclose()

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            if trouble:
                log.error("output %s: %s", self.name, trouble)
            else:
                log.info("output %s obeys", self.name)
            self.trouble = trouble
