"""One line for each route: what it answers and what it is asked with.

A route that is not here makes a test fail: add its line. Summary, permit, methods and the
parameters in the path are read off the route.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta

from console.access import mine, people
from console.access.picture import Picture
from console.access.signin import Credentials
from console.cityviews import CityView
from console.desk.routes import Asked, Seen
from console.desk.views import ActView, CaseView, DoneView, QueueView
from console.feeds import AreaFeed
from console.foreign.routes import ForeignsView
from console.log.routes import Given, Taken, Written
from console.log.views import HandedView, HandoverView, LogView, ShiftView
from console.openapi import shapes
from console.openapi.says import Query, Says
from console.outcomes.routes import RemarkSaid
from console.outcomes.views import MonthView
from console.quiet import routes as quiet
from console.quiet.views import DrillView, QuietView, SilenceView, TouchedView
from console.skills import SkillsView
from console.stations.views import StationPageView
from console.venues.views import VenuesView
from console.views import InundationsView, MapView, Outlook, SiteView, StationsView, Trace
from console.workshop import IssuedView, SkillView, TechnicalView
from forewarn.domain.observation import AwareTime

Number = Annotated[int, Meta(ge=1, lt=10**18)]
Month = Annotated[str, Meta(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Day = Annotated[str, Meta(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$")]
Short = Annotated[str, Meta(max_length=100)]
Atom, CapXml = "application/atom+xml", "application/cap+xml"

DATASTREAM = Query("datastream", str, "Key of a datastream, as `/api/site` lists them.", True)
HOURS = Query("hours", Annotated[float, Meta(gt=0, le=168)], "Of world time; 24 by default.")
DAYS = Query("days", Annotated[float, Meta(gt=0, le=14)], "Of world time; 7 by default.")
FROM = Query("from", AwareTime, "First instant.", True, "2026-07-11T00:00:00Z")
TO = Query("to", AwareTime, "End, after `from` by 7 days at most.", True, "2026-07-12T00:00:00Z")
MONTH = Query("month", Month, "Of the site's zone; by default this one.", example="2026-11")
FILTERS = (
    *(Query(name, Short, "Only rows with this in it.") for name in ("actor", "action", "subject")),
    Query("day", Day, "Only rows of this day of the site's zone.", example="2026-07-12"),
)
LOGGED = (
    Query("from", AwareTime, "First instant; by default 24 hours before `to`."),
    Query("to", AwareTime, "End; by default, and at most, the world's time."),
    Query("before", str, "`next` of the answer before: older items."),
    Query("kind", str, "Kinds, separated by commas; by default all."),
    Query("text", str, "Only items with this in their text."),
    Query("incident", str, "Only items about this incident."),
)
LOCKED = (400, 403, 429)
"""Of what asks for a password again."""

TABLE: dict[str, Says] = {
    "GET /healthz": Says(shapes.Health, refusals={503: shapes.Health}),
    "GET /api/openapi.json": Says(shapes.Document),
    "GET /api": Says("text/html"),
    "GET /api/site": Says(SiteView),
    "GET /api/map": Says(MapView, tagged=True),
    "GET /api/inundation": Says(InundationsView, tagged=True),
    "GET /api/city": Says(CityView, tagged=True),
    "GET /api/stations": Says(StationsView),
    "GET /api/series": Says(Trace, (DATASTREAM, HOURS), errors=(400, 404)),
    "GET /api/forecast": Says(Outlook, (DATASTREAM,), errors=(404,)),
    "GET /api/alerts": Says(shapes.Alerts),
    "GET /api/cap": Says(
        "application/xml",
        (Query("identifier", str, "Of an alert message.", True),),
        errors=(404,),
    ),
    "GET /api/foreign": Says(ForeignsView),
    "GET /api/station": Says(
        StationPageView, (Query("id", str, "Of a station.", True),), errors=(404,)
    ),
    # Who asks, and who else may.
    "POST /api/sign-in": Says(shapes.Me, body=Credentials, errors=(401, 429)),
    "POST /api/sign-out": Says(shapes.Nothing),
    "POST /api/active": Says(shapes.Nothing),
    "GET /api/me": Says(shapes.Me),
    "GET /api/me/account": Says(shapes.MyAccount, errors=(404,)),
    "POST /api/me/password": Says(shapes.Ended, body=mine.NewPassword, errors=LOCKED),
    "POST /api/me/totp": Says(Picture, body=mine.Asked, errors=LOCKED),
    "POST /api/me/totp/on": Says(shapes.Ended, body=mine.Factor, errors=(*LOCKED, 409)),
    "POST /api/me/totp/off": Says(shapes.Ended, body=mine.Without, errors=(*LOCKED, 409)),
    "POST /api/me/sessions/end": Says(shapes.Ended),
    "GET /api/accounts": Says(shapes.Accounts),
    "POST /api/accounts/add": Says(people.Shared, body=people.Somebody, errors=(409,)),
    "POST /api/accounts/change": Says(shapes.Nothing, body=people.Somebody, errors=(404, 409)),
    "POST /api/accounts/password": Says(people.Shared, body=people.Whose, errors=(404, 409)),
    "POST /api/accounts/totp": Says(people.Shared, body=people.Factor, errors=(404, 409)),
    "POST /api/accounts/disable": Says(shapes.Nothing, body=people.Entry, errors=(404, 409)),
    "POST /api/accounts/sessions/end": Says(shapes.Ended, body=people.Whose, errors=(404, 409)),
    "POST /api/accounts/tokens/add": Says(people.Shared, body=people.Machine, errors=(409,)),
    "POST /api/accounts/tokens/revoke": Says(shapes.Nothing, body=people.Token, errors=(404,)),
    "GET /api/audit": Says(
        shapes.Audit, (Query("before", Number, "Only older rows."), *FILTERS), errors=(400,)
    ),
    "GET /api/audit/verify": Says(
        shapes.AuditChecked, (Query("from", Number, "First row; by default 1."),), errors=(400,)
    ),
    "GET /api/audit/export": Says("application/jsonl", FILTERS, errors=(400,)),
    # The desk, the log and the handover.
    "GET /api/desk/incidents": Says(QueueView, tagged=True),
    "GET /api/desk/incident": Says(
        CaseView, (Query("id", str, "An incident, or one of its messages.", True),), errors=(404,)
    ),
    "POST /api/desk/seen": Says(shapes.Nothing, body=Seen, errors=(404,)),
    "GET /api/desk/people": Says(shapes.People),
    "POST /api/desk/act": Says(
        (ActView, DoneView),
        body=Asked,
        refusals={404: shapes.ActRefused, 409: shapes.ActRefused},
    ),
    "GET /api/log": Says(LogView, LOGGED, errors=(400,)),
    "POST /api/log": Says(shapes.Logged, body=Written, errors=(404, 409)),
    "GET /api/handover": Says(ShiftView),
    "POST /api/handover": Says(HandoverView, body=Given, errors=(409,)),
    "POST /api/handover/taken": Says(HandoverView, body=Taken, errors=(404, 409)),
    "GET /api/handover/{number}": Says(HandedView, errors=(404,)),
    "GET /api/quiet": Says(QuietView),
    "GET /api/quiet/preview": Says(
        TouchedView, (Query("datastream", str, "A pattern with `*`.", True),), errors=(400,)
    ),
    "POST /api/quiet/drill": Says(DrillView, body=quiet.DrillAsked, errors=(409,)),
    "POST /api/quiet/drill/end": Says(DrillView, body=quiet.Ended, errors=(404, 409)),
    "POST /api/quiet/silence": Says(SilenceView, body=quiet.SilenceAsked, errors=(409,)),
    "POST /api/quiet/silence/end": Says(SilenceView, body=quiet.Ended, errors=(404, 409)),
    # Gateways, forecasts, venues, outcomes.
    "GET /api/technical": Says(TechnicalView),
    "GET /api/rejections": Says(
        shapes.Rejections,
        (
            Query("gateway", str, "Only this gateway's."),
            Query("datastream", str, "Only datastreams with this in their key."),
        ),
        errors=(400,),
    ),
    "GET /api/skill": Says(SkillView, (DATASTREAM, DAYS), errors=(400, 404)),
    "GET /api/skills": Says(
        SkillsView,
        (Query("days", Literal[1, 7, 14], "Of world time; 7 by default."),),
        errors=(400,),
        tagged=True,
    ),
    "GET /api/issued": Says(IssuedView, (DATASTREAM, FROM, TO), errors=(400, 404)),
    "GET /api/observed": Says(Trace, (DATASTREAM, FROM, TO), errors=(400, 404)),
    "GET /api/venues": Says(VenuesView, tagged=True),
    "GET /venues/{venue}.ics": Says("text/calendar", errors=(404,)),
    "GET /api/outcomes": Says(MonthView, (MONTH,), errors=(400,)),
    "GET /api/outcomes.csv": Says("text/csv", (MONTH,), errors=(400,)),
    "POST /api/outcomes/remark": Says(shapes.Remarked, body=RemarkSaid, errors=(404,)),
    # What anybody may read.
    "GET /feeds/cap.atom": Says(Atom, tagged=True),
    "GET /feeds/{area}.atom": Says(Atom, errors=(404,), tagged=True),
    "GET /feeds/{area}.json": Says(AreaFeed, errors=(404,), tagged=True),
    "GET /feeds/relay/{number}.xml": Says(CapXml, errors=(404,), tagged=True),
    "GET /cap/{identifier}.xml": Says(CapXml, errors=(404,), tagged=True),
}

TEXTS: dict[str, Any] = {
    "area": "Id of an area of the site.",
    "identifier": "Of an alert message; it may have slashes.",
    "number": "As the answer that named it.",
    "venue": "Id of a venue.",
}
"""Parameters of paths, in words."""
