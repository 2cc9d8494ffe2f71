"""What the codes of SL 651-2014 mean: functions (annex B), kinds of station (annex A)."""

FUNCTIONS = {
    0x2F: "link keep-alive",
    0x30: "test report",
    0x31: "uniform-interval report",
    0x32: "timed report",
    0x33: "additional report",
    0x34: "hourly report",
    0x35: "manual report",
    0x36: "picture",
    0x37: "query of real-time values",
    0x38: "query of values of a span",
    0x39: "query of the manual report",
    0x3A: "query of named elements",
    0x40: "set basic configuration",
    0x41: "read basic configuration",
    0x42: "set operating parameters",
    0x43: "read operating parameters",
    0x44: "query of pump motors",
    0x45: "query of the software version",
    0x46: "query of state and alarms",
    0x47: "initialise the memory",
    0x48: "restore factory settings",
    0x49: "change the password",
    0x4A: "set the clock",
    0x4B: "set the IC card state",
    0x4C: "pumps on and off",
    0x4D: "valves open and shut",
    0x4E: "gates open and shut",
    0x4F: "water quota control",
    0x50: "query of events",
    0x51: "query of the clock",
}
"""Function code → what it is for (annex B)."""

STATION_KINDS = {
    "P": "rain",
    "H": "river",
    "K": "reservoir",
    "Z": "gate or weir",
    "D": "pumping station",
    "T": "tide",
    "M": "soil moisture",
    "G": "groundwater",
    "Q": "water quality",
    "I": "intake",
    "O": "outlet",
}
"""Letter of a kind of station → what it is (annex A)."""

STATE_BITS = (
    *("mains failed", "battery low", "water level limit", "discharge limit", "water quality limit"),
    *("flow meter faulty", "level meter faulty", "door closed", "memory faulty", "IC card valid"),
    *("pumps stopped", "remaining water limit"),
)
"""Meaning of each set bit of element ZT, from bit 0 on (table 58)."""

ALARM_BITS = (0, 1, 2, 3, 4, 5, 6, 8, 11)
"""Bits that call for somebody; the others only say how things are."""

EVENTS = (
    *("memory initialised", "parameters changed", "states changed", "instrument faults"),
    *("passwords changed", "terminal faults", "mains failures", "low battery alarms"),
    *("boxes opened", "pump faults", "remaining water alarms", "water level alarms"),
    *("pressure alarms", "water quality alarms", "bad values", "telegrams sent"),
    *("telegrams received", "telegrams failed"),
)
"""Meaning of each count of function 50H, from ERC1 on (table 82)."""

WITH_KIND = frozenset({0x30, 0x31, 0x32, 0x33, 0x34, 0x36, 0x37, 0x38, 0x3A, 0x44})
"""Functions in which the letter of its kind follows a station's address."""

OBSERVING = frozenset({0x30, 0x31, 0x32, 0x33, 0x34, 0x37, 0x38, 0x3A, 0x44})
"""Functions that carry values of elements."""


def alarms(state: int) -> list[str]:
    """Return what is wrong by the bits of element ZT, e.g. `["battery low"]` of 2."""
    return [STATE_BITS[bit] for bit in ALARM_BITS if state >> bit & 1]


def event_counts(raw: bytes) -> dict[str, int]:
    """Return how often each event happened, of the answer to function 50H: two bytes each."""
    counts = (int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw) - 1, 2))
    return dict(zip(EVENTS, counts, strict=False))
