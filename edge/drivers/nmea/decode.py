"""What a line of NMEA 0183 says: values, or why there are none. Pure.

Garbage is told from "no value": a field that is empty, or a sentence whose status says
that it is void, gives None (missing); a field that is no number gives nothing at all.
"""

from collections.abc import Callable
from enum import Enum
from math import isfinite

from msgspec import Struct

from edge.drivers.nmea import position, water, weather
from edge.drivers.nmea.ais import FIELD as AIS_FIELD
from edge.drivers.nmea.ais import Assembler
from edge.drivers.nmea.fields import Fields, Values
from edge.drivers.nmea.framing import Sentence, parse, refusal
from edge.drivers.nmea.ignored import IGNORED

MOST_FIELDS = 24

DECODERS: dict[str, tuple[Callable[[Fields], Values], int]] = {
    "MWV": (weather.mwv, 5),
    "MWD": (weather.mwd, 2),
    "VWR": (weather.vwr, 4),
    "VWT": (weather.vwt, 4),
    "MDA": (weather.mda, 4),
    "XDR": (weather.xdr, 4),
    "MTW": (water.mtw, 1),
    "DPT": (water.dpt, 1),
    "DBT": (water.dbt, 2),
    "DBS": (water.dbs, 2),
    "DBK": (water.dbk, 2),
    "VDR": (water.vdr, 2),
    "VHW": (water.vhw, 2),
    "GGA": (position.gga, 6),
    "GNS": (position.gns, 6),
    "GLL": (position.gll, 4),
    "RMC": (position.rmc, 9),
    "VTG": (position.vtg, 4),
    "ZDA": (position.zda, 4),
    "HDG": (position.hdg, 1),
    "HDM": (position.hdm, 1),
    "HDT": (position.hdt, 1),
    "THS": (position.ths, 2),
}
"""Kind → (decoder, least fields). Talkers leave out fields at the end; they count as empty."""

UNITS = {**weather.UNITS, **water.UNITS, **position.UNITS}
"""Names that `fields` of gateway.toml may use, besides `XDR.<transducer>` and
`AIS.<MMSI>.<quantity>`, and their units."""


class Outcome(Enum):
    """What became of a line."""

    DECODED = "decoded"
    IGNORED = "ignored"
    """Right, but nothing in it is of use here."""
    REFUSED = "refused"
    """No sentence, or one that cannot be believed."""


class Heard(Struct, frozen=True):
    """One line, and what became of it."""

    outcome: Outcome
    name: str
    """`GPGGA`, `AIS 21`, or `line` where there is no sentence."""
    why: str = ""
    """Why it is ignored or refused."""
    talker: str = ""
    values: Values = {}
    """Field → value in SI units, None where the sentence says "no value"."""


class Reader:
    """Understands line after line; AIS messages may take several."""

    def __init__(self) -> None:
        self._ais = Assembler()

    def read(self, line: bytes) -> Heard:
        """Return what `line` says; never raises."""
        sentence = parse(line)
        if sentence is None:
            return Heard(Outcome.REFUSED, "line", refusal(line))
        name = sentence.talker + sentence.kind
        if sentence.nested:
            return Heard(Outcome.IGNORED, name, "the talker wrote a `$` into its fields")
        if sentence.kind in ("VDM", "VDO"):
            return self._read_ais(sentence)
        if sentence.kind not in DECODERS:
            proprietary = sentence.kind[:1] == "P" and not sentence.talker
            why = "proprietary" if proprietary else "not known here"
            return Heard(Outcome.IGNORED, name, IGNORED.get(sentence.kind, why))
        decoder, least = DECODERS[sentence.kind]
        if len(sentence.fields) < least:
            return Heard(Outcome.REFUSED, name, "too short")
        found = decoder(sentence.fields + ("",) * (MOST_FIELDS - len(sentence.fields)))
        values = {field: v for field, v in found.items() if v is None or isfinite(v)}
        return Heard(Outcome.DECODED, name, talker=sentence.talker, values=values)

    def _read_ais(self, sentence: Sentence) -> Heard:
        message = self._ais.take(sentence.fields)
        if message.refused:
            return Heard(Outcome.REFUSED, message.name, message.refused)
        if message.ignored:
            return Heard(Outcome.IGNORED, message.name, message.ignored)
        return Heard(Outcome.DECODED, message.name, talker=sentence.talker, values=message.values)


def is_field(name: str) -> bool:
    """Tell whether `fields` of gateway.toml may use `name`."""
    transducer = name.startswith("XDR.") and len(name) > 4
    return name in UNITS or transducer or AIS_FIELD.fullmatch(name) is not None
