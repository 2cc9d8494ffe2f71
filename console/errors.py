"""The errors of the console."""

from forewarn.domain.errors import ForewarnError


class ConsoleError(ForewarnError):
    """Something that keeps the console from starting, in words for the one who starts it."""


class DatabaseUnavailable(ConsoleError):
    """The database does not answer, or refuses; the console goes on asking."""


class MapError(ConsoleError):
    """A background of the map that cannot be drawn; the map is shown without it."""


class NoSuchIncident(ConsoleError):
    """Somebody asked for an incident that is not there."""
