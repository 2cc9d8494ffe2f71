"""A report's content: what is missing is said, and nothing that ended reads as in force."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from console.report.document import Document, Section, Table, Text
from console.report.dossier import farthest
from console.report.drawing import Path, svg
from console.report.facts import Facts, Gap, GapKind, Named
from console.report.gaps import MANY, gaps
from console.report.gather import headlines
from console.report.hydrograph import Gauge, hydrograph, ticks, worth_drawing
from console.report.names import Names
from console.report.outlooks import highlights, outlooks
from console.report.paper import paper, runs
from console.report.routes import language_of
from console.report.standing import in_force, incident_then
from console.report.words import HAZARDS, LEVELS, WORDS, Speech
from console.report.writing import in_force as in_force_blocks
from console.report.writing import unknown
from forewarn.domain.desk import Act, Action
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.hazard import (
    AlertMessage,
    Assessment,
    Exceedance,
    Forecast,
    Level,
    Outcome,
    Threshold,
)
from forewarn.domain.paging import Kind, Told
from forewarn.storage import GatewayRow, Latest, RejectionCount, Sample

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ENGLISH, CHINESE = (Speech(name, "Asia/Shanghai", NOW) for name in ("en", "zh"))


def value(age: timedelta, quality: int = 1) -> Latest:
    return Latest("weir/stage", NOW - age, None if quality == 9 else 8.0, quality, NOW)


FRESH = {key: value(MINUTE) for key in ("weir/stage", "hill/rain")}


def assessment(**values: Any) -> Assessment:
    known = {
        "area": "town",
        "hazard": "flood",
        "datastream": "weir/stage",
        "issue_time": NOW,
        "outcome": Outcome.OK,
    }
    return Assessment(**(known | values))


def found(site: Any, **values: Any) -> list[Gap]:
    known: dict[str, Any] = {
        "values": FRESH,
        "assessed": {"weir/stage": assessment(), "dip/depth": assessment()},
        "at": NOW,
        "speed": 1.0,
        "maintained": [],
        "gateways": [gateway()],
        "rejected": [],
    }
    given_ = known | values
    return gaps(site, Names(site), given_.pop("values"), given_.pop("assessed"), **given_)


def gateway(online: bool = True, **instruments: str) -> GatewayRow:
    status = GatewayStatus(
        online=online, gateway="gw", version="1", boot_id="b", time=NOW, instruments=instruments
    )
    return GatewayRow(NOW - MINUTE, status)


def said(gaps_: list[Gap], speech: Speech) -> str:
    return " ".join(block.text for block in unknown(gaps_, speech) if isinstance(block, Text))


def test_where_nothing_is_missing_that_is_said(site: Any) -> None:
    assert found(site) == []
    assert "Every instrument" in said([], ENGLISH)
    assert "正常上报" in said([], CHINESE)


MISSING: list[tuple[GapKind, str, dict[str, Any]]] = [
    (GapKind.NEVER, "Hill", {"values": {"weir/stage": value(MINUTE)}}),
    (
        GapKind.SILENT,
        "Weir",
        {"values": FRESH | {"weir/stage": value(9 * MINUTE)}},
    ),
    (
        GapKind.DOUBTED,
        "Weir",
        {"values": FRESH | {"weir/stage": value(MINUTE, 3)}},
    ),
    (GapKind.GATEWAY_NEVER, "gw", {"gateways": []}),
    (GapKind.GATEWAY_OFFLINE, "gw", {"gateways": [gateway(False)]}),
    (GapKind.INSTRUMENT, "no answer", {"gateways": [gateway(weir="no answer")]}),
    (GapKind.REJECTED, "too far", {"rejected": [RejectionCount("gw", "too far", MANY, NOW)]}),
    (GapKind.UNJUDGED, "Mill Lane", {"assessed": {"weir/stage": assessment()}}),
    (
        GapKind.FAILED,
        "rain is dead",
        {
            "assessed": {
                "weir/stage": assessment(outcome=Outcome.FAILED, reason="rain is dead"),
                "dip/depth": assessment(),
            }
        },
    ),
    (
        GapKind.DEGRADED,
        "gauge late",
        {
            "assessed": {
                "weir/stage": assessment(outcome=Outcome.DEGRADED, reason="gauge late"),
                "dip/depth": assessment(),
            }
        },
    ),
    (
        GapKind.OUTDATED,
        "Weir",
        {
            "assessed": {
                "weir/stage": assessment(issue_time=NOW - timedelta(hours=1)),
                "dip/depth": assessment(),
            }
        },
    ),
    (GapKind.PAST, "not kept", {"gateways": None}),
]


@pytest.mark.parametrize(("kind", "word", "without"), MISSING)
def test_what_is_missing_is_said(
    site: Any, kind: GapKind, word: str, without: dict[str, Any]
) -> None:
    missing = found(site, **without)
    assert [gap.kind for gap in missing] == [kind]
    assert word in said(missing, ENGLISH)
    assert WORDS[f"gap {kind.value}"][1] in said(missing, CHINESE)


@given(st.lists(st.sampled_from(GapKind), max_size=30))
def test_no_gap_is_left_out_however_many_there_are(kinds: list[GapKind]) -> None:
    missing = [Gap(kind=k, name=Named(f"thing{n}.", "物")) for n, k in enumerate(kinds)]
    text = said(missing, ENGLISH)
    assert all(gap.name.name in text for gap in missing)


def test_what_is_worked_on_says_so(site: Any) -> None:
    [gap] = found(site, values={"hill/rain": value(MINUTE)}, maintained=["weir/*"])
    assert "(being worked on)" in said([gap], ENGLISH)


def message(**values: Any) -> AlertMessage:
    known = {
        "identifier": "m/1",
        "incident": "i1",
        "msg_type": "Alert",
        "status": "Actual",
        "sent": NOW,
        "expires": NOW + timedelta(hours=2),
        "area": "town",
        "hazard": "flood",
        "datastream": "weir/stage",
        "level": Level.ORANGE,
        "previous_level": Level.NONE,
        "headline": "Flood",
        "probability": 0.8,
        "onset": None,
        "lead_s": None,
        "threshold": None,
        "references": [],
        "cap": "",
    }
    return AlertMessage(**(known | values))


@given(st.sampled_from(["Alert", "Update", "Cancel"]), st.integers(-300, 300))
def test_what_ended_or_is_to_come_is_never_in_force(msg_type: str, minutes: int) -> None:
    at = NOW + minutes * MINUTE
    stands = in_force(message(msg_type=msg_type), at)
    assert stands == (msg_type != "Cancel" and 0 <= minutes < 120)


def test_acts_are_replayed_for_an_earlier_time() -> None:
    def act(name: Act, author: str = "kim", **detail: str) -> Action:
        return Action(at=NOW, author=author, act=name, incident="i1", detail=detail)

    done = [act(Act.ACK), act(Act.ACK, "lee"), act(Act.ASSIGN, to="lee")]
    then = incident_then(message(), NOW, [*done, act(Act.SHELVE, until="2026-07-12T05:00:00Z")])
    assert (then.acked_by, then.assigned_to) == ("kim", "lee")
    assert then.shelved_until == NOW + timedelta(hours=2)
    again = incident_then(message(), NOW, [*done, act(Act.UNACK), act(Act.SHELVE, until="soon")])
    assert (again.acked_by, again.acked_at, again.shelved_until) == ("", None, None)


def test_nothing_in_force_is_no_all_clear(site: Any) -> None:
    facts = Facts(
        site="River",
        timezone="UTC",
        invented="",
        replay=False,
        at=NOW,
        past=False,
        force=[],
        quiet=[],
        gaps=[],
        outlooks=[],
        judged=0,
        judgeable=2,
    )
    text = " ".join(block.text for block in in_force_blocks(facts, ENGLISH))  # type: ignore[union-attr]
    assert "not an all-clear" in text
    assert "0 of 2" in text


def test_highlights_leave_out_what_is_old_and_improbable(site: Any) -> None:
    def thought(probability: float, level: Level = Level.YELLOW, **values: Any) -> Assessment:
        exceeds = [
            Exceedance(level=level, threshold=8.5, label="flood advisory", probability=probability)
        ]
        return assessment(exceedances=exceeds, **values)

    def keys(**assessed: Assessment) -> list[str]:
        named = {key.replace("_", "/"): a for key, a in assessed.items()}
        return [o.key for o in highlights(outlooks(site, Names(site), named, NOW, 1.0))]

    assert keys(weir_stage=thought(0.09)) == []
    assert keys(weir_stage=thought(0.9, issue_time=NOW - timedelta(hours=2))) == []
    assert keys(weir_stage=thought(0.9), dip_depth=thought(0.6, Level.RED)) == [
        "dip/depth",
        "weir/stage",
    ]


def test_a_person_counts_once_with_the_farthest_state_until_then() -> None:
    def row(person: str, **times: Any) -> Told:
        return Told(
            person=person,
            incident="i1",
            state="orange",
            kind=Kind.PAGE,
            level=Level.ORANGE,
            step=0,
            progress="read",
            channel="sms",
            attempts=1,
            queued=NOW,
            **times,
        )

    rows = [row("kim", accepted=NOW, read=NOW + MINUTE), row("kim", failed=NOW), row("lee")]
    assert farthest(rows, NOW) == {"queued": 1, "accepted": 1}
    assert farthest(rows, NOW + MINUTE) == {"queued": 1, "read": 1}
    assert farthest(rows, NOW - MINUTE) == {}


def gauge(samples: list[float | None], forecast: list[list[float]]) -> Gauge:
    made = Forecast(
        area="town",
        datastream="weir/stage",
        issue_time=NOW,
        model="m",
        leads_s=[600 * (k + 1) for k in range(len(forecast))],
        probabilities=[0.1, 0.5, 0.9],
        values=forecast,
    )
    return Gauge(
        key="weir/stage",
        place=Named("Weir", "堰"),
        unit="m",
        at=NOW,
        samples=[
            Sample(NOW - (len(samples) - k) * MINUTE, v, 9 if v is None else 1)
            for k, v in enumerate(samples)
        ],
        forecast=made if forecast else None,
        thresholds=[Threshold(value=8.5, level="yellow", label="<advisory>")],
    )


metres = st.floats(-1e4, 1e4)


@given(
    st.lists(st.none() | metres, max_size=20),
    st.lists(st.tuples(metres, metres, metres).map(sorted), max_size=6),
)
def test_a_graph_stays_inside_its_frame(samples: list[float | None], ahead: list[Any]) -> None:
    drawn = hydrograph(
        gauge(samples, ahead), says="<&>", clock=[(NOW, "11:00")], labels={}, unit="m"
    )
    if drawn is None:
        assert not ahead
        assert not any(v is not None for v in samples)
        return
    for mark in drawn.marks:
        points = mark.points if isinstance(mark, Path) else [(mark.x, mark.y)]
        assert all(-1 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in points)
    shown = svg(drawn)
    assert "style" not in shown
    assert "&lt;advisory&gt;" in shown


def test_the_observed_line_breaks_where_a_value_is_missing() -> None:
    def lines(samples: list[float | None]) -> int:
        drawn = hydrograph(gauge(samples, []), says="", clock=[], labels={}, unit="m")
        assert drawn is not None
        return sum(isinstance(m, Path) and m.stroke == "#0b5cad" for m in drawn.marks)

    assert [lines(s) for s in ([8.0, 8.1, 8.2], [8.0, 8.1, None, 8.2], [8.0])] == [1, 2, 1]


@given(metres, st.floats(1e-3, 1e4))
def test_ticks_are_few_and_within(low: float, span: float) -> None:
    found_ = ticks(low, low + span)
    assert 2 <= len(found_) <= 7
    assert all(low - 1e-6 <= v <= low + span + 1e-6 for v, _ in found_)
    assert len({text for _, text in found_}) == len(found_)


def test_the_next_threshold_is_drawn_and_no_higher_one() -> None:
    rising = [Threshold(value=v, level="red", label=str(v)) for v in (9, 7, 8)]
    assert [t.value for t in worth_drawing(rising, 7.5)] == [7, 8]


def test_every_word_is_there_in_both_languages() -> None:
    for name, (english, chinese) in [*WORDS.items(), *HAZARDS.items()]:
        assert english, name
        assert chinese, name
        places = [[f"{{{n}}}" in text for n in range(4)] for text in (english, chinese)]
        assert places[0] == places[1], name
    assert len(LEVELS) == len(Level)


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "ko,en-US;q=0.7,zh;q=0.3", "en"),
        ("en", "zh-CN", "en"),
    ],
)
def test_the_language_is_what_is_asked_for(asked: str, header: str, language: str) -> None:
    params = {"language": asked} if asked else {}
    request: Any = SimpleNamespace(query_params=params, headers={"accept-language": header})
    assert language_of(request) == language


def test_another_language_is_refused() -> None:
    request: Any = SimpleNamespace(query_params={"language": "ko"}, headers={})
    with pytest.raises(HTTPException, match="ko"):
        language_of(request)


def test_headlines_are_read_in_both_languages_and_rubbish_has_none() -> None:
    info = "<info><language>{}</language><headline>{}</headline></info>"
    infos = info.format("zh-CN", "洪水") + info.format("en-US", "Flood")
    cap = f'<alert xmlns="urn:x">{infos}</alert>'
    assert headlines(cap) == ("Flood", "洪水")
    assert headlines("<alert>") == ("", "")


@pytest.mark.parametrize(
    "text", ["a\n" * 200, "水" * 4000, "😀 <b>&amp; \U00020000 ́", "x" * 3000, ""]
)
def test_any_text_finds_room_on_paper(text: str) -> None:
    rows = [["blue", text], ["red", "after"]]
    table = Table(head=["Level", "What"], rows=rows, widths=(0.2, 0.8), levels=(1, 4))
    document = Document(
        language="en",
        title="Report",
        site=text[:60],
        banners=[text],
        lines=[],
        sections=[Section(id="s", title="Section", blocks=[Text(text, "head"), table])],
        foot=text[:40],
        page="Page {0} of {1}",
    )
    assert paper(document).startswith(b"%PDF-")


def test_each_part_of_a_text_has_a_font() -> None:
    assert [*runs("ab 水≥1")] == [(True, "ab "), (False, "水≥"), (True, "1")]


def test_times_and_numbers_as_people_read_them() -> None:
    assert ENGLISH.moment(NOW) == "11:00"
    assert ENGLISH.moment(NOW - timedelta(hours=12)) == "11 Jul 23:00"
    assert CHINESE.date(NOW) == "2026年7月12日 11:00"
    assert ENGLISH.amount(-0.001, "m") == "0.00 m"
    assert ENGLISH.amount(-1.25, "m") == "−1.25 m"
    assert ENGLISH.chance(0.97) == "p ≥ 0.95"
    assert ENGLISH.zone() == "All times are Asia/Shanghai (UTC+8)."
