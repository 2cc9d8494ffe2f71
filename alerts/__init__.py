"""From what we think to what the public is told: levels, their life, CAP messages, channels.

`rules`, `lifecycle`, `notice`, `routing`, `texts`, `phrases` and `cap*` are pure; `desk` joins
them into one fold over assessments; `inbox`, `delivery`, `channels` and `service` do the I/O.
`watchdog` is a service of its own: it watches all the others.
Errors::

    ForewarnError
    +-- AlertError           what an officer asked for cannot be done: unknown id, no database
        +-- Refusal          the desk will not carry out an act, and says why
    +-- ChannelError         a channel did not take a message; it is tried again
        +-- Refused          it answered, and will not have this message as it is
"""

from forewarn.domain.errors import ForewarnError

__all__ = ["AlertError", "ChannelError", "Refused"]


class AlertError(ForewarnError):
    """Something an officer can mend: an unknown alert, a missing setting."""


class ChannelError(ForewarnError):
    """A channel could not take a message now; the message stays pending."""


class Refused(ChannelError):
    """The channel is alive but refuses this message; others may still pass."""
