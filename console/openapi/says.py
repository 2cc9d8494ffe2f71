"""What is said of one route; all else is read off the route itself."""

from typing import Any

from msgspec import Struct


class Query(Struct, frozen=True):
    """One parameter of the query."""

    name: str
    kind: Any
    """A type, annotated with its limits."""
    text: str
    required: bool = False
    example: str = ""


class Error(Struct, frozen=True):
    """Why there is no answer."""

    error: str


class Says(Struct, frozen=True):
    """One route in one line.

    `Says(Trace, query=(DATASTREAM, HOURS), errors=(400, 404))`
    """

    answer: Any
    """The struct of the JSON answer, or a tuple of several; a text is the media type of another."""
    query: tuple[Query, ...] = ()
    body: Any = None
    """The struct of the request's JSON."""
    errors: tuple[int, ...] = ()
    """Statuses with an `Error`, beside those that every route of its kind may answer."""
    refusals: dict[int, Any] = {}
    """Status → struct, where more is said than `Error`."""
    tagged: bool = False
    """It has an ETag, and answers 304 to who has it already."""
