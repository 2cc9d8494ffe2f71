"""JSON on the wire: decoding that names what is wrong, and batches that fit a small broker."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from forewarn.domain.errors import CodecError
from forewarn.domain.observation import (
    MAX_BATCH_BYTES,
    MAX_BATCH_VALUES,
    Columns,
    Observation,
)

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

ENVELOPE_BYTES = 300
"""Room for gateway, boot_id and seq around the columns."""


def encode(message: Any) -> bytes:
    """Return `message`, a struct of the domain, as JSON."""
    return _encoder.encode(message)


def decode(payload: bytes | str, schema: type[T]) -> T:
    """Return `payload` as a `schema`; CodecError says where it does not fit."""
    decoder = _decoders.get(schema)
    if decoder is None:
        decoder = _decoders[schema] = msgspec.json.Decoder(schema)
    try:
        return decoder.decode(payload)  # type: ignore[no-any-return]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CodecError(f"not a {schema.__name__}: {error}") from error


def split(observations: Sequence[Observation]) -> Iterator[Columns]:
    """Yield columns of at most 100 values and 20 KB each, keeping the order."""
    for start in range(0, len(observations), MAX_BATCH_VALUES):
        yield from _fit(observations[start : start + MAX_BATCH_VALUES])


def _fit(observations: Sequence[Observation]) -> Iterator[Columns]:
    columns = Columns.from_observations(observations)
    if len(observations) > 1 and len(encode(columns)) > MAX_BATCH_BYTES - ENVELOPE_BYTES:
        half = len(observations) // 2
        yield from _fit(observations[:half])
        yield from _fit(observations[half:])
    else:
        yield columns
