"""What is said of a question that the tables cannot answer, and of a change they cannot take.

::

    StorageError
    +-- Unanswerable
    +-- Unchangeable
        +-- Absent       there is no such entity
        +-- ReadOnly     it is one of site.toml, and changed there
        +-- InUse        others rest on it
"""

from forewarn.storage.errors import StorageError


class Unanswerable(StorageError):
    """A question with a property, a function or a type that is not there, or is not known."""


class Unchangeable(StorageError):
    """A change that does not fit what is there."""


class Absent(Unchangeable):
    """There is no such entity."""


class ReadOnly(Unchangeable):
    """The entity is one of site.toml, and changed there."""


class InUse(Unchangeable):
    """Others rest on the entity."""
