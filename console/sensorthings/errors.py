"""What is said of a question that cannot be answered."""

from console.errors import ConsoleError


class QueryRefused(ConsoleError):
    """A query option that cannot be read, or would cost too much."""


class NoSuchPath(ConsoleError):
    """An address that leads nowhere."""


class Overloaded(ConsoleError):
    """Too many questions wait, or one took too long."""
