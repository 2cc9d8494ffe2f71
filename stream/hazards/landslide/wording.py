"""What officers are told of rain, ground and instruments, in words."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stream.hazards.landslide.plan import Instrument
from stream.hazards.landslide.rainfall import DAY_STEPS, Rainfall
from stream.models.landslide.instruments import Reading

Array = NDArray[np.float64]

SILENT_MIN = 30.0
SHORT_H = 6.0
"""Rain that is known for less than this says little of the ground."""
TOLD = 0.1
"""Instruments below this index are not worth a line."""


def rain_faults(keys: Sequence[str], rain: Rainfall) -> list[str]:
    """Return which gauges are silent or absurd, and whether the rain of the past is known."""
    said = [
        f"{key} silent for {_span(silent)}"
        for key, silent in zip(keys, rain.silent_min, strict=True)
        if silent > SILENT_MIN
    ]
    said += [
        f"{key} told negative rain in the last day: left out"
        for key, negative in zip(keys, rain.negative, strict=True)
        if negative
    ]
    if rain.known_h < SHORT_H:
        said.append(f"rain is known for {rain.known_h:.0f} h only: ordinary weather before that")
    elif rain.unknown > 0.75:
        said.append("no rain gauge spoke for most of the last day")
    return said


def silent(which: Sequence[Instrument], readings: Mapping[Instrument, Reading]) -> list[str]:
    """Return which instruments are silent."""
    return [f"{i.datastream} silent for {_span(readings[i].silent_min)}" for i in which]


def soil_water(index_mm: Array) -> list[str]:
    """Return the soil water index of the units, as a range."""
    low, high = np.quantile(index_mm, (0.1, 0.9))
    return [f"soil water index {low:.0f}–{high:.0f} mm"]


def rain(past_mm: Array, ahead_mm: Array) -> list[str]:
    """Return what fell and what may fall; `past_mm` (t,), `ahead_mm` (members, k), 10 min steps."""
    day, hour = past_mm[-DAY_STEPS:].sum(), past_mm[-6:].sum()
    low, middle, high = np.quantile(ahead_mm[:, 1:].sum(axis=1), (0.1, 0.5, 0.9))
    return [
        f"rain {hour:.0f} mm in the last hour, {day:.0f} mm in 24 h",
        f"{middle:.0f} mm more expected in 3 h ({low:.0f}–{high:.0f})",
    ]


def readings(found: Mapping[Instrument, Reading], issue_s: float) -> list[str]:
    """Return what instruments say, those that say something."""
    lines = []
    for instrument, reading in found.items():
        if reading.by_lead.max() < TOLD:
            continue
        unit = " per hour" if instrument.moves else ""
        line = f"{instrument.datastream} {reading.value:.3g}{unit} (caution {instrument.caution:g})"
        if reading.failing and reading.failure_time(0.5) < issue_s - 60 * SILENT_MIN:
            line += ": it may have failed and taken the instrument with it"
        elif reading.failing:
            low, middle, high = (
                max(0.0, reading.failure_time(p) - issue_s) / 60.0 for p in (0.05, 0.5, 0.95)
            )
            line += f", accelerating: failure in {_span(middle)} ({_span(low)} – {_span(high)})"
        lines.append(line)
    return lines


def _span(minutes: float) -> str:
    if not np.isfinite(minutes):
        return "all the time that is looked back at"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
