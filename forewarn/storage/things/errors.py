"""What is said of a question that the tables cannot answer."""

from forewarn.storage.errors import StorageError


class Unanswerable(StorageError):
    """A question with a property, a function or a type that is not there, or is not known."""
