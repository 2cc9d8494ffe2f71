"""The report over HTTP: as a page, as a PDF, of now and of an earlier time."""

import re
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest

from console.report.dossier import compile_report
from console.report.facts import GapKind
from console.report.gather import World
from forewarn.domain.clock import ManualClock
from forewarn.domain.desk import Act, Action
from forewarn.domain.logbook import Category, Entry
from forewarn.storage import incidents, log


@pytest.fixture
def busy(world: Any, now: Any) -> Any:
    """Return the world with a warning, an act and an entry."""
    world.observe("weir/stage", *[(now - k * timedelta(minutes=1), 8.1, 1) for k in range(1, 60)])
    world.forecast(now)
    sent = world.alert(1, sent=now - timedelta(minutes=9))
    act = Action(at=now, author="kim", act=Act.ACK, incident=sent.incident)
    incidents.act(world.connection, act)
    entry = Entry(
        key="a" * 16,
        at=now,
        noted=now,
        author="lee",
        category=Category.MEASURE,
        text="<Gate> 3 closed. 闸门已关闭",
    )
    log.add_entry(world.connection, entry)
    return world


def text_of(client: Any, query: str = "", status: int = 200) -> str:
    found, headers, body = client.get(f"/report{query}")
    assert found == status, body
    if status == 200:
        assert headers["content-type"].startswith("text/html")
    return str(body.decode())


@pytest.mark.usefixtures("busy")
def test_the_page_says_all_and_needs_no_script(serve: Any, database: str, now: Any) -> None:
    client = serve(database)
    page = text_of(client)
    assert not re.search(r"<script|<style|\bstyle=|\bon\w+=", page)
    for words in (
        "EXERCISE – this is not a real warning",
        "River, town and every number are made up",
        "In force: 1 (1 yellow)",
        "acknowledged by kim 11:00",
        "13:35 (13:05 – 14:20)",
        "p = 0.83",
        "&lt;Gate&gt; 3 closed. 闸门已关闭",
        "weir/stage +0.60 m in 60 min",
        "Instruments that never reported (1): Hill hill/rain.",
        "Has thresholds but no assessment (1): Mill Lane underpass dip/depth.",
        "Nobody was told by the chain.",
        "a guest who did not sign in",
    ):
        assert words in page, words
    assert page.count("<svg") == 2
    one = text_of(client, "?incident=test.flood/1&language=zh")
    assert "单起事件情况报告" in one
    assert 'lang="zh-CN"' in one


@pytest.mark.usefixtures("busy")
def test_an_earlier_time_tells_what_was_in_force_then(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    world.alert(2, msg_type="Cancel", sent=now + timedelta(minutes=10))
    client = serve(database, clock=ManualClock(now + timedelta(minutes=20)))
    before, during, after = (
        text_of(client, f"?at=2026-07-12T{time}Z") for time in ("02:45:00", "03:05:00", "03:15:00")
    )
    assert "No warning is in force." in before
    assert "not an all-clear" in before
    assert "In force: 1 (1 yellow)" in during
    assert "of that time are not kept" in during
    assert "No warning is in force." in after
    assert "No warning is in force." in text_of(client)
    ended = text_of(client, "?incident=test.flood.weir-stage")
    assert "not in force any more" in ended
    assert "No warning is in force." in ended


@pytest.mark.usefixtures("busy")
def test_what_ran_out_is_not_in_force_though_nobody_wrote_it_down(
    serve: Any, database: str, now: Any
) -> None:
    client = serve(database, clock=ManualClock(now + timedelta(hours=6)))
    assert "No warning is in force." in text_of(client)
    assert "In force: 1 (1 yellow)" in text_of(client, "?at=2026-07-12T05:00:00Z")


@pytest.mark.usefixtures("busy")
def test_the_pdf_has_the_same_in_both_languages_with_page_numbers(
    serve: Any, database: str
) -> None:
    client = serve(database)
    for language, words in (
        ("en", ("EXERCISE", "Situation report", "In force: 1 (1 yellow)", "Page 1 of 2")),
        ("zh", ("演习", "情况报告", "生效 1 起", "第 1 页，共 2 页", "闸门已关闭")),
    ):
        status, headers, body = client.get(f"/report.pdf?language={language}")
        assert (status, headers["content-type"]) == (200, "application/pdf")
        made = pypdfium2.PdfDocument(body)
        width, height = made[0].get_size()
        assert (round(width), round(height)) == (595, 842), "A4"
        text = "".join(made[k].get_textpage().get_text_range() for k in range(len(made)))
        made.close()
        for word in words:
            assert word in text, (word, text)


def test_an_assessment_that_cannot_be_read_is_a_gap(site: Any, busy: Any, now: Any) -> None:
    busy.connection.execute("UPDATE assessment SET body = '{}'")
    world = World(now=now, speed=1.0, replay=False)
    facts = compile_report(busy.connection, site, world, by="kim").facts
    unjudged = [gap.key for gap in facts.gaps if gap.kind is GapKind.UNJUDGED]
    assert unjudged == ["weir/stage", "dip/depth"]
    assert [force.outlook for force in facts.force] == [None]


def test_an_incident_that_cannot_be_read_is_said(serve: Any, database: str, busy: Any) -> None:
    client = serve(database)
    busy.connection.execute("UPDATE incident SET highest = 9")
    assert "cannot be read" in client.json("/report", 500)["error"]


def test_what_is_not_there_or_still_to_come_is_refused(serve: Any, database: str) -> None:
    client = serve(database)
    for query, status in (
        ("?incident=nobody", 404),
        ("?incident=%00", 404),
        ("?at=2026-07-13T00:00:00Z", 400),
        ("?at=2020-07-13T00:00:00Z", 400),
        ("?at=soon", 400),
        ("?language=ko", 400),
    ):
        assert client.json(f"/report{query}", status)["error"], query
        assert client.json(f"/report.pdf{query}", status)["error"], query
