"""What can go wrong with a tide: TideError is the root, its children say what to do."""


class TideError(ValueError):
    """A record, a constituent or constants that cannot be used; says what is missing."""


class UnknownConstituent(TideError):
    """A name that no table has."""


class TooShort(TideError):
    """A record too short, too sparse or too regular for what is asked of it."""
