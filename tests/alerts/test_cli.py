import json
import threading
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from alerts import AlertError
from alerts.acts import COMMANDS, span
from alerts.cap import check
from alerts.cli import default_status, main
from alerts.desk import Desk
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from alerts.listing import width
from forewarn.domain.clock import REAL, ManualClock, WorldClock
from forewarn.domain.codec import encode
from forewarn.domain.desk import ApprovalRule
from forewarn.domain.drill import Unfit
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Assessment
from forewarn.domain.station import Site
from forewarn.storage import connect, store_assessments
from forewarn.storage.incidents import actions, incident, waiting_actions

Assess = Callable[..., Assessment]
Run = Callable[..., str]

INCIDENT = "testford.flood.town-stage.20260711T0900"

SITE = """
id = "testford"
name = "Testford"
timezone = "Asia/Shanghai"
gateways = ["gw"]
area = []
station = []
"""


SITE_WITH_A_GAUGE = """
id = "testford"
name = "Testford"
timezone = "Asia/Shanghai"
gateways = ["gw"]
[[area]]
id = "west"
name = "West bank"
polygon = [[29.4, 121.8], [29.4, 122.0], [29.5, 122.0], [29.4, 121.8]]
[[station]]
id = "town"
name = "Town bridge"
area = "west"
latitude = 29.45
longitude = 121.9
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
thresholds = [{ value = 9.5, level = "orange", label = "flood" }]
"""


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    database: str,
    start: datetime,
) -> Run:
    """Return a function that runs `forewarn alerts` five minutes after the start."""
    monkeypatch.setattr("alerts.acts.PATIENCE_S", 1.0)
    (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
    now = start + timedelta(minutes=5)
    clock = WorldClock(now, datetime.now(now.tzinfo).timestamp(), 1.0)
    monkeypatch.setenv("FOREWARN_CLOCK", clock.variable())
    monkeypatch.setenv("FOREWARN_SITE", str(tmp_path))
    monkeypatch.setenv("FOREWARN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("FOREWARN_DATABASE_URL", database)

    def command(*args: str) -> str:
        assert main(list(args)) == 0
        return capsys.readouterr().out

    return command


@pytest.fixture
def two_alerts(database: str, site: Site, assess: Assess, start: datetime) -> None:
    """Let a blue and then a red warning be sent for town, and a blue one for mill."""
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, ManualClock(start), lambda: None)
    keeper.take([encode(assess(0, blue=0.8)), encode(assess(0, blue=0.9, red=0.6))])
    keeper.take([encode(assess(0, blue=0.7, lead=45, datastream="mill/stage"))])
    keeper.close()


@pytest.mark.usefixtures("two_alerts")
def test_list_is_a_table_of_what_stands_in_the_time_of_the_place(run: Run) -> None:
    header, mill, town, empty, note = run("list").splitlines()
    assert header.split("  ")[0] == "LEVEL"
    assert mill.split("  ")[0] == "BLUE"
    for words in ("RED", "in force", "town/stage", "11 Jul 2026 11:00", "1 h 59 min", "60%"):
        assert words in town
    assert town.endswith(f"{INCIDENT}.2")
    assert (empty, note) == ("", "times in Asia/Shanghai (CST)")
    assert header.index("ID") == town.index(INCIDENT)


@pytest.mark.usefixtures("two_alerts")
def test_list_all_has_what_was_replaced_too(run: Run) -> None:
    assert "replaced" in run("list", "--all")
    rows = json.loads(run("list", "--all", "--json"))
    assert [row["identifier"] for row in rows if row["datastream"] == "town/stage"] == [
        f"{INCIDENT}.2",
        f"{INCIDENT}.1",
    ]
    assert "cap" not in rows[0]


def test_an_empty_list_says_so(run: Run) -> None:
    assert run("list") == "no alert stands; --all shows past ones\n"
    assert run("list", "--json") == "[]\n"


@pytest.mark.usefixtures("two_alerts")
def test_show_takes_a_message_or_an_incident_and_prints_its_cap(run: Run) -> None:
    shown = run("show", INCIDENT)
    assert shown.startswith(f"{INCIDENT}.2\n  Red flood warning: Town bridge stage")
    assert "expires       11 Jul 2026 12:00" in shown
    assert f"refers to     {INCIDENT}.1" in shown
    xml = run("show", f"{INCIDENT}.1", "--cap").strip().encode()
    assert check(xml) == []
    assert etree.fromstring(xml).findtext("{*}identifier") == f"{INCIDENT}.1"


@pytest.mark.usefixtures("two_alerts")
def test_ack_is_kept_for_the_incident(run: Run) -> None:
    said = run("ack", INCIDENT, "--by", "李伟", "--comment", "gates closed")
    assert said.startswith(
        f"{INCIDENT} acknowledged by 李伟 at 11 Jul 2026 09:05 Asia/Shanghai: gates closed"
    )
    lines = run("list").splitlines()
    assert "李伟" in lines[2]
    assert width(lines[0][: lines[0].index("ID")]) == width(lines[2][: lines[2].index(INCIDENT)])


@pytest.mark.usefixtures("two_alerts")
def test_acts_are_kept_with_their_incident_and_say_what_happened(run: Run, database: str) -> None:
    by = ("--by", "Li Wei")
    said = run("assign", f"{INCIDENT}.1", *by, "--to", "pump crew")
    assert (
        said == f"{INCIDENT}: assign by Li Wei at 11 Jul 2026 09:05 Asia/Shanghai (to pump crew)\n"
    )
    run("escalate", INCIDENT, *by)
    run("comment", INCIDENT, *by, "--text", "gate 3 is closed")
    run("shelve", INCIDENT, *by, "--reason", "crew there", "--for", "2h")
    with connect(database) as connection:
        found = incident(connection, INCIDENT)
        assert found is not None
        assert (found.assigned_to, found.escalations) == ("pump crew", 1)
        assert found.shelved_until is not None
        assert [a.act.value for a in actions(connection, INCIDENT)][-2:] == ["comment", "shelve"]
    run("unshelve", INCIDENT, *by)
    run("ack", INCIDENT, *by)
    run("unack", INCIDENT, *by)
    with connect(database) as connection:
        found = incident(connection, INCIDENT)
    assert found is not None
    assert (found.shelved_until, found.acked_by) == (None, "")


@pytest.mark.usefixtures("two_alerts")
def test_cancel_waits_for_the_service_and_tells_its_answer(
    run: Run, database: str, site: Site, start: datetime
) -> None:
    """The service is a thread here that ticks as the real one does."""
    done = threading.Event()
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, ManualClock(start + timedelta(minutes=5)), lambda: None)

    def serve() -> None:
        while not done.wait(0.02):
            keeper.tick()

    service = threading.Thread(target=serve)
    service.start()
    try:
        asked = ("cancel", INCIDENT, "--by", "Li", "--reason", "gauge is broken", "--for", "3h")
        assert f"{INCIDENT}: cancel by Li at 11 Jul 2026 09:05" in run(*asked)
        with pytest.raises(AlertError, match="refused: no warning of this incident stands"):
            run(*asked)
    finally:
        done.set()
        service.join()
        keeper.close()
    shown = run("show", INCIDENT, "--cap")
    assert "Cancelled by the duty officer: gauge is broken." in shown
    with connect(database) as connection:
        assert waiting_actions(connection) == []
        found = incident(connection, INCIDENT)
    assert found is not None
    assert found.state == "cancelled"


@pytest.mark.usefixtures("two_alerts")
def test_an_act_that_nobody_carries_out_says_that_it_waits(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.acts.PATIENCE_S", 0.2)
    with pytest.raises(AlertError, match="the act waits for it"):
        run("cancel", INCIDENT, "--by", "Li", "--reason", "r")
    with pytest.raises(AlertError, match="an empty text"):
        run("comment", INCIDENT, "--by", "Li", "--text", " ")


def test_a_draft_is_listed_and_approved_by_its_own_name(
    run: Run, database: str, site: Site, assess: Assess, start: datetime
) -> None:
    careful = replace(site, approvals=(ApprovalRule(levels=("red",), people=2),))
    desk = Desk(careful, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, ManualClock(start), lambda: None)
    keeper.take([encode(assess(0, red=0.9))])
    *_, note, line = run("list").splitlines()
    assert note == "waiting for people, not told yet"
    assert line.startswith(f"  {INCIDENT}.d1  0 of 2 approved, else issue at 11 Jul 2026 09:05")
    with pytest.raises(AlertError, match=f"that you have looked at: {INCIDENT}.d1  Red flood"):
        run("approve", INCIDENT, "--by", "Li")
    with pytest.raises(AlertError, match="did not answer"):
        run("approve", f"{INCIDENT}.d1", "--by", "Li")
    with connect(database) as connection:
        [asked] = waiting_actions(connection)
    assert (asked.act, asked.detail) == ("approve", {"draft": f"{INCIDENT}.d1"})
    keeper.tick()
    keeper.close()
    assert "1 of 2 approved" in run("list")


def test_a_silence_has_an_author_a_reason_and_an_end(run: Run) -> None:
    assert run("silence", "list") == "nothing is silent\n"
    asked = ("--by", "Li", "--reason", "crew there", "--for", "2h", "--datastream", "town/*")
    said = run("silence", "add", *asked)
    assert "silence  town/*  up to orange  11 Jul 2026 09:05 to 11 Jul 2026 11:05  Li: crew" in said
    assert run("silence", "list") == said
    number = said.split()[0]
    assert run("silence", "end", number, "--by", "Wei") == f"silence {number} ended by Wei\n"
    assert run("silence", "list") == "nothing is silent\n"
    with pytest.raises(AlertError, match="no silence 99 runs"):
        run("silence", "end", "99", "--by", "Wei")
    with pytest.raises(Unfit, match="needs a reason"):
        run("silence", "add", "--by", "Li", "--reason", " ", "--for", "2h")


def test_a_maintenance_says_which_judgements_it_touches(
    run: Run, database: str, assess: Assess
) -> None:
    with connect(database) as connection:
        store_assessments(connection, [assess(0), assess(0, datastream="mill/stage")])
    asked = ("--maintenance", "--by", "Wu", "--reason", "new cable", "--for", "3h")
    run("silence", "add", *asked, "--datastream", "mill/*")
    first, held, degraded = run("silence", "list").splitlines()
    assert "maintenance  mill/*  11 Jul 2026 09:05 to 11 Jul 2026 12:05  Wu: new" in first
    assert held.strip() == "counts for nothing: mill/stage"
    assert degraded.strip() == "degraded, never lower: town/stage"
    with pytest.raises(Unfit, match="names no station"):
        run("silence", "add", *asked)
    with pytest.raises(AlertError, match="with --datastream alone"):
        run("silence", "add", *asked, "--datastream", "mill/*", "--area", "west")
    with pytest.raises(Unfit, match="later than 7 days"):
        run("silence", "add", "--by", "Li", "--reason", "x", "--for", "8d")


def test_a_drill_is_started_listed_and_ended(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site.toml").write_text(SITE_WITH_A_GAUGE, encoding="utf-8")
    assert run("drill", "list") == "no drill runs\n"
    asked = ("--by", "Li", "--reason", "spring", "--area", "west", "--hazard", "flood")
    said = run("drill", "start", *asked, "--level", "orange", "--for", "10m", "--siren")
    assert "runs  west flood orange  sirens sound  11 Jul 2026 09:05" in said
    assert said.strip().endswith("09:15  Li: spring")
    assert run("drill", "list") == said
    assert "ended by Wei" in run("drill", "end", said.split()[0], "--by", "Wei")
    assert "is being ended" in run("drill", "list"), "until everybody is told"
    with pytest.raises(AlertError, match="no drill 1 runs"):
        run("drill", "end", "1", "--by", "Wei")
    with pytest.raises(Unfit, match="nothing in `west` has a threshold for red of `flood`"):
        run("drill", "start", *asked, "--level", "red")
    monkeypatch.delenv("FOREWARN_SITE")
    with pytest.raises(AlertError, match="which site"):
        run("drill", "start", *asked, "--level", "orange")


def test_spans_are_numbers_with_a_unit() -> None:
    assert [span(text) for text in ("30m", "2h", "1d")] == [
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(days=1),
    ]
    for text in ("", "h", "0h", "-1h", "1", "1w", "99999d"):
        with pytest.raises(ArgumentTypeError, match="give minutes, hours or days"):
            span(text)


@pytest.mark.usefixtures("two_alerts")
@pytest.mark.parametrize("command", [("show",), ("ack", "--by", "me")])
def test_an_unknown_id_is_answered_with_those_like_it(run: Run, command: tuple[str, ...]) -> None:
    with pytest.raises(AlertError, match=rf"no alert `{INCIDENT}.7`; did you mean {INCIDENT}"):
        run(*command, f"{INCIDENT}.7")


def test_an_unknown_id_in_an_empty_database(run: Run) -> None:
    with pytest.raises(AlertError, match="there are no alerts yet"):
        run("show", "x")


def test_without_a_database_the_error_says_what_to_set(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOREWARN_DATABASE_URL")
    with pytest.raises(ConfigError, match="set FOREWARN_DATABASE_URL"):
        run("list")


def test_the_service_wants_a_site(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOREWARN_SITE")
    with pytest.raises(ConfigError, match="--site sites/han"):
        run("run")


@pytest.mark.parametrize("command", ["list", "show", "ack", "run", "silence", "drill", *COMMANDS])
def test_every_command_helps_with_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"examples:\n  forewarn alerts {command}" in capsys.readouterr().out


def test_only_the_real_world_is_warned_in_earnest(site: Site, start: datetime) -> None:
    assert default_status(site, REAL) == "Actual"
    assert default_status(replace(site, invented="the river"), REAL) == "Exercise"
    assert default_status(site, WorldClock(start, 0.0, 1.0)) == "Exercise"
    assert default_status(site, WorldClock(REAL.epoch, 0.0, 60.0)) == "Exercise"
