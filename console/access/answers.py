"""How questions about access are answered: never kept by a browser."""

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.access.signin import Refused
from forewarn.domain.codec import encode


def answer(message: object) -> Response:
    """Return `message` as JSON."""
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), 200, headers, media_type="application/json")


def refusal(refused: Refused) -> HTTPException:
    """Return the answer to somebody who may not, with the seconds to wait if it is about time."""
    headers = {"Retry-After": str(refused.retry_s)} if refused.retry_s else {}
    return HTTPException(refused.status, str(refused), headers)
