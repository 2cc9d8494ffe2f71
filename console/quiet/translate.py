"""Rows of drills and silences as the page is told of them."""

from collections.abc import Iterable, Sequence

from console.quiet.views import ChoiceView, DrillView, SilenceView, TouchedView
from forewarn.domain.desk import Silence
from forewarn.domain.drill import Drill, targets
from forewarn.domain.hazard import Assessment, Level
from forewarn.domain.maintenance import concerns, touched
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Area, Site


def drill_view(drill: Drill, areas: dict[str, Area]) -> DrillView:
    """Return one drill; `areas` are those of the site by id."""
    name, name_zh = names(drill.area, areas)
    return DrillView(
        id=drill.id,
        author=drill.author,
        reason=drill.reason,
        start=to_milliseconds(drill.start),
        end=to_milliseconds(drill.end),
        area=drill.area,
        area_name=name,
        area_name_zh=name_zh,
        hazard=drill.hazard,
        level=int(drill.level),
        siren=drill.siren,
        ended_by=drill.ended_by,
    )


def silence_view(
    silence: Silence, areas: dict[str, Area], keys: Iterable[str], judged: Sequence[Assessment]
) -> SilenceView:
    """Return one silence; `keys` are the site's datastreams, `judged` the newest assessments."""
    name, name_zh = names(silence.area, areas)
    return SilenceView(
        id=silence.id,
        kind=silence.kind.value,
        author=silence.author,
        reason=silence.reason,
        start=to_milliseconds(silence.start),
        end=to_milliseconds(silence.end),
        area=silence.area,
        area_name=name,
        area_name_zh=name_zh,
        hazard=silence.hazard,
        datastream=silence.datastream,
        up_to=int(silence.up_to),
        touched=touched_view(silence, keys, judged),
    )


def touched_view(
    silence: Silence, keys: Iterable[str], judged: Sequence[Assessment]
) -> TouchedView:
    """Return what the pattern of `silence` matches, and what rests on that."""
    return TouchedView(
        matches=[key for key in keys if concerns(key, [silence])],
        degraded=touched(silence, judged)[1],
    )


def choices(site: Site) -> list[ChoiceView]:
    """Return what drills can be about, area by area; areas without a threshold are left out."""
    found = []
    for area in site.areas:
        hazards: dict[str, set[int]] = {}
        for target in targets(site, area.id):
            levels = {int(Level.parse(t.level)) for t in target.thresholds}
            hazards.setdefault(target.hazard, set()).update(levels)
        if hazards:
            levels_of = {hazard: sorted(levels) for hazard, levels in hazards.items()}
            name, name_zh = area.name, area.name_zh or area.name
            found.append(ChoiceView(area=area.id, name=name, name_zh=name_zh, hazards=levels_of))
    return found


def names(area: str, areas: dict[str, Area]) -> tuple[str, str]:
    """Return what an area is called in English and Chinese; its id where it is not known."""
    known = areas.get(area)
    return (known.name, known.name_zh or known.name) if known else (area, area)
