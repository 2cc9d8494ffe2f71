"""What a changing request says: JSON of a known shape, small, and in time."""

import asyncio
from typing import TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

T = TypeVar("T")

LARGEST = 16_384
"""Bytes; a remark is a page, not a book."""

PATIENCE_S = 10.0


async def read_json(request: Request, shape: type[T], largest: int = LARGEST) -> T:
    """Return the body as `shape`; 400, 408 or 413 with what is wrong where it is not."""
    body = b""
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413, f"more than {largest} bytes")
        found = msgspec.json.decode(body, type=shape)
        msgspec.json.encode(found).decode()  # half a character can be asked for, not stored
    except TimeoutError as error:
        raise HTTPException(408, "it took too long to say what is wanted") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise HTTPException(400, f"not understood: {error}") from error
    if b"\\u0000" in body or b"\0" in body:
        raise HTTPException(400, "not understood: a character with the number 0")
    return found
