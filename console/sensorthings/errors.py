"""What is said of a question that cannot be answered, and of a change that cannot be made."""

from console.errors import ConsoleError


class QueryRefused(ConsoleError):
    """A query option that cannot be read, or would cost too much."""


class NoSuchPath(ConsoleError):
    """An address that leads nowhere."""


class Overloaded(ConsoleError):
    """Too many questions wait, or one took too long."""


class BodyRefused(ConsoleError):
    """A body that does not say what it must; the message begins with the path in it."""


class TooLarge(ConsoleError):
    """A body beyond the limit."""


class TooSlow(ConsoleError):
    """A body that does not come."""


class NotHere(ConsoleError):
    """A method that this address does not have."""


class Conflict(ConsoleError):
    """What is wanted contradicts what is there."""


class Unsettled(ConsoleError):
    """Nobody knows yet whether the database has it: it may be sent again, as it was."""
