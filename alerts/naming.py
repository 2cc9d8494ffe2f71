"""What places and thresholds are called, in both languages, as far as the site tells."""

from alerts.notice import Notice
from alerts.texts import Pair
from forewarn.domain.hazard import Exceedance, Threshold
from forewarn.domain.station import Place, Station


def gauge(notice: Notice) -> Pair:
    """Return the name of the station or place that the notice is about."""
    place, _ = _known(notice)
    return Pair((place.name_zh if place else "") or notice.gauge, notice.gauge)


def label(notice: Notice, exceedance: Exceedance) -> Pair:
    """Return what officers call the threshold of `exceedance`."""
    _, thresholds = _known(notice)
    zh = next((t.label_zh for t in thresholds if t.label == exceedance.label), "")
    return Pair(zh or exceedance.label, exceedance.label)


def _known(notice: Notice) -> tuple[Station | Place | None, tuple[Threshold, ...]]:
    for key, station, datastream in notice.site.datastreams():
        if key == notice.datastream:
            return station, datastream.thresholds
    for place in notice.site.places:
        if place.key == notice.datastream:
            return place, place.thresholds
    return None, ()
