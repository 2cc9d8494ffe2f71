"""Puts a report into words: what is in force, what is not known, what is to come."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from console.report.document import Block, Document, Section, Table, Text
from console.report.dossier import Report
from console.report.facts import Facts, Gap, GapKind, InForce, Outlook
from console.report.figures import graphs, map_sketch
from console.report.outlooks import highlights
from console.report.past import measures, quiet, told
from console.report.words import Language, Speech


def write(report: Report, language: Language) -> Document:
    """Return `report` in words of `language`."""
    facts = report.facts
    speech = Speech(language, facts.timezone, facts.at)
    title = speech.word("about" if report.about else "report")
    return Document(
        language=language,
        title=title,
        site=facts.site,
        banners=[*_banners(facts, speech)],
        lines=[
            speech.word("as of", speech.date(facts.at)),
            speech.word("issued", speech.date(report.made), report.by or speech.word("guest")),
            speech.zone(),
        ],
        sections=[
            _section(speech, "force", in_force(facts, speech)),
            _section(speech, "unknown", unknown(facts.gaps, speech)),
            _section(speech, "outlook", outlook(facts, speech)),
            _section(speech, "graphs", graphs(report, speech)),
            _section(speech, "map", map_sketch(report, speech)),
            _section(speech, "measures", measures(report, speech)),
            _section(speech, "told", told(report.told, speech)),
            _section(speech, "quiet", quiet(report, speech)),
        ],
        foot=f"{facts.site} · {title} · {speech.date(facts.at)}",
        page=speech.word("page", "{0}", "{1}"),
    )


def _section(speech: Speech, name: str, blocks: Iterable[Block]) -> Section:
    return Section(id=name, title=speech.word(name), blocks=[*blocks])


def _banners(facts: Facts, speech: Speech) -> Iterable[str]:
    if facts.invented or facts.replay or any(force.exercise for force in facts.force):
        yield speech.word("exercise")
    if facts.invented:
        yield speech.word("invented", facts.invented)
    if facts.replay:
        yield speech.word("replay")
    if facts.past:
        yield speech.word("past")


def in_force(facts: Facts, speech: Speech) -> Iterable[Block]:
    """Yield what is in force, by area and gravest first; nothing is never an all-clear."""
    live = [force for force in facts.force if force.live]
    if not live:
        yield Text(speech.word("none in force"))
        yield Text(speech.word("no all-clear"), "warn")
    else:
        yield Text(_summary(live, facts.gaps, speech), "warn")
    yield Text(speech.word("judged", facts.judged, facts.judgeable), "quiet")
    by_area = sorted(facts.force, key=lambda f: (-_worst(facts.force, f.area_id), f.area_id))
    for _, members in groupby(by_area, key=lambda f: f.area_id):
        rows = [*members]
        yield Text(speech.name(rows[0].area), "head")
        yield Table(
            head=[speech.word(w) for w in ("level", "what", "when", "sure", "until", "who")],
            rows=[_force_row(force, speech) for force in rows],
            widths=(0.11, 0.30, 0.19, 0.16, 0.10, 0.14),
            levels=[force.foremost for force in rows],
        )


def _worst(force: Sequence[InForce], area: str) -> int:
    return max(f.foremost for f in force if f.area_id == area)


def _summary(live: Sequence[InForce], gaps: Sequence[Gap], speech: Speech) -> str:
    standing = [force.level for force in live if force.level]
    counts = [(speech.level(n), standing.count(n)) for n in (4, 3, 2, 1) if n in standing]
    levels = ", ".join(f"{count} {name}" for name, count in counts)
    waiting = sum(force.draft is not None for force in live)
    said = f" ({levels})" if levels else ""
    return speech.word("summary", len(standing), said, waiting, len(gaps))


def _force_row(force: InForce, speech: Speech) -> list[str]:
    return [
        "\n".join(_levels(force, speech)),
        "\n".join(_what(force, speech)),
        "\n".join(_when(force, speech)),
        "\n".join(_sure(force, speech)),
        speech.moment(force.expires) if force.live else speech.word("over"),
        "\n".join(_who(force, speech)),
    ]


def _levels(force: InForce, speech: Speech) -> Iterable[str]:
    if force.drill:
        yield speech.word("drill")
    elif force.status != "Actual":
        yield speech.word("drill" if force.status == "Exercise" else "test")
    if force.level:
        yield speech.level(force.level)
    if force.draft:
        yield speech.word("draft", speech.level(force.draft.level))


def _what(force: InForce, speech: Speech) -> Iterable[str]:
    yield speech.name(force.headline)
    yield f"{speech.hazard(force.hazard)} · {speech.name(force.place)}"
    if force.outlook and force.outlook.evidence:
        yield f"{speech.word('why')}: {'; '.join(force.outlook.evidence)}"
    if force.draft:
        draft = force.draft
        yield speech.word("waits", len(draft.approvals), draft.needs)
        then = "issues" if draft.otherwise == "issue" else "withdraws"
        yield speech.word(then, speech.moment(draft.due))


def _when(force: InForce, speech: Speech) -> Iterable[str]:
    found = force.outlook
    if found is not None and not found.old and found.outcome != "failed":
        yield onset(found, speech)
        if found.peak is not None:
            yield speech.word("peak", peak(found, speech))
    elif force.onset is not None:
        yield speech.word("told onset", speech.moment(force.onset))
    else:
        yield speech.word("no onset")
    if force.sent is not None:
        yield speech.word("sent", speech.moment(force.sent))


def _sure(force: InForce, speech: Speech) -> Iterable[str]:
    found = force.outlook
    if found is None or found.outcome == "failed":
        yield speech.word("no judgement")
    elif found.old:
        yield speech.word("outdated", speech.moment(found.issue_time))
    else:
        yield speech.chance(found.probability)
        if found.outcome == "degraded":
            yield speech.word("gap degraded")
        return
    if force.probability is not None:
        yield speech.word("told onset", speech.chance(force.probability))


def _who(force: InForce, speech: Speech) -> Iterable[str]:
    if force.acked_by:
        yield speech.word("acked", force.acked_by, speech.moment(force.acked_at))
    else:
        yield speech.word("nobody")
    if force.assigned_to:
        yield speech.word("assigned", force.assigned_to)
    if force.shelved_until:
        yield speech.word("shelved", speech.moment(force.shelved_until))


def onset(found: Outlook, speech: Speech) -> str:
    """Return when the threshold is exceeded, with its 80 % interval."""
    if found.observed:
        return speech.word("reached")
    if found.onset is None:
        return speech.word("no onset")
    said = speech.moment(found.onset)
    if found.early is None:
        return said
    late = speech.moment(found.late) if found.late else speech.word("later")
    return f"{said} ({speech.word('interval', speech.moment(found.early), late)})"


def peak(found: Outlook, speech: Speech) -> str:
    """Return the peak, with its 80 % interval and its time."""
    said = speech.amount(found.peak, found.unit)
    if found.peak_low is not None and found.peak_high is not None:
        low, high = (speech.amount(v, found.unit) for v in (found.peak_low, found.peak_high))
        said += f" ({speech.word('interval', low, high)})"
    return f"{said}, {speech.moment(found.peak_time)}" if found.peak_time else said


def outlook(facts: Facts, speech: Speech) -> Iterable[Block]:
    """Yield what may come, and on how much that rests."""
    found = highlights(facts.outlooks)
    if not found:
        yield Text(speech.word("nothing likely"))
        yield Text(speech.word("judged", facts.judged, facts.judgeable), "quiet")
        return
    heads = ("threshold", "what", "probability", "onset", "peak 80")
    yield Table(
        head=[speech.word(head) for head in heads],
        rows=[
            [
                f"{speech.level(o.level)}\n{speech.name(o.label)}",
                f"{speech.hazard(o.hazard)} · {speech.name(o.place)}, {speech.name(o.area)}",
                speech.chance(o.probability),
                onset(o, speech),
                peak(o, speech),
            ]
            for o in found
        ],
        widths=(0.22, 0.26, 0.12, 0.18, 0.22),
        levels=[o.level for o in found],
    )


def unknown(gaps: Sequence[Gap], speech: Speech) -> Iterable[Block]:
    """Yield everything that is not known, by kind; where nothing is missing, that."""
    if not gaps:
        yield Text(speech.word("all known"))
    for kind in GapKind:
        members = [gap for gap in gaps if gap.kind is kind]
        if not members:
            continue
        named = [said for gap in members if (said := _gap(gap, speech))]
        what = speech.word(f"gap {kind.value}")
        listed = ("；" if speech.language == "zh" else "; ").join(named)
        if named:
            yield Text(speech.word("gap list", what, len(members), listed), "warn")
        else:
            yield Text(speech.word("gap bare", what), "warn")


def _gap(gap: Gap, speech: Speech) -> str:
    name = speech.name(gap.name)
    known = f"{name} {gap.key}" if gap.key and gap.key != name else name
    said = " ".join(
        part
        for part in (
            known,
            speech.moment(gap.since) if gap.since else "",
            f"({gap.reason})" if gap.reason else "",
            f"×{gap.count}" if gap.count else "",
        )
        if part
    )
    return speech.word("maintenance", said) if gap.maintenance else said
