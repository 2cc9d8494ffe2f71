"""The canary: one observation of nothing, that goes the whole way so that its absence is noticed.

Every site has it without naming it in site.toml: a gateway, an area and a datastream that only
the gateway service and the stream know. It is on no map, in no model and no list, and no alert
ever comes of it. The watchdog sends one a minute and looks for it at every stage
(alerts/watchdog/); each canary is known by its phenomenon time, a whole minute of world time.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from forewarn.domain.hazard import Assessment, Threshold
from forewarn.domain.observation import Batch, Columns, Quality, to_milliseconds
from forewarn.domain.station import Area, Datastream, Site, Station

NAME = "canary"
"""Of its gateway, its station, its area and its hazard; no site may use it for its own."""
PROPERTY = "pulse"
DATASTREAM = f"{NAME}/{PROPERTY}"

_AREA = Area(id=NAME, name="canary", polygon=((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)))
_STATION = Station(
    id=NAME,
    name="canary",
    area=NAME,
    latitude=0.0,
    longitude=0.0,
    datastreams=(
        Datastream(
            property=PROPERTY,
            unit="1",
            # Far longer than it takes: a late canary is the watchdog's news and nobody else's.
            interval=timedelta(days=1),
            # Always reached: then its assessment says which canary it saw.
            thresholds=(Threshold(value=0.5, level="blue", label="canary"),),
        ),
    ),
    invented=True,
)


def with_canary(site: Site) -> Site:
    """Return `site` with the canary; for the gateway service and the stream alone.

    A site that names something `canary` itself is returned as it is: what is watched comes
    before who watches, and the watchdog says that no canary comes through.
    """
    taken = {*site.gateways, *(area.id for area in site.areas), *(s.id for s in site.stations)}
    if NAME in taken | {place.id for place in site.places}:
        return site
    return msgspec.structs.replace(
        site,
        gateways=(*site.gateways, NAME),
        areas=(*site.areas, _AREA),
        stations=(*site.stations, _STATION),
    )


def canary(minute: datetime, *, boot_id: str, seq: int) -> Batch:
    """Return the canary of `minute`, a whole minute of world time, as its gateway sends it."""
    time = to_milliseconds(minute)
    columns = Columns(
        datastreams=[DATASTREAM], of=[0], time=[time], result=[1.0], quality=[Quality.UNCHECKED]
    )
    return Batch(gateway=NAME, boot_id=boot_id, seq=seq, created=time, columns=columns)


def newest_in(columns: Columns) -> datetime | None:
    """Return the newest canary in `columns`, None where there is none."""
    times = [time for key, time, _, _ in columns.rows() if key == DATASTREAM]
    return datetime.fromtimestamp(max(times) / 1000, UTC) if times else None


def is_canary(assessment: Assessment) -> bool:
    """Return whether it is of the canary, whatever it says: then nobody is warned of it."""
    return assessment.area == NAME or assessment.hazard == NAME


def seen_by(assessment: Assessment) -> datetime | None:
    """Return the canary that `assessment` rests on, None where it rests on none."""
    return next((e.onset for e in assessment.exceedances if e.onset is not None), None)
