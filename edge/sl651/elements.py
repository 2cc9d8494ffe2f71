"""The elements of a telegram: annex C of SL 651-2014, and values in HEX/BCD and ASCII. Pure."""

from functools import cached_property
from math import isfinite

from msgspec import Struct

from edge.sl651.digits import read_number, write_number
from edge.sl651.errors import BodyError
from edge.sl651.frames import Coding

_WATERS = range(1, 9)

_LIST = f"""
01 AC m2 8 2 cross-section | 02 AI Cel 3 1 air temperature | 03 C Cel 3 1 water temperature
05 DT h 4 2 duration, HH.mm | 06 ED mm 5 1 evaporation of the day | 07 EJ mm 5 1 evaporation
08 FL hPa 5 0 air pressure | 09 GH m 5 2 gate opening | 0A GN 1 3 0 gate number
0B GS 1 1 0 kind of outlet | 0C GT 1 3 0 gates open | 0D GTP Cel 3 1 ground temperature
0E H m 6 2 depth to groundwater | 0F HW m 5 2 wave height
10 M10 % 4 1 soil moisture at 10 cm | 11 M20 % 4 1 soil moisture at 20 cm
12 M30 % 4 1 soil moisture at 30 cm | 13 M40 % 4 1 soil moisture at 40 cm
14 M50 % 4 1 soil moisture at 50 cm | 15 M60 % 4 1 soil moisture at 60 cm
16 M80 % 4 1 soil moisture at 80 cm | 17 M100 % 4 1 soil moisture at 100 cm
18 MST % 4 1 humidity | 19 NS 1 2 0 pumps running
1A P1 mm 5 1 rain of 1 h | 1B P2 mm 5 1 rain of 2 h | 1C P3 mm 5 1 rain of 3 h
1D P6 mm 5 1 rain of 6 h | 1E P12 mm 5 1 rain of 12 h | 1F PD mm 5 1 rain of the day
20 PJ mm 5 1 rain of this day so far | 21 PN01 mm 5 1 rain of 1 min
22 PN05 mm 5 1 rain of 5 min | 23 PN10 mm 5 1 rain of 10 min | 24 PN30 mm 5 1 rain of 30 min
25 PR mm 5 1 rain of a storm | 26 PT mm 6 1 accumulated rain
27 Q m3/s 9 3 discharge | 30 QA m3/s 9 3 total outflow | 31 QZ m3/s 9 3 discharge of a gate
32 SW 10kt 11 3 sediment load | 33 UC 1 2 0 wind direction, 1-16 from north
34 UE 1 2 0 wind force | 35 US m/s 4 1 wind speed | 36 VA m/s 5 3 mean flow velocity
37 VJ m/s 5 3 flow velocity | 38 VT V 4 2 supply voltage
39 Z m 7 3 stage or tide | 3A ZB m 7 3 stage below | 3B ZU m 7 3 stage above
44 SQ kg/m3 9 3 sediment content | 46 pH [pH] 4 2 pH | 47 DO mg/L 4 1 dissolved oxygen
48 COND uS/cm 5 0 conductivity | 49 TURB 1 3 0 turbidity | 4A CODMN mg/L 4 1 permanganate index
4B REDOX mV 5 1 redox potential | 4C NH4N mg/L 6 2 ammonia nitrogen
4D TP mg/L 5 3 total phosphorus | 4E TN mg/L 5 2 total nitrogen | 4F TOC mg/L 4 2 organic carbon
50 CU mg/L 7 4 copper | 51 ZN mg/L 6 4 zinc | 52 SE mg/L 7 5 selenium | 53 AS mg/L 7 5 arsenic
54 THG mg/L 7 5 mercury | 55 CD mg/L 7 5 cadmium | 56 PB mg/L 7 5 lead
57 CHLA mg/L 4 2 chlorophyll a
{" | ".join(f"{0x27 + n:02X} Q{n} m3/s 9 3 discharge {n}" for n in _WATERS)}
{" | ".join(f"{0x3B + n:02X} Z{n} m 7 3 stage {n}" for n in _WATERS)}
{" | ".join(f"{0x57 + n:02X} WP{n} kPa 5 2 water pressure {n}" for n in _WATERS)}
{" | ".join(f"{0x5F + n:02X} SYL{n} m3 11 3 remaining water {n}" for n in _WATERS)}
{" | ".join(f"{0x67 + n:02X} SBL{n} m3/h 10 2 water of the hour {n}" for n in _WATERS)}
70 VTA V 4 1 voltage A | 71 VTB V 4 1 voltage B | 72 VTC V 4 1 voltage C
73 VIA A 4 1 current A | 74 VIB A 4 1 current B | 75 VIC A 4 1 current C
"""
"""Identifier, symbol, unit (UCUM), digits, decimals, name: table C.1."""


class Kind(Struct, frozen=True):
    """One row of table C.1."""

    code: str
    """Identifier in HEX frames: `39`; of a user's own, two bytes: `FFA0`."""
    symbol: str
    """Identifier in ASCII frames: `Z`."""
    unit: str
    digits: int
    decimals: int
    name: str


def _kinds() -> list[Kind]:
    rows = [
        row.split(maxsplit=5) for line in _LIST.splitlines() for row in line.split(" | ") if row
    ]
    kinds = [Kind(c, s, u, int(n), int(d), name) for c, s, u, n, d, name in rows]
    kinds.append(Kind("45", "ZT", "1", 8, 0, "state and alarms, bits"))
    kinds.append(Kind("F4", "DRP", "mm", 24, 1, "rain of each 5 min of an hour"))
    for n in _WATERS:
        name = f"stage {n} at each 5 min of an hour, above its base"
        kinds.append(Kind(f"{0xF4 + n:02X}", f"DRZ{n}", "m", 48, 2, name))
    return kinds


KINDS = {kind.symbol: kind for kind in _kinds()}
"""Symbol → element."""
SYMBOLS = {kind.code: kind.symbol for kind in KINDS.values()}
"""Identifier → symbol; `symbol_of` knows makers' own too."""

HOURLY = {symbol: 1 if symbol == "DRP" else 2 for symbol in KINDS if symbol.startswith("DR")}
"""Symbols of elements with twelve values → bytes of each."""


def symbol_of(code: str) -> str:
    """Return the symbol of an identifier: `Z` of `39`.

    Where annex C has none it is the identifier itself, `7A` or `FFA0`; `0xAC`, `0xCD` and `0xED`
    where that would read as another element, as `CD` would as cadmium.
    """
    if code in KINDS:
        return f"0x{code}"
    return SYMBOLS.get(code, code)


def code_of(symbol: str) -> str:
    """Return the identifier of a symbol in HEX frames; BodyError where there is none.

    It takes what `symbol_of` returns and nothing else, so that each element has one name.
    """
    if symbol in KINDS:
        return KINDS[symbol].code
    code = symbol.removeprefix("0x")
    size = 4 if code.startswith("FF") else 2
    if len(code) == size and all(letter in "0123456789ABCDEF" for letter in code):
        if symbol_of(code) == symbol:
            return code
        raise BodyError(f"element {code} is called `{symbol_of(code)}`, not `{symbol}`")
    raise BodyError(
        f"`{symbol}` is no element of annex C, nor an identifier such as `7A` or `FFA0`"
    )


class Element(Struct, frozen=True, dict=True):
    """One element with its value, as it was sent.

    `Element.of("Z", 12.345)` makes one.
    """

    symbol: str
    """As in annex C, `Z`; of a maker's own its identifier, `7A` or `FFA0` (see `symbol_of`)."""
    raw: bytes
    """The value as it was sent: BCD or HEX digits, or characters."""
    definition: int = -1
    """In HEX frames, the byte that says how long the value is: 5 bits bytes, 3 bits decimals;
    -1 in ASCII frames."""

    @classmethod
    def of(
        cls, symbol: str, value: float | None, *, coding: Coding = Coding.HEX, decimals: int = -1
    ) -> "Element":
        """Return `value` as annex C wants it; None: no value.

        `decimals` below 0 are those of annex C, 0 for a maker's own element. BodyError where
        the value does not fit.
        """
        kind = KINDS.get(symbol)
        if decimals < 0:
            decimals = kind.decimals if kind else 0
        if coding is Coding.ASCII:
            text = "M" if value is None else f"{value:.{decimals}f}"
            return cls(symbol, text.encode("ascii"))
        code_of(symbol)
        if symbol == "ZT":
            return cls(symbol, int(value or 0).to_bytes(4, "big"), 0x20)
        width = ((kind.digits if kind else 8) + 1) // 2 + (
            1 if value is not None and value < 0 else 0
        )
        try:
            return cls(symbol, write_number(value, width, decimals), width << 3 | decimals)
        except ValueError as error:
            raise BodyError(f"{symbol}: {error}") from error

    @classmethod
    def of_hour(
        cls, symbol: str, values: list[float | None], *, coding: Coding = Coding.HEX
    ) -> "Element":
        """Return twelve values of DRP [mm] or DRZ1-DRZ8 [m]; BodyError where one does not fit."""
        size = HOURLY.get(symbol)
        if size is None or len(values) != 12:
            raise BodyError(f"{symbol} with {len(values)} values; DRP and DRZ1-DRZ8 have 12")
        scale, most = (10, 254) if size == 1 else (100, 65_534)
        whole = [most + 1 if value is None else round(value * scale) for value in values]
        if any(
            not 0 <= v <= most for v, value in zip(whole, values, strict=True) if value is not None
        ):
            raise BodyError(f"{symbol}: a value is not between 0 and {most / scale:g}")
        raw = b"".join(number.to_bytes(size, "big") for number in whole)
        if coding is Coding.ASCII:
            return cls(symbol, raw.hex().upper().encode("ascii"))
        return cls(symbol, raw, size * 12 << 3)

    @property
    def unit(self) -> str:
        """Return the unit as UCUM; empty for a maker's own element."""
        return KINDS[self.symbol].unit if self.symbol in KINDS else ""

    @property
    def name(self) -> str:
        """Return what it is; empty for a maker's own element."""
        return KINDS[self.symbol].name if self.symbol in KINDS else ""

    @cached_property
    def values(self) -> tuple[float | None, ...]:
        """Return its value, or twelve of one hour; None: the station has none.

        BodyError where the bytes are no number.
        """
        try:
            found = self._read()
        except ValueError as error:
            raise BodyError(f"{self.symbol}: {error}") from error
        if self.symbol == "DT":
            return tuple(None if v is None else int(v) + round(v % 1 * 100) / 60 for v in found)
        return found

    def _read(self) -> tuple[float | None, ...]:
        if self.symbol in HOURLY:
            raw = self.raw if self.definition >= 0 else bytes.fromhex(self.raw.decode("ascii"))
            return hour(self.symbol, raw)
        if self.definition >= 0:
            if self.symbol == "ZT":
                return (float(int.from_bytes(self.raw, "big")),)
            return (read_number(self.raw, self.definition & 7),) if self.raw else ()
        text = self.raw.decode("ascii")
        if text in ("M", "F"):
            return (None,)
        if self.symbol == "ZT":
            return (float(int(text, 16)),)
        number = float(text)
        if not isfinite(number):
            raise ValueError(f"`{text}` is no number")
        return (number,)


def hour(symbol: str, raw: bytes) -> tuple[float | None, ...]:
    """Return the values in `raw`, whole bytes each: 0.1 mm of DRP, 0.01 m of DRZ; all F: none."""
    size = HOURLY[symbol]
    if len(raw) != 12 * size:
        raise ValueError(f"{len(raw)} bytes; an hour has {12 * size}")
    numbers = [int.from_bytes(raw[at : at + size], "big") for at in range(0, len(raw), size)]
    scale, none = (10, 0xFF) if size == 1 else (100, 0xFFFF)
    return tuple(None if number == none else number / scale for number in numbers)
