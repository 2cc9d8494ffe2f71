"""The siren channel against a simulated controller on real Modbus TCP."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from alerts import ChannelError
from alerts.channels import siren as siren_module
from alerts.channels.siren import Siren, SirenChannel, load_sirens
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import AlertMessage, Level
from forewarn.domain.station import Site
from simulators.modbus import TcpBus
from simulators.scenario import SirenPlan, load_instruments
from simulators.siren import Siren as Controller

SENT = datetime(2026, 7, 11, 1, 0, tzinfo=UTC)
RED = AlertMessage(
    identifier="i.1",
    incident="i",
    msg_type="Alert",
    status="Actual",
    sent=SENT,
    expires=SENT + timedelta(hours=2),
    area="west",
    hazard="flood",
    datastream="town/stage",
    level=Level.RED,
    previous_level=Level.NONE,
    headline="",
    probability=None,
    onset=None,
    lead_s=None,
    threshold=None,
    references=[],
    cap="",
)


class Bench:
    """A controller, a channel to it, and a clock of both."""

    def __init__(self, url: str, controller: Controller, **settings: object) -> None:
        self.controller, self.seconds = controller, 0.0
        given = {"id": "quay", "areas": ("west",), "url": url, "coil": 0, "limit_register": 0}
        self.siren = Siren(**{**given, "max_on_s": 180, **settings})  # type: ignore[arg-type]
        self.channel = self.another()

    def another(self) -> SirenChannel:
        return SirenChannel(self.siren, lambda: self.seconds)

    def deliver(self, message: AlertMessage, *standing: AlertMessage) -> bool:
        self.channel.deliver(message, lambda: standing or (message,))
        return self.controller.sounding


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(siren_module, "TIMEOUT_S", 0.1)
    monkeypatch.setattr(siren_module, "RETRIES", 0)
    made: list[Bench] = []
    controller = Controller(lambda: made[0].seconds if made else 0.0)
    bus, loop = TcpBus({1: controller}), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    url = asyncio.run_coroutine_threadsafe(bus.open(), loop).result(5)
    made.append(Bench(url, controller))
    yield made[0]
    asyncio.run_coroutine_threadsafe(bus.close(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def test_it_sounds_once_for_a_level_and_again_for_a_higher_one(bench: Bench) -> None:
    orange = replace(RED, level=Level.ORANGE)
    assert bench.deliver(orange)
    assert bench.controller.holding(0, 1) == [180]
    bench.seconds = 100
    bench.channel.keep(lambda: [orange])
    bench.seconds = 300
    bench.channel.keep(lambda: [orange])
    assert not bench.controller.sounding
    renewed = replace(orange, identifier="i.2", msg_type="Update", previous_level=Level.ORANGE)
    assert not bench.deliver(renewed)
    assert bench.deliver(replace(RED, identifier="i.3", previous_level=Level.ORANGE))
    assert bench.controller.blasts == 2


def test_it_ends_with_the_incident_and_after_its_time(bench: Bench) -> None:
    assert bench.deliver(RED)
    cancel = replace(RED, identifier="i.2", msg_type="Cancel", level=Level.NONE)
    bench.channel.deliver(cancel, list)
    assert not bench.controller.sounding
    bench.channel.keep(list)
    assert bench.deliver(RED)
    bench.seconds = 180
    assert not bench.controller.sounding, "by itself: nothing was sent"


@pytest.mark.parametrize(
    "message",
    [
        replace(RED, status="Exercise"),
        replace(RED, level=Level.YELLOW),
        replace(RED, area="east"),
        replace(RED, hazard="parking"),
    ],
)
def test_it_keeps_silent_for_what_is_not_its_business(bench: Bench, message: AlertMessage) -> None:
    assert not bench.deliver(message)
    assert bench.controller.blasts == 0


def test_an_exercise_sounds_where_the_siren_takes_part(bench: Bench) -> None:
    bench.channel = SirenChannel(replace(bench.siren, exercises=True))
    assert bench.deliver(replace(RED, status="Exercise"))


@pytest.mark.parametrize("takes_part", [False, True])
def test_in_a_drill_it_sounds_only_where_the_drill_says_so(bench: Bench, takes_part: bool) -> None:
    bench.siren = msgspec.structs.replace(bench.siren, exercises=takes_part)
    bench.channel = bench.another()
    drill = replace(RED, status="Exercise", drill="7", incident="d", identifier="d.1")
    assert not bench.deliver(drill)
    assert bench.deliver(RED, RED, drill), "the real one sounds all the same"
    cancel = replace(RED, identifier="i.2", msg_type="Cancel", level=Level.NONE)
    assert not bench.deliver(cancel, drill), "the drill that stands does not keep it on"
    assert bench.deliver(replace(drill, siren=True))


def test_a_warning_that_is_over_before_the_siren_answered_makes_no_noise(bench: Bench) -> None:
    bench.channel.deliver(RED, list)
    assert bench.controller.blasts == 0
    lower = replace(RED, identifier="i.2", level=Level.ORANGE, previous_level=Level.RED)
    assert bench.deliver(RED, lower), "it never sounded, and there is still reason to"


@pytest.mark.parametrize("trouble", ["silence", "garbage"])
def test_a_controller_in_trouble_leaves_the_message_pending(bench: Bench, trouble: str) -> None:
    bench.controller.trouble = trouble
    with pytest.raises(ChannelError, match=r"siren quay at tcp://.*, unit 1"):
        bench.deliver(RED)
    bench.controller.trouble = None
    assert bench.deliver(RED)


def test_a_missing_controller_or_unit_is_named(bench: Bench) -> None:
    nobody = SirenChannel(replace(bench.siren, url="tcp://127.0.0.1:1"))
    with pytest.raises(ChannelError, match="nobody answers"):
        nobody.deliver(RED, lambda: [RED])
    with pytest.raises(ChannelError, match="unit 9"):
        SirenChannel(replace(bench.siren, unit=9)).deliver(RED, lambda: [RED])


def test_a_horn_that_does_not_sound_is_noticed(bench: Bench) -> None:
    bench.controller.failed = True
    with pytest.raises(ChannelError, match="did not go on: it still shows off"):
        bench.deliver(RED)


def test_at_its_start_it_ends_what_nobody_wants_and_keeps_what_is_due(bench: Bench) -> None:
    bench.deliver(RED)
    after = bench.another()
    after.keep(lambda: [RED])
    assert bench.controller.sounding
    bench.another().keep(list)
    assert not bench.controller.sounding


def test_the_file_of_the_sirens(tmp_path: Path, site: Site) -> None:
    assert load_sirens(tmp_path, site) == ()
    file = tmp_path / "sirens.toml"
    text = (
        '[[siren]]\nid = "quay"\nareas = ["west"]\nurl = "tcp://10.0.0.5:502"\n'
        "coil = 0\nlimit_register = 0\nmax_on_s = 180\n"
    )
    file.write_text(text)
    assert load_sirens(tmp_path, site)[0].levels == ("orange", "red")
    for old, new, words in (
        ('"west"', '"wset"', "no area"),
        ("tcp:", "http:", "is not like"),
        ("max_on_s", "max_on", "Did you mean"),
        ("max_on_s = 180\n", text + "max_on_s = 180\n", "overwrite"),
    ):
        file.write_text(text.replace(old, new))
        with pytest.raises(ConfigError, match=words):
            load_sirens(tmp_path, site)


def test_a_simulated_siren_is_found_where_the_simulators_say(bench: Bench, tmp_path: Path) -> None:
    devices = tmp_path / "devices.json"
    simulated = replace(bench.siren, url="device:sirens")
    channel = SirenChannel(simulated, lambda: bench.seconds, devices)
    with pytest.raises(ChannelError, match=r"no such line in .*devices\.json"):
        channel.deliver(RED, lambda: [RED])
    devices.write_text(json.dumps({"sirens": bench.siren.url}))
    channel.deliver(RED, lambda: [RED])
    assert bench.controller.sounding


def test_the_sirens_of_the_demonstration_sound_for_its_exercises() -> None:
    folder = Path(__file__).parents[2] / "sites" / "yongjiang"
    site, instruments = load_instruments(folder)
    sirens = load_sirens(folder, site)
    units = {p.unit for p in instruments.instruments if isinstance(p, SirenPlan)}
    assert {(s.url, s.unit) for s in sirens} == {("device:sirens", unit) for unit in units}
    exercise = replace(RED, status="Exercise", area="city")
    assert [s.id for s in sirens if s.calls(exercise)] == ["sanjiangkou"]
