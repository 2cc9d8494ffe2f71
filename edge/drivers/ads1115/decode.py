"""The registers of an ADS1115 (Texas Instruments SBAS444, 8.6). Pure."""

from urllib.parse import urlsplit

CONVERSION, CONFIGURATION = 0x00, 0x01
"""Addresses of its two registers that are used here, big-endian words."""

READY = 0x8000
"""Of the configuration: written, it starts a conversion; read, there is none under way."""

SINGLE_SHOT, SLOW_ENOUGH, NO_COMPARATOR = 0x0100, 0x0080, 0x0003
"""One conversion and then rest; 128 of them a second would fit; the alert pin is not used."""

CONVERSION_S = 0.009
"""Real time of one conversion at 128 a second, and a tenth more for its own clock [s]."""

RANGES = {
    "6.144": (0, 6.144),
    "4.096": (1, 4.096),
    "2.048": (2, 2.048),
    "1.024": (3, 1.024),
    "0.512": (4, 0.512),
    "0.256": (5, 0.256),
}
"""Full scale → (code of the amplifier, volts)."""

STEPS = 32768

LOWEST_MA, HIGHEST_MA = 3.6, 21.0
"""Between them a loop measures; beyond, sensor or wire are faulty (NAMUR NE 43)."""


def configuration(place: int, range_v: str) -> int:
    """Return the word that starts a conversion of input `place` (0 to 3) against ground.

    Worked example: input 0 at ±2.048 V is 0xC583, the device's reset value 0x8583 but for the
    input (differential there).
    """
    code, _ = RANGES[range_v]
    multiplexer = (4 + place) << 12
    return READY | multiplexer | code << 9 | SINGLE_SHOT | SLOW_ENOUGH | NO_COMPARATOR


def volts(word: int, range_v: str) -> float:
    """Return the voltage of a conversion [V]; `word` is two's complement."""
    signed = word - 0x10000 if word & 0x8000 else word
    return signed * RANGES[range_v][1] / STEPS


def milliamperes(voltage: float, shunt_ohm: float) -> tuple[float, str]:
    """Return the current of a loop [mA], and what is wrong with it; empty where nothing is."""
    current = round(1000.0 * voltage / shunt_ohm, 6)
    if current < LOWEST_MA:
        return current, f"{current:.2f} mA, below {LOWEST_MA} (NAMUR NE 43): wire or sensor broken"
    if current > HIGHEST_MA:
        return (
            current,
            f"{current:.2f} mA, above {HIGHEST_MA:g} (NAMUR NE 43): short or sensor fault",
        )
    return current, ""


def bus_of(url: str) -> int:
    """Return the number of the bus in `url`, `i2c:///1`; ValueError says what would be one."""
    parts = urlsplit(url)
    number = parts.path.removeprefix("/")
    if parts.scheme != "i2c" or parts.netloc or parts.query or not number.isdecimal():
        raise ValueError(f"url `{url}` is no I²C bus; write e.g. `i2c:///1` for /dev/i2c-1")
    return int(number)
