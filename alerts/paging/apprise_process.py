"""Run as `python -m alerts.paging.apprise_process`: sends what comes in, one JSON a line.

A process of its own: apprise takes 54 MB and a second to import, and carries 180 plug-ins of
others that may hang or die; nothing of that is to reach the pager. Each request has a thread.
The URL, which holds passwords, is read here and nowhere else.
"""

import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import IO, Any

import msgspec

ROOM_FOR_A_LETTER = 2_000
"""Characters; a service that takes fewer in one message gets the page alone, one SMS."""
ROBOTS = {"wecombot": "errcode", "dingtalk": "errcode", "feishu": "code", "lark": "code"}
"""Services that answer 200 to what they refuse (unknown key, too many, a word that is missing),
and where they say so: a number that is not 0. Apprise looks at the 200 alone."""
STUCK_AT_MOST = 16
"""Requests that never end before this process ends itself, to be started anew."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the pager asks; with an empty `to` only whether we are alive."""

    id: int
    to: str = ""
    """Name of the variable or file that holds the apprise URL."""
    key: str = ""
    page: str = ""
    letter: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it; number 0, the first: apprise is loaded."""

    id: int
    error: str = ""
    """Empty: the service took it."""


class _Said(logging.Handler):
    """Keeps what apprise logs, by thread: its API answers only yes or no."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._here = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        self._here.lines = [*getattr(self._here, "lines", []), record.getMessage()]

    def take(self) -> str:
        lines, self._here.lines = getattr(self._here, "lines", []), []
        return "; ".join(dict.fromkeys(lines))


class _Replies:
    """Remembers the newest reply over HTTP of each thread."""

    def __init__(self) -> None:
        import requests

        self._here, asked = threading.local(), requests.Session.request

        def request(session: Any, *given: Any, **named: Any) -> Any:
            self._here.reply = asked(session, *given, **named)
            return self._here.reply

        requests.Session.request = request  # type: ignore[assignment]

    def refusal(self, key: str) -> str:
        """Return the newest reply if it is JSON with a number under `key` that is not 0."""
        reply: Any = None
        reply, self._here.reply = getattr(self._here, "reply", None), None
        try:
            said = {} if reply is None else reply.json()
        except ValueError:
            return "it answered no JSON"
        return reply.text if isinstance(said, dict) and said.get(key, 0) != 0 else ""


def secret(to: str) -> str:
    """Return the URL that the variable or the file `to` holds. Raises ValueError, OSError."""
    text = Path(to).read_text(encoding="utf-8") if to.startswith("/") else os.environ.get(to, "")
    if not text.strip():
        what = "the file" if to.startswith("/") else "the environment variable"
        raise ValueError(f"{what} `{to}` is empty; it holds an apprise URL, mailto://…")
    return text.strip()


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until `requests` end."""
    import apprise

    logger, said, replies = logging.getLogger("apprise"), _Said(), _Replies()
    logger.handlers, logger.propagate = [said], False
    lock, busy = threading.Lock(), threading.Semaphore(STUCK_AT_MOST)

    def answer(number: int, error: str = "") -> None:
        with lock:
            answers.write(msgspec.json.encode(Answer(id=number, error=error)) + b"\n")
            answers.flush()

    def work(request: Request) -> None:
        try:
            answer(request.id, _send(apprise, request, said, replies))
        finally:
            busy.release()

    answer(0)
    for line in requests:
        request = msgspec.json.decode(line, type=Request)
        if not request.to:
            answer(request.id)
        elif busy.acquire(blocking=False):
            threading.Thread(target=work, args=(request,), daemon=True).start()
        else:
            return


def _send(apprise: Any, request: Request, said: _Said, replies: _Replies) -> str:
    url = ""
    try:
        url = secret(request.to)
        plugin = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if plugin is None:
            return f"what `{request.to}` holds is no apprise URL"
        plugin.overflow_mode = apprise.OverflowMode.TRUNCATE  # never several messages
        if plugin.schemas() & {"mailto", "mailtos"}:
            plugin.notify_format = apprise.NotifyFormat.TEXT
        if isinstance(getattr(plugin, "headers", None), dict):
            plugin.headers["Idempotency-Key"] = request.key
        if not _told(apprise, plugin, request):
            return _without_secrets(said.take() or "not taken", url)
        robot = next((ROBOTS[name] for name in plugin.schemas() if name in ROBOTS), "")
        return _without_secrets(replies.refusal(robot), url) if robot else ""
    except Exception as error:  # plug-ins raise whatever their libraries do
        return _without_secrets(f"{type(error).__name__}: {error}", url)


def _told(apprise: Any, plugin: Any, request: Request) -> bool:
    """Tell it in this thread: `Apprise.notify` has a pool of few, that stuck ones would fill."""
    text = apprise.NotifyFormat.TEXT
    if plugin.body_maxlen < ROOM_FOR_A_LETTER:
        return bool(plugin.notify(body=request.page, body_format=text))
    return bool(plugin.notify(title=request.page, body=request.letter, body_format=text))


def _without_secrets(text: str, url: str) -> str:
    """Return one short line without any part of `url` that may be a key or a password."""
    for part in {url, *re.split(r"[:/@?&=]+", url)[1:]}:
        if len(part) >= 6:
            text = text.replace(part, "…")
    return " ".join(text.split())[:200]


def main() -> None:
    """Serve standard input; what plug-ins print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)
    os._exit(0)  # threads that are stuck in a plug-in are not waited for


if __name__ == "__main__":
    main()
