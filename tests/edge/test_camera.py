"""The driver `camera`: medians, flows, and a vision process that crashes, hangs and grows."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.cameras.scene import CountLine, Parking, People, Report, Scene, Staff, Zone
from edge.drivers.camera.config import CameraConfig
from edge.drivers.camera.decode import Pictures, Value
from edge.drivers.camera.driver import CameraDriver
from edge.drivers.contract import Answer
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Quality
from tests.edge.instruments import PROFILES, lines, until

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SQUARE = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def config(**more: Any) -> CameraConfig:
    given: dict[str, Any] = {"people": People(property="people")}
    common = {"device": "cam", "station": "plaza", "interval": timedelta(minutes=1)}
    return CameraConfig(**(common | given | more))


def driver(script: str, clock: ManualClock, **more: Any) -> CameraDriver:
    """Return a driver whose vision process is a script in Python."""
    command = [sys.executable, "-S", "-c", "import sys, time\nsys.stdin.readline()\n" + script]
    found = lines(cam="http://127.0.0.1:9/shot.jpg")
    return CameraDriver("cam", config(**more), found, clock, command)


def say(*reports: Report) -> str:
    import msgspec

    told = [msgspec.json.encode(report).decode() for report in reports]
    return f"for line in {told!r}: print(line, flush=True)\n"


async def ask(camera: CameraDriver, clock: ManualClock) -> Answer:
    await clock.advance(timedelta(minutes=1))
    return await camera.read()


def test_the_median_of_an_interval_dated_at_its_end() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        seen = [Report(seconds=0.5, values={"people": float(n)}) for n in (6, 7, 7, 40, 7)]
        camera = driver(say(*seen) + "time.sleep(60)", clock)
        assert (await camera.read()).remark == "not started yet"
        await until(lambda: len(camera._pictures._reports) == 5)
        answer = await ask(camera, clock)
        again = await camera.read()
        await camera.aclose()
        [people] = answer.observations
        assert (people.datastream, people.result, people.quality) == ("plaza/people", 7.0, 2)
        assert people.phenomenon_time == NOON + timedelta(minutes=1)
        assert again.observations == []

    asyncio.run(run())


def test_night_is_missing_and_never_nobody() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        night = Report(seconds=0.5, values={"people": None}, faults=("dark or covered",))
        camera = driver(say(*[night] * 3) + "time.sleep(60)", clock)
        await camera.read()
        await until(lambda: len(camera._pictures._reports) == 3)
        answer = await ask(camera, clock)
        shown = await camera.probe()
        await camera.aclose()
        [people] = answer.observations
        assert (people.result, people.quality) == (None, Quality.MISSING)
        assert answer.remark == "dark or covered"
        assert [line.result for line in shown] == ["dark or covered", "plaza/people = missing"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("script", "more", "why"),
    [
        ("sys.exit(3)", {}, "ended with 3"),
        ("import os; os.abort()", {}, "ended with -6"),
        ("time.sleep(60)", {"silent_after_s": 0.3}, "silent for"),
        ("keep = b'x' * 150_000_000; time.sleep(60)", {"memory_mb": 100.0}, "MB, more than 100"),
    ],
    ids=["exit", "crash", "hang", "growth"],
)
def test_a_vision_process_that_fails_is_named_and_started_again(
    script: str, more: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.drivers.camera.vision.LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("edge.drivers.camera.vision.RESTART_MIN_S", 0.05)

    async def run() -> None:
        camera = driver(script, ManualClock(NOON), **more)
        await camera.read()
        await until(lambda: why in camera.vision.trouble)
        assert why in (await camera.read()).remark
        await until(lambda: camera.vision.starts >= 2)
        await camera.aclose()

    asyncio.run(run())


def test_garbage_and_trouble_between_reports() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        script = "print('{not json', flush=True)\nprint('x' * 100_000, flush=True)\n"
        script += say(Report(values={"people": 3.0}), Report(trouble="no picture for 5 s"))
        camera = driver(script + "time.sleep(60)", clock)
        await camera.read()
        await until(lambda: camera.vision.trouble == "no picture for 5 s")
        answer = await ask(camera, clock)
        await camera.aclose()
        assert [o.result for o in answer.observations] == [3.0]
        assert answer.remark == "no picture for 5 s"

    asyncio.run(run())


def test_flows_are_over_their_window_and_missing_until_half_of_it_was_followed() -> None:
    pictures = Pictures(["people", "in"], ["in"], flow_over_s=60)
    step = Report(seconds=1.0, values={"people": 4.0}, crossings={"in": 1})
    for _ in range(20):
        pictures.take(step)
    assert pictures.close()["in"] == Value(None)
    for _ in range(20):
        pictures.take(step)
    assert pictures.close()["in"] == Value(60.0)
    for _ in range(60):
        pictures.take(Report(seconds=1.0, values={"people": 4.0}, crossings={"in": 0}))
    assert pictures.close()["in"] == Value(0.0)
    for _ in range(40):
        pictures.take(Report(seconds=1.0, values={"people": None}))
    assert pictures.close() == {"people": Value(None), "in": Value(None)}
    assert pictures.close() == {}


def test_doubt_in_most_pictures_is_doubt() -> None:
    pictures = Pictures(["stage"], [])
    for suspect in ((), ("stage",), ("stage",)):
        pictures.take(Report(values={"stage": 1.0}, suspect=suspect, faults=suspect and ("rain",)))
    assert pictures.faults() == ["rain"]
    assert pictures.close() == {"stage": Value(1.0, True)}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"people": None}, "nothing to look at"),
        ({"people": People(property="a", zones=(Zone(property="a", polygon=SQUARE),))}, "twice"),
        (
            {"people": People(property="a", zones=(Zone(property="b", polygon=SQUARE[:1] * 3),))},
            "no area",
        ),
        (
            {
                "people": People(
                    property="a", zones=(Zone(property="b", polygon=SQUARE, density="c"),)
                )
            },
            "`density` needs 4 points",
        ),
        ({"people": People(property="a", lines=(CountLine(start=(1, 1), end=(1, 1)),))}, "same"),
        ({"parking": Parking(property="n", bays=())}, "`bays` is empty"),
        ({"parking": Parking(property="n", bays=(((0, 0), (9, 9), (0, 9), (9, 0)),))}, "bay 1"),
        ({"parking": Parking(property="n", bays=(SQUARE,), model="no.json")}, "no file no.json"),
        ({"staff": Staff(property="s", ticks=((0, 0, 1.0), (0, 9, 2.0)))}, "needs 3 or more"),
        ({"people": People(property="a", model="gone.onnx")}, "no file gone.onnx"),
        ({"reference": "gone.png"}, "no file gone.png"),
    ],
)
def test_mistakes_of_a_camera_are_named(more: dict[str, Any], message: str) -> None:
    assert any(message in mistake for mistake in config(**more).mistakes(PROFILES))


def test_a_real_vision_process_over_a_folder_of_pictures(tmp_path: Path) -> None:
    import cv2

    from simulators.cameras.figures import CarPark

    bay = ((20.0, 20.0), (90.0, 20.0), (90.0, 160.0), (20.0, 160.0))
    for number in range(2):
        picture, _ = CarPark([bay], seed=1).picture(1)
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)

    async def run() -> None:
        clock = ManualClock(NOON)
        parking = Parking(property="occupied", bays=(bay,))
        seen = config(people=None, parking=parking, frames_per_s=20.0)
        camera = CameraDriver("cam", seen, lines(cam=f"file://{tmp_path}"), clock)
        await camera.read()
        await until(lambda: len(camera._pictures._reports) >= 3, within_s=30)
        answer = await ask(camera, clock)
        shown = await camera.probe()
        await camera.aclose()
        assert [(o.datastream, o.result) for o in answer.observations] == [("plaza/occupied", 1.0)]
        assert shown[0].raw.startswith("150x220")

    asyncio.run(run())


def test_a_plan_survives_the_pipe() -> None:
    import msgspec

    scene = config(
        people=People(property="a", lines=(CountLine(start=(0, 0), end=(1, 1)),))
    ).scene()
    assert msgspec.json.decode(msgspec.json.encode(scene), type=Scene) == scene
    assert json.loads(msgspec.json.encode(Report())) == {}
