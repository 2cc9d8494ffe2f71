"""How the city, its venues and its gateways are."""

import logging
from collections.abc import Mapping, Sequence

from console.cityviews import (
    BandView,
    CityView,
    EventView,
    GatewayView,
    LimitView,
    ProgrammeView,
    SignView,
    SpanView,
    StretchView,
)
from console.polled import Polled
from console.prepared import Prepared
from console.readings import Readings
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.domain.venue import EventState, Programme, Span, Stretch
from forewarn.storage import Connection, GatewayRow, StandingSign, reader

log = logging.getLogger("console.city")


class City(Polled):
    """All signs, programmes and gateways."""

    def __init__(self, site: Site, readings: Readings, interval_s: float = 1.0) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        super().__init__(readings, interval_s, Prepared(city_view([], [], [], self._areas)), log)

    def _read(self, connection: Connection) -> Prepared:
        return Prepared(
            city_view(
                reader.vitals_latest(connection),
                reader.programmes_latest(connection),
                reader.gateways(connection),
                self._areas,
            )
        )


def city_view(
    signs: Sequence[StandingSign],
    programmes: Sequence[Programme],
    gateways: Sequence[GatewayRow],
    areas: Mapping[str, str],
) -> CityView:
    """Return what the page is told; `areas` gives the names of the areas."""
    return CityView(
        signs=[_sign(row, areas) for row in signs],
        programmes=[programme_view(programme) for programme in programmes],
        gateways=[_gateway(row) for row in gateways],
    )


def _sign(row: StandingSign, areas: Mapping[str, str]) -> SignView:
    sign = row.sign
    return SignView(
        indicator=sign.indicator,
        name=sign.name,
        area=areas.get(row.area, row.area),
        unit=sign.unit,
        time=to_milliseconds(row.time),
        value=sign.value,
        state=sign.state.value,
        near=sign.near,
        overload=sign.overload,
        tell=sign.tell,
        reason=sign.reason,
    )


def programme_view(programme: Programme, *, bands: bool = False) -> ProgrammeView:
    """Return `programme` for a page; with `bands` how long each limit's own advice stands."""
    return ProgrammeView(
        venue=programme.venue,
        name=programme.name,
        issue_time=to_milliseconds(programme.issue_time),
        events=[_event(event, bands=bands) for event in programme.events],
        degraded=programme.degraded,
    )


def _event(event: EventState, *, bands: bool) -> EventView:
    return EventView(
        event=event.event,
        name=event.name,
        start=to_milliseconds(event.start),
        end=to_milliseconds(event.end),
        advice=event.advice.value,
        why=event.why,
        limits=[
            LimitView(
                name=limit.name,
                key=limit.datastream,
                unit=limit.unit,
                advice=limit.advice.value,
                observed=limit.observed,
                caution=limit.caution,
                stop=limit.stop,
                worst=limit.worst,
                why=limit.why,
                bands=[_band(stretch) for stretch in limit.timeline] if bands else [],
            )
            for limit in event.limits
        ],
        timeline=[
            StretchView(
                start=to_milliseconds(stretch.start),
                end=to_milliseconds(stretch.end),
                advice=stretch.advice.value,
                why=stretch.why,
            )
            for stretch in event.timeline
        ],
        next_window=_span(event.next_window),
    )


def _band(stretch: Stretch) -> BandView:
    start, end = to_milliseconds(stretch.start), to_milliseconds(stretch.end)
    return BandView(start=start, end=end, advice=stretch.advice.value)


def _span(span: Span | None) -> SpanView | None:
    if span is None:
        return None
    return SpanView(start=to_milliseconds(span.start), end=to_milliseconds(span.end))


def _gateway(row: GatewayRow) -> GatewayView:
    status = row.status
    return GatewayView(
        gateway=status.gateway,
        heard=to_milliseconds(row.heard),
        online=status.online,
        version=status.version,
        backlog=status.backlog,
        instruments=status.instruments,
        lost=status.lost_observations,
        outbox=status.outbox,
        clock=status.clock,
        clock_error_s=status.clock_error_s,
        battery=status.battery,
        sampling=status.sampling,
        alarms=status.alarms,
        config=status.config,
        findings=list(status.findings),
    )
