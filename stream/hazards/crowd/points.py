"""A security point: how long people wait, whether it is staffed, and whether it answers at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment, Level
from forewarn.domain.station import Place
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, View
from stream.hazards.crowd import telling
from stream.hazards.crowd.plan import Point
from stream.models.crowd.balance import silent_for
from stream.models.crowd.waiting import posts_needed, queue_now, waits_ahead

Array = NDArray[np.float64]

MODEL = "queue-1"
HISTORY_MIN = 120
ARRIVALS_MIN = 20
"""Arrivals of so many minutes tell how many will come."""
MEMBERS = 300
STEPS = telling.LEADS_MIN[-1]
LONGEST_MIN = 600.0
"""Waiting is cut here: where nobody is served it would be endless."""


class PointHazard:
    """One security point."""

    borrowed: tuple[str, ...] = ()
    history_minutes = HISTORY_MIN

    def __init__(self, point: Point, place: Place, timezone: str, late: Mapping[str, int]) -> None:
        self._late = late
        self._point, self._place, self._timezone = point, place, ZoneInfo(timezone)
        self.name = f"security {place.id}"
        self.area = place.area
        self.inputs: tuple[str, ...] = (
            point.queue,
            point.arrivals,
            *((point.posts,) if point.posts else ()),
        )
        self.targets: Mapping[str, str] = {place.key: place.hazard}

    def judge(self, view: View) -> Findings:
        """Return waiting in the next half hour; silence and missing posts raise by themselves."""
        point = self._point
        history, odd = telling.without_negatives(self.inputs, view.history)
        view = view._replace(history=history)
        unheard = silent_for(history[0])
        quiet = min(unheard, silent_for(history[1]))
        is_open = self._open(view.issue_s)
        if is_open and quiet * 60 >= point.silent_after.total_seconds():
            label = f"the point has been silent for {telling.lasting(quiet, HISTORY_MIN)}"
            return Findings(assessments=[self._silent(view, label, quiet, odd)])
        if unheard >= min(point.dead_after.total_seconds() / 60, HISTORY_MIN):
            label = (
                f"{point.queue} has been silent for {telling.lasting(unheard, HISTORY_MIN)}: "
                "it is not known how many wait"
            )
            judged = self._silent(view, label, unheard, odd, alert=is_open)
            return Findings(assessments=[judged])
        return self._waiting(view, odd, is_open=is_open)

    def _waiting(self, view: View, odd: Sequence[str], *, is_open: bool) -> Findings:
        point = self._point
        degraded = [*telling.silences(self.inputs, view.history, self._late), *odd]
        posts = _newest(view.history[2]) if point.posts else float(point.required)
        if np.isnan(posts):
            posts = float(point.required)
            degraded.append(f"nobody says how many posts are staffed; {posts:.0f} are assumed")
        length = _newest(view.history[0])
        arrivals = view.history[1, -ARRIVALS_MIN:]
        ahead = np.minimum(
            waits_ahead(
                length,
                arrivals,
                posts * point.per_post_min,
                steps=STEPS,
                members=MEMBERS,
                random=telling.dice(self.name, view.issue_s),
            ),
            LONGEST_MIN,
        )
        forecast = telling.forecast_of(self._place, view.issue_s, ahead, MODEL, degraded)
        known = arrivals[np.isfinite(arrivals)]
        rate = float(known.mean()) if len(known) else 0.0
        now = queue_now(length, rate, posts, point.per_post_min)
        trusted = silent_for(view.history[0]) <= self._late.get(point.queue, telling.LATE_MIN)
        observed = Observed(forecast.issue_time, min(now.waiting_min, LONGEST_MIN))
        come, needed = "how many come is not known", ""
        if len(known):
            come = f"{rate:.0f} come"
            needed = (
                f"; {posts_needed(rate, point.per_post_min, 5.0)} would keep the mean wait "
                "below 5 min"
            )
        evidence = (
            f"{length:.0f} wait {min(now.waiting_min, LONGEST_MIN):.0f} min; {come} and "
            f"{posts * point.per_post_min:.0f} can be served in a minute",
            f"{posts:.0f} of {point.required} posts staffed{needed}",
        )
        figures = telling.figures(
            queue=length,
            flow_in=rate if len(known) else float("nan"),
            posts=posts,
            required=float(point.required),
        )
        seen = observed if trusted else None
        grounds = Grounds(seen, tuple(degraded), evidence, figures=figures)
        judged = assess(forecast, self._place.thresholds, grounds, hazard=self._place.hazard)
        if is_open:
            judged = self._covered(judged, posts)
        return Findings(forecasts=[forecast], assessments=[judged])

    def _open(self, issue_s: float) -> bool:
        """Return whether the point should be staffed now; hours may reach over midnight."""
        opens, closes = self._point.hours
        now = datetime.fromtimestamp(issue_s, self._timezone).strftime("%H:%M")
        if opens == closes:
            return True
        return opens <= now < closes if opens < closes else now >= opens or now < closes

    def _covered(self, judged: Assessment, posts: float) -> Assessment:
        """Raise `judged` where too few posts are staffed."""
        point = self._point
        if posts / point.required >= point.least_coverage:
            return judged
        label = f"{posts:.0f} of {point.required} posts staffed"
        return telling.raised(
            judged, Level.YELLOW, label, since=judged.issue_time, threshold=self._yellow()
        )

    def _silent(
        self, view: View, label: str, quiet: int, odd: Sequence[str], *, alert: bool = True
    ) -> Assessment:
        """Return that nothing is known, which at an open point is an alert."""
        point, place = self._point, self._place
        silences = telling.silences(self.inputs, view.history, self._late)
        failed = assess_without_forecast(
            place.area,
            place.key,
            telling.moment(view.issue_s),
            label,
            place.thresholds,
            Grounds(None, (*silences, *odd)),
            hazard=place.hazard,
        )
        if not alert:
            return failed
        dead = quiet >= min(point.dead_after.total_seconds() / 60, HISTORY_MIN)
        return telling.raised(
            failed,
            Level.ORANGE if dead else Level.YELLOW,
            label,
            since=telling.ago(view.issue_s, quiet),
            threshold=self._yellow(),
        )

    def _yellow(self) -> float:
        """Return the wait that calls for yellow, which an alert of another reason stands in for."""
        values = [t.value for t in self._place.thresholds if t.level == "yellow"]
        return min(values, default=0.0)


def _newest(values: Array) -> float:
    """Return the newest known value, NaN where there is none."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")
