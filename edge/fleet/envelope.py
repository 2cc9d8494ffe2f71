"""What comes signed from the fleet: opened only with the right key, for this gateway."""

from pathlib import Path
from typing import TypeVar

from edge import EdgeError
from edge.fleet.openssl import signed_by
from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.fleet import Command, Configuration, Envelope, signed_part

T = TypeVar("T", Configuration, Command)


def read_key(path: Path) -> bytes | None:
    """Return the key in the file `path`, None where there is none: then nothing is obeyed."""
    if not path.is_file():
        return None
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise EdgeError(f"{path}: {error}; `forewarn edge enroll` writes it") from error
    if len(key) != 32:
        raise EdgeError(f"{path}: {len(key)} bytes; an Ed25519 key has 32")
    return key


def open_envelope(payload: bytes, kind: bytes, schema: type[T], key: bytes, gateway: str) -> T:
    """Return the message in `payload`; EdgeError where it is not signed, torn, or for another."""
    try:
        envelope = decode(payload, Envelope)
        if not signed_by(key, envelope.signature, signed_part(kind, envelope.body)):
            raise EdgeError(f"a {kind.decode()} whose signature is not the fleet's")
        message = decode(envelope.body, schema)
    except CodecError as error:
        raise EdgeError(f"not a signed {kind.decode()}: {error}") from error
    if message.gateway != gateway:
        raise EdgeError(f"a {kind.decode()} for `{message.gateway}`, not for us")
    return message
