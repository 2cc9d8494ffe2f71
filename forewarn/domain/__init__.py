"""What every part of Forewarn agrees on: the words, the wire and the clock.

Only `msgspec` and the standard library are imported here, because this is all of
Forewarn that a Raspberry Pi loads besides `edge`. Errors form one small tree::

    ForewarnError            what the user can read and act on; shown without a traceback
    +-- ConfigError          a file or variable: names file, key, and the nearest valid key
    +-- CodecError           a payload that cannot be decoded
"""

from forewarn.domain.errors import CodecError, ConfigError, ForewarnError

__all__ = ["CodecError", "ConfigError", "ForewarnError"]
