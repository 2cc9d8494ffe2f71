"""The sites as they are shipped: files that must agree with each other, and the demo's promise."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forewarn.domain.config import load
from forewarn.domain.recording import RecordingMapping
from forewarn.domain.station import load_site
from simulators.scenario import (
    CameraPlan,
    LoggerPlan,
    NmeaPlan,
    RadarPlan,
    Scenario,
    SirenPlan,
    load_instruments,
)
from simulators.world.place import Place
from simulators.world.typhoon import TyphoonWorld

ROOT = Path(__file__).parents[2]
SITES = ["han", "yongjiang"]


def gateways(site: str) -> list[dict[str, Any]]:
    folder = ROOT / "firmware_configs"
    configs = [tomllib.loads(p.read_text()) for p in sorted(folder.glob("*/gateway.toml"))]
    return [config for config in configs if config["site"] == site]


@pytest.mark.parametrize("site_id", SITES)
def test_gateways_read_exactly_the_instruments_that_are_simulated(site_id: str) -> None:
    site, instruments = load_instruments(ROOT / "sites" / site_id)
    configs = gateways(site_id)
    assert sorted(config["gateway"] for config in configs) == sorted(site.gateways)
    sirens = [p for p in instruments.instruments if isinstance(p, SirenPlan)]
    others = {p.device for p in sirens}  # the alert service switches them, no gateway does
    lines = [name for config in configs for name in config["device"]]
    assert sorted([*lines, *others]) == sorted(instruments.device), "each line has one gateway"
    read = [entry for config in configs for entry in config["instrument"]]
    asked = {(entry["device"], entry.get("unit", 0), entry["station"]) for entry in read}
    gauges = [p for p in instruments.instruments if p not in sirens]
    shown = {(p.device, getattr(p, "unit", 0), p.station) for p in gauges}
    assert asked == shown
    assert len(read) == len(shown)


@pytest.mark.parametrize("site_id", SITES)
def test_gateways_map_channels_as_the_instruments_show_them(site_id: str) -> None:
    site, instruments = load_instruments(ROOT / "sites" / site_id)
    read = {e["station"]: e for config in gateways(site_id) for e in config["instrument"]}
    for plan in instruments.instruments:
        [station] = [s for s in site.stations if s.id == plan.station]
        properties = [stream.property for stream in station.datastreams]
        entry = read[plan.station]
        if isinstance(plan, LoggerPlan):
            assert entry["channels"] == {str(c): name for c, name in enumerate(properties)}
        elif isinstance(plan, RadarPlan):
            distance = entry["channels"]["distance"]
            assert (distance["scale"], distance["offset"]) == (-1.0, plan.sensor_elevation_m)
        elif isinstance(plan, NmeaPlan):
            mapped = {e if isinstance(e, str) else e["property"] for e in entry["fields"].values()}
            assert mapped == set(properties)
        elif isinstance(plan, CameraPlan):
            assert plan.shows in entry
            drawn = [[list(corner) for corner in bay] for bay in plan.bays]
            assert entry.get("parking", {}).get("bays", []) == drawn
        elif not isinstance(plan, SirenPlan):
            assert (entry["property"], entry["mm_per_tip"]) == ("rain", plan.mm_per_tip)


@pytest.mark.parametrize("site_id", SITES)
def test_every_datastream_has_an_instrument_and_recordings_know_only_those(site_id: str) -> None:
    site, instruments = load_instruments(ROOT / "sites" / site_id)
    assert {p.station for p in instruments.instruments} == {s.id for s in site.stations}
    mapping = load(ROOT / "sites" / site_id / "recording.toml", RecordingMapping)
    keys = {key for key, _, _ in site.datastreams()}
    assert {column.datastream for column in mapping.columns.values()} <= keys


def test_yongjiang_says_that_it_is_invented() -> None:
    site = load_site(ROOT / "sites/yongjiang")
    assert "Do not act" in site.invented
    assert all(station.invented for station in site.stations)
    thresholds = [t for _, _, stream in site.datastreams() for t in stream.thresholds]
    official = {t.source for t in thresholds if t.source.startswith("national")}
    assert {threshold.source for threshold in thresholds} - official == {"invented"}
    judged = [key for key, _, stream in site.datastreams() if len(stream.thresholds) == 4]
    assert len(judged) >= 3


def test_the_demo_is_warned_of_its_first_threshold_an_hour_ahead_and_soon() -> None:
    """The model has not seen this storm; it sees what loggers remember and the radar has shown."""
    from stream.models.flood.gauges.model import GaugeModel, NoForecast, predict

    folder = ROOT / "sites/yongjiang"
    site, place = load_site(folder), load(folder / "world.toml", Place)
    scenario = load(folder / "scenario.toml", Scenario)
    world = TyphoonWorld(site, place, scenario)
    series = dict(world.datastreams())
    model = GaugeModel.from_bytes((folder / "flood.npz").read_bytes())
    start = (scenario.start - scenario.epoch) // timedelta(minutes=1)
    assert start >= 720, "the loggers' memory is full when the demo begins"
    lowest = {
        k: min(t.value for t in d.thresholds)
        for k, _, d in site.datastreams()
        if d.thresholds and k in model.targets
    }
    crossing = min(
        start + int(np.argmax(series[key][start:] >= value)) for key, value in lowest.items()
    )
    for now in range(start + 5, crossing, 5):
        seen = np.stack([series[key][: now + 1][-model.history_minutes :] for key in model.inputs])
        begin = start - (now - model.history_minutes + 1)
        seen[[model.inputs.index("zhenhai/stage")], :begin] = np.nan
        found = predict(model, seen, world.first + 60 * now)
        medians = {
            key: max(row[model.probabilities.index(0.5)] for row in answer.values)
            for key, answer in found.items()
            if not isinstance(answer, NoForecast)
        }
        if any(medians.get(key, -9.0) >= value for key, value in lowest.items()):
            break
    assert 20 <= now - start <= 45
    assert 60 <= crossing - now <= 180
