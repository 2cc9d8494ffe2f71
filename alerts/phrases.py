"""Sentences in zh-CN and en-US: the headline and the description of a notice."""

from datetime import datetime
from zoneinfo import ZoneInfo

from alerts import naming
from alerts.hazards import texts
from alerts.lifecycle import Cause
from alerts.notice import Notice, lead_s
from alerts.texts import DRILL, EXERCISE, LEVELS, PRACTICE, PROPERTIES, UNITS, Pair
from forewarn.domain.hazard import Exceedance, Level

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

SCALES = {"landslide_index", "debris_flow_index", "closing", "severity", "load"}
"""Properties whose numbers say nothing to people: their thresholds' labels do."""

CAUSES = {
    Cause.RAISED: None,
    Cause.ONSET_MOVED: Pair("预计时间已更新。", "The expected time has changed."),
    Cause.LOWERED: Pair("预警级别已降低。", "The warning level has been lowered."),
    Cause.RENEWED: Pair("预警继续有效。", "The warning continues."),
    Cause.RESUMED: Pair("预报已恢复，预警继续有效。", "Forecasts are back. The warning continues."),
    Cause.SILENT: Pair("预警继续有效。", "The warning continues."),
    Cause.ENDED: None,
    Cause.CANCELLED: None,
    Cause.DRILL_OVER: Pair("演习结束。", "The drill is over."),
}
"""What the description begins with."""


def headline(notice: Notice) -> Pair:
    """Return one line that names level, gauge, expected time, lead time and probability."""
    drill = before(notice)
    said = _end(notice) if notice.msg_type == "Cancel" else _expectation(notice)
    if notice.msg_type == "Cancel":
        return Pair(drill.zh + said.zh, drill.en + said.en)
    event, level = texts(notice.hazard).event, LEVELS[notice.level]
    return Pair(
        f"{drill.zh}{event.zh}{level.zh}预警：{said.zh}",
        f"{drill.en}{level.en.capitalize()} {event.en} warning: {said.en}",
    )


def before(notice: Notice) -> Pair:
    """Return what the headline begins with where it is no real warning."""
    return EXERCISE if notice.drill else DRILL.get(notice.status, Pair("", ""))


def description(notice: Notice) -> Pair:
    """Return some sentences: the change, what is expected, how sure, and on what it rests."""
    parts = [
        CAUSES[notice.cause],
        _officer(notice),
        _silence(notice),
        *_outlook(notice),
        *_grounds(notice),
    ]
    zone = notice.site.timezone
    parts.append(Pair(f"时间均为当地时间（{zone}）。", f"Times are local ({zone})."))
    said = [part for part in parts if part is not None]
    if notice.drill:
        said = [PRACTICE, *said, PRACTICE]
    drill = EXERCISE if notice.drill else Pair("", "")
    return Pair(drill.zh + "".join(p.zh for p in said), drill.en + " ".join(p.en for p in said))


def instruction(notice: Notice) -> Pair:
    """Return what people should do."""
    said = texts(notice.hazard).instructions[notice.level]
    if not notice.drill:
        return said
    return Pair(f"{EXERCISE.zh}{PRACTICE.zh}{said.zh}", f"{EXERCISE.en}{PRACTICE.en} {said.en}")


def amount(value: float, unit: str) -> Pair:
    """Return a value with its unit; lengths in metres to the centimetre, shares in percent."""
    if unit == "%":
        return Pair(f"{value:.0f}%", f"{value:.0f}%")
    number = f"{value:.2f}" if unit == "m" else f"{value:.4g}"
    unit = "" if unit == "1" else unit
    return Pair(f"{number}{UNITS.get(unit, unit)}", f"{number} {unit}".rstrip())


def clock_time(time: datetime, zone: str) -> Pair:
    """Return the day and time of `time` at a place in `zone`."""
    local = time.astimezone(ZoneInfo(zone))
    hour = f"{local:%H:%M}"
    return Pair(
        f"{local.month}月{local.day}日{hour}", f"{hour} on {local.day} {MONTHS[local.month - 1]}"
    )


def span(seconds: int) -> Pair:
    """Return a lead time, `2 h 35 min`, in whole minutes."""
    hours, minutes = divmod(seconds // 60, 60)
    zh = (f"{hours}小时" if hours else "") + (f"{minutes}分钟" if minutes or not hours else "")
    en = (f"{hours} h " if hours else "") + (f"{minutes} min" if minutes or not hours else "")
    return Pair(zh, en.strip())


def percent(probability: float) -> str:
    """Return a forecast probability in percent; never 0 or 100, which no forecast can promise."""
    return f"{min(99, max(1, round(probability * 100)))}%"


def _expectation(notice: Notice) -> Pair:
    what, named = _quantity(notice), notice.exceedance
    if named is None:
        return what
    if not named.by_value:
        return _labelled(notice, named)
    if notice.property in SCALES and named.label:
        return _state(notice, named)
    over = amount(named.threshold, notice.unit)
    said = naming.label(notice, named)
    label = Pair(f"（{said.zh}）", f" ({said.en})") if named.label else Pair("", "")
    if named.observed:
        return Pair(
            f"{what.zh}已超过{over.zh}{label.zh}", f"{what.en} is above {over.en}{label.en}"
        )
    chance = percent(named.probability)
    lead = lead_s(notice)
    if named.onset is None or lead is None:
        hours = Pair("预报时段内", "within the forecast period")
        return Pair(
            f"{what.zh}{hours.zh}可能超过{over.zh}{label.zh}，概率{chance}",
            f"{what.en} may exceed {over.en}{label.en} {hours.en}, probability {chance}",
        )
    time = clock_time(named.onset, notice.site.timezone)
    if lead == 0:
        return Pair(
            f"{what.zh}原预计{time.zh}超过{over.zh}{label.zh}，概率{chance}",
            f"{what.en} was expected to exceed {over.en}{label.en} at {time.en}, "
            f"probability {chance}",
        )
    ahead = span(lead)
    return Pair(
        f"{what.zh}预计{time.zh}超过{over.zh}{label.zh}，提前{ahead.zh}，概率{chance}",
        f"{what.en} expected to exceed {over.en}{label.en} at {time.en}, "
        f"in {ahead.en}, probability {chance}",
    )


def _labelled(notice: Notice, named: Exceedance) -> Pair:
    gauge, label = naming.gauge(notice), naming.label(notice, named)
    return Pair(f"{gauge.zh}：{label.zh}", f"{gauge.en}: {label.en}")


def _state(notice: Notice, named: Exceedance) -> Pair:
    """Return what is expected on a scale of our own: its label, not its number."""
    what = _labelled(notice, named)
    lead = lead_s(notice)
    if named.observed:
        return what
    chance = percent(named.probability)
    if named.onset is None or not lead:
        return Pair(f"{what.zh}，概率{chance}", f"{what.en}, probability {chance}")
    time, ahead = clock_time(named.onset, notice.site.timezone), span(lead)
    return Pair(
        f"{what.zh}，预计{time.zh}，提前{ahead.zh}，概率{chance}",
        f"{what.en}, expected at {time.en}, in {ahead.en}, probability {chance}",
    )


def _end(notice: Notice) -> Pair:
    event, before = texts(notice.hazard).event, LEVELS[notice.previous_level]
    return Pair(
        f"{naming.gauge(notice).zh}{event.zh}{before.zh}预警解除",
        f"{before.en.capitalize()} {event.en} warning for {notice.gauge} has ended",
    )


def _quantity(notice: Notice) -> Pair:
    words = PROPERTIES.get(notice.property, Pair(notice.property, notice.property))
    return Pair(f"{naming.gauge(notice).zh}{words.zh}", f"{notice.gauge} {words.en}")


def _officer(notice: Notice) -> Pair | None:
    """Say that an officer ended it, and why, in the words that were given."""
    if notice.cause is not Cause.CANCELLED:
        return None
    said = notice.remark.rstrip(".。 ")
    return Pair(f"值班员解除：{said}。", f"Cancelled by the duty officer: {said}.")


def _silence(notice: Notice) -> Pair | None:
    if notice.no_forecast_since is None:
        return None
    time = clock_time(notice.no_forecast_since, notice.site.timezone)
    return Pair(
        f"数据缺失：自{time.zh}起无新预报。", f"Data are missing: no new forecast since {time.en}."
    )


def _outlook(notice: Notice) -> list[Pair | None]:
    if notice.msg_type == "Cancel":
        end = _end(notice)
        return [Pair(f"{end.zh}。", f"{end.en}."), _peak(notice)]
    said = _expectation(notice)
    return [
        Pair(f"{said.zh}。", f"{said.en}."),
        _interval(notice),
        *[_other(notice, other) for other in notice.others],
        _peak(notice),
        _falling(notice),
    ]


def _interval(notice: Notice) -> Pair | None:
    """Say when it may come at the earliest and latest: 10 % and 90 % of the onset."""
    named, zone = notice.exceedance, notice.site.timezone
    if named is None or named.observed or named.onset_early is None:
        return None
    early = clock_time(named.onset_early, zone)
    if named.onset_late is None:
        return Pair(f"最早可能在{early.zh}。", f"At the earliest at {early.en}.")
    late = clock_time(named.onset_late, zone)
    return Pair(f"时间范围（80%）：{early.zh}至{late.zh}。", f"80% range: {early.en} to {late.en}.")


def _other(notice: Notice, other: Exceedance) -> Pair:
    level = LEVELS[other.level]
    if notice.property in SCALES and other.label:
        chance = percent(other.probability)
        return Pair(
            f"{naming.label(notice, other).zh}（{level.zh}）的概率{chance}。",
            f"Probability of {other.label} ({level.en}): {chance}.",
        )
    over = amount(other.threshold, notice.unit)
    label = f", {other.label}" if other.label else ""
    label_zh = f"，{naming.label(notice, other).zh}" if other.label else ""
    chance = percent(other.probability)
    return Pair(
        f"超过{over.zh}（{level.zh}{label_zh}）的概率{chance}。",
        f"Probability of exceeding {over.en} ({level.en}{label}): {chance}.",
    )


def _peak(notice: Notice) -> Pair | None:
    if notice.peak is None or notice.peak_time is None or notice.no_forecast_since is not None:
        return None
    if notice.property in SCALES:
        return None
    value, time = (
        amount(notice.peak, notice.unit),
        clock_time(notice.peak_time, notice.site.timezone),
    )
    return Pair(f"预报最高{value.zh}（{time.zh}）。", f"Highest expected: {value.en} at {time.en}.")


def _falling(notice: Notice) -> Pair | None:
    if not notice.falling or notice.level is Level.NONE:
        return None
    return Pair(
        "最新预报低于该级别，待其持续稳定后再降级。",
        "The newest forecasts are below this level; it is lowered once they have stayed so.",
    )


def _grounds(notice: Notice) -> list[Pair | None]:
    grounds, invented = "; ".join(notice.evidence), notice.site.invented.rstrip(".。 ")
    return [
        Pair(f"依据：{grounds}。", f"Based on: {grounds}.") if grounds else None,
        Pair(f"预报受限：{notice.reason}。", f"Forecast limited: {notice.reason}.")
        if notice.reason
        else None,
        Pair(f"本站点包含虚构内容：{invented}。", f"Made up: {invented}.") if invented else None,
    ]
