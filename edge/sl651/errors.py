"""What can be wrong with a telegram."""

from edge import EdgeError


class TelegramError(EdgeError):
    """Bytes that are no telegram, or a telegram that cannot be written as it is."""


class FrameError(TelegramError):
    """No frame begins here, or it is cut off."""


class ChecksumError(FrameError):
    """A frame whose checksum is wrong."""


class BodyError(TelegramError):
    """A frame is whole, but its text cannot be read."""
