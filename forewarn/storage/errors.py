"""What can go wrong with the database in a way that a user can mend."""

from forewarn.domain.errors import ForewarnError


class StorageError(ForewarnError):
    """A database that cannot be reached or used, or a row that is not there."""
