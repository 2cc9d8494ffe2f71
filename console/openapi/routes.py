"""Where the description is: for programs and for people."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from console.access.guard import permit
from forewarn.domain.station import Site


class Reference:
    """The answers to `/api/openapi.json` and `/api`; made when first asked for."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._document: dict[str, Any] = {}

    def pages(self) -> list[Route]:
        """Return the page `/api`, of the whole application."""
        return [Route("/api", self.page)]

    def questions(self) -> list[Route]:
        """Return what is asked under `/api`."""
        return [Route("/openapi.json", self.openapi)]

    @permit("read")
    async def openapi(self, request: Request) -> Response:
        """Return what this API is, as OpenAPI 3.1."""
        body = msgspec.json.encode(self._made(request))
        headers = {"Cache-Control": "no-cache"}
        return Response(body, headers=headers, media_type="application/json")

    @permit("read")
    async def page(self, request: Request) -> Response:
        """Return the same for people."""
        from console.openapi.page import page

        return HTMLResponse(page(self._made(request)), headers={"Cache-Control": "no-cache"})

    def _made(self, request: Request) -> dict[str, Any]:
        if not self._document:
            # Here and not above: a console that cannot describe itself still warns.
            from console.openapi.document import document

            cookie = request.state.access.cookie
            self._document = document(request.app.routes, self._site.name, cookie)
        return self._document
