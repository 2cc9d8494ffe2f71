"""Our end of the apprise process: starts it, asks it, and starts it anew when it dies or hangs."""

import itertools
import logging
import queue
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress

import msgspec

from alerts import ChannelError
from alerts.paging.apprise_process import Answer, Request
from forewarn.domain.logs import fields

log = logging.getLogger("alerts.paging.messenger")

ANSWER_S = 7.0
"""Real seconds a service has to take a message; with `ALIVE_S` less than a sender's lease."""
ALIVE_S = 1.5
"""… and the process to say that it lives, once it did not answer."""
WRITE_S = 1.0
START_S = 30.0
"""So long a process may load before it counts as hanging."""
PAUSE_S = 2.0
"""Between two starts."""


class Messenger:
    """One apprise process at a time; for any thread.

    Parameters
    ----------
    command : sequence of str, optional
        What is started; it speaks as `apprise_process` does.
    answer_s : float
        Real seconds until a message counts as not taken.
    """

    def __init__(
        self,
        command: tuple[str, ...] = (sys.executable, "-m", "alerts.paging.apprise_process"),
        *,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._command, self._answer_s = command, answer_s
        self._lock, self._numbers = threading.Lock(), itertools.count(1)
        self._child: _Child | None = None
        self._started_s = float("-inf")

    @property
    def pid(self) -> int:
        """Of the process; 0: none runs."""
        return self._child.process.pid if self._child else 0

    def start(self) -> None:
        """Start the process now, so that the first message does not wait for it."""
        with suppress(ChannelError):
            self._running()

    def send(self, to: str, *, key: str, page: str, letter: str) -> None:
        """Send one message to the URL named by `to`; ChannelError where it was not taken."""
        child = self._running()
        asked = Request(id=next(self._numbers), to=to, key=key, page=page, letter=letter)
        answer = child.ask(asked, self._answer_s)
        if answer is None:
            self._look_after(child)
            raise ChannelError(f"apprise: no answer within {self._answer_s:g} s")
        if answer.error:
            raise ChannelError(f"apprise: {answer.error}")

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            if self._child is not None:
                self._child.end()
            self._child = None

    def _running(self) -> "_Child":
        with self._lock:
            if self._child is not None and self._child.process.poll() is None:
                return self._child
            now_s = time.monotonic()
            if now_s - self._started_s < PAUSE_S:
                raise ChannelError("apprise: its process ended and is started again")
            if self._child is not None:
                log.warning(
                    "apprise ended; started anew", extra=fields(code=self._child.process.returncode)
                )
                self._child.end()
            self._started_s, self._child = now_s, _Child(self._command)
            return self._child

    def _look_after(self, child: "_Child") -> None:
        """Kill `child` unless it says that it lives, or is still loading."""
        if child.loading and time.monotonic() - self._started_s < START_S:
            return
        if child.ask(Request(id=next(self._numbers)), ALIVE_S) is None:
            log.warning("apprise hangs; killed", extra=fields(pid=child.process.pid))
            child.end()


class _Child:
    """One process, the answers that are waited for, and the thread that hands them out."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._near, far = socket.socketpair()  # a pipe could not be written with a time-out
        self._near.settimeout(WRITE_S)
        with far:
            self.process = subprocess.Popen(command, stdin=far.fileno(), stdout=subprocess.PIPE)
        self.loading = True
        self._lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Answer]] = {}
        self._reader = threading.Thread(target=self._read, name="apprise", daemon=True)
        self._reader.start()

    def ask(self, request: Request, seconds: float) -> Answer | None:
        """Return the answer, None where none comes; ChannelError where it cannot be asked."""
        place: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        try:
            with self._lock:
                self._waiting[request.id] = place
                self._near.sendall(msgspec.json.encode(request) + b"\n")
            return place.get(timeout=seconds)
        except TimeoutError:
            self.end()  # half a line may be written: nothing can follow
            raise ChannelError("apprise: its process does not listen") from None
        except OSError as error:
            self.end()
            raise ChannelError(f"apprise: {error.strerror}") from error
        except queue.Empty:
            return None
        finally:
            self._waiting.pop(request.id, None)

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        self.process.kill()
        self.process.wait()
        self._near.close()
        self._reader.join(1.0)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines, suppress(OSError, msgspec.DecodeError):
            for line in lines:
                answer = msgspec.json.decode(line, type=Answer)
                self.loading = False
                if place := self._waiting.get(answer.id):
                    place.put(answer)
        self.process.kill()
        self.process.wait()  # before anybody asks again, and finds it still there
        for number, place in list(self._waiting.items()):
            place.put(Answer(id=number, error="its process ended before it answered"))
