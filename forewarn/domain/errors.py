"""The errors that users see: one line that says who, where, what, and what would help."""


class ForewarnError(Exception):
    """Something a user can mend; commands print it to stderr without a traceback."""


class ConfigError(ForewarnError):
    """A configuration file or variable that cannot be used as it is."""


class CodecError(ForewarnError):
    """A payload that does not decode to what its topic promises."""
