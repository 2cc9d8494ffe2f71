"""Counts what was answered, for Prometheus."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forewarn.runtime import metrics

STREAMS = b"text/event-stream"


class Counted:
    """ASGI middleware, the outermost: how many answers of which status, and how long they took.

    Parameters
    ----------
    app : ASGIApp
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and look at its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, stream = time.monotonic(), 500, False

        async def look(message: Message) -> None:
            nonlocal status, stream
            if message["type"] == "http.response.start":
                status = message["status"]
                kinds = [v for k, v in message.get("headers", []) if k.lower() == b"content-type"]
                stream = any(kind.startswith(STREAMS) for kind in kinds)
            await send(message)

        try:
            await self._app(scope, receive, look)
        finally:
            metrics.requests_answered.labels(status=str(status)).inc()
            if not stream:
                metrics.request_seconds.observe(time.monotonic() - began)
