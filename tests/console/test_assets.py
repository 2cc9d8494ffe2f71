"""The built page, as it is committed."""

import gzip
import re
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from console import cityviews, views
from console.desk import views as deskviews
from console.log import views as logviews
from console.outcomes import views as monthviews
from console.quiet import views as quietviews
from console.stations import views as placeviews

CONSOLE = Path(views.__file__).parent
STATIC = CONSOLE / "static"

NAMES = {"Outlook": "Outlook", "Heartbeat": "Heartbeat", "Vital": "Vital", "Trace": "Trace"}
NAMES |= {"StationsView": "Stations", "AlertView": "Alert", "AssessmentView": "Assessment"}
NAMES |= {"ExceedanceView": "Exceedance", "ForecastView": "Forecast", "SiteView": "Site"}
NAMES |= {"StationView": "Station", "DatastreamView": "Datastream", "ThresholdView": "Threshold"}
NAMES |= {"PlaceView": "Place", "AreaView": "Area", "PointView": "Point", "MapView": "SiteMap"}
NAMES |= {"ZoneView": "Zone", "InundationView": "Inundation", "InundationsView": "Inundations"}
NAMES |= {"InundationNews": "InundationNews"}


CITY = {"SignView": "Sign", "SpanView": "Span", "StretchView": "Stretch", "LimitView": "Limit"}
CITY |= {"BandView": "Band"}
CITY |= {"EventView": "VenueEvent", "ProgrammeView": "Programme", "GatewayView": "Gateway"}
CITY |= {"CityView": "City", "CityNews": "CityNews"}
DESK = {"DraftView": "Draft", "IncidentView": "Incident", "QueueView": "Queue", "ActView": "Act"}
DESK |= {"MessageView": "Message", "DeliveryView": "Delivery", "RunbookView": "Runbook"}
DESK |= {"ToldView": "Told", "CaseView": "Case", "IncidentNews": "IncidentNews"}
DESK |= {"RefusedView": "Refused", "DoneView": "Done", "PersonView": "Person"}
QUIET = {"DrillView": "Drill", "TouchedView": "Touched", "SilenceView": "Silence"}
QUIET |= {"ChoiceView": "Choice", "QuietView": "Quiet"}
LOG = {"ItemView": "Item", "HandoverView": "Handover", "LogView": "Log", "ShiftView": "Shift"}
LOG |= {"AccountView": "Account", "HandedView": "Handed"}
MONTH = {"ScoreView": "Score", "VerdictView": "Verdict", "RemarkView": "Remark"}
MONTH |= {"EventView": "Happened", "MonthView": "Month"}
PLACE = {"NewestView": "Newest", "RefusedView": "Refused", "QuietView": "Quiet"}
PLACE |= {"HappenedView": "Happened"}
WIRES = [(views, name, "wire.ts", typed) for name, typed in NAMES.items()]
WIRES += [(cityviews, name, "citywire.ts", typed) for name, typed in CITY.items()]
WIRES += [(quietviews, name, "quiet/wire.ts", typed) for name, typed in QUIET.items()]
WIRES += [(logviews, name, "log/wire.ts", typed) for name, typed in LOG.items()]
WIRES += [(deskviews, name, "desk/wire.ts", typed) for name, typed in DESK.items()]
WIRES += [(monthviews, name, "models/wire.ts", typed) for name, typed in MONTH.items()]
WIRES += [(placeviews, name, "station/wire.ts", typed) for name, typed in PLACE.items()]
WIRES += [(placeviews, "StationPageView", "station/wire.ts", "Found")]


def _asked(name: str, how: str) -> set[str]:
    """Return the scripts that `name` asks for, at once (`from`) or later (`import(`)."""
    text = (STATIC / name).read_text("utf-8")
    return set(re.findall(how + r'"\./([\w-]+\.js)"', text))


def _needs(name: str) -> set[str]:
    """Return `name` and all scripts that come with it."""
    found, new = {name}, {name}
    while new:
        new = set().union(*(_asked(each, "(?:from|import)") for each in new)) - found
        found |= new
    return found


def _weight(names: set[str]) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)


def test_the_first_load_is_at_most_150_kb_compressed() -> None:
    first = _needs("app.js")
    assert _weight(first | {"app.css", "index.html"}) <= 150_000
    later = set().union(*(_asked(name, r"import\(") for name in first))
    assert later, "the pages come when somebody looks at them"
    reached = first | _needs("signin.js")
    while more := set().union(*(_asked(n, r"import\(") for n in reached)) - reached:
        reached |= set().union(*map(_needs, more))
    assert {path.name for path in STATIC.glob("*.js")} == reached, "nothing asks for some of these"


def test_each_page_comes_later_and_is_small() -> None:
    for path in STATIC.glob("page-*.js"):
        assert _weight({path.name}) <= 20_000, path.name


def test_nothing_on_the_page_points_elsewhere() -> None:
    known = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"}
    known.add("http://www.w3.org/1998/Math/MathML")
    known.add("https://leafletjs.com")  # a link of Leaflet's attribution, which is switched off
    for path in STATIC.iterdir():
        assert set(re.findall(r"https?://[^\s\"'`)<>]+", path.read_text("utf-8"))) <= known, path


def test_the_page_has_no_inline_script_or_style() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page)


@pytest.mark.parametrize(("room", "name", "wire", "typed"), WIRES)
def test_python_and_typescript_agree_on_the_wire(
    room: ModuleType, name: str, wire: str, typed: str
) -> None:
    struct = getattr(room, name)
    source = (CONSOLE / "web/src" / wire).read_text("utf-8")
    body = re.search(rf"interface {typed} \{{(.*?)\n\}}", source, re.DOTALL)
    assert body, f"{wire} has no interface {typed}"
    fields = re.findall(r"^  (\w+): (.+);$", body.group(1), re.MULTILINE)
    told = msgspec.inspect.type_info(struct)
    assert isinstance(told, msgspec.inspect.StructType)
    ours = {
        field.name: isinstance(field.type, msgspec.inspect.UnionType) and field.type.includes_none
        for field in told.fields
    }
    assert {name: "null" in kind.split(" | ") for name, kind in fields} == ours


@pytest.mark.parametrize(("room", "names"), [(views, NAMES), (cityviews, CITY), (deskviews, DESK)])
def test_every_view_is_on_the_wire_in_both_languages(
    room: ModuleType, names: dict[str, str]
) -> None:
    views_here = {
        name
        for name, kind in vars(room).items()
        if isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and kind.__module__ == room.__name__
    }
    assert views_here == set(names)


@pytest.mark.parametrize("name", ["uPlot", "Leaflet", "Preact"])
def test_the_licence_names_the_version_that_is_built_in(name: str) -> None:
    package = (CONSOLE / "web/package.json").read_text("utf-8")
    pinned = re.search(rf'"{name.lower()}": "([\d.]+)"', package)
    assert pinned
    assert f"{name} {pinned.group(1)}" in (STATIC / "app.js").read_text("utf-8")
    assert "Leon Sorokin" in (STATIC / "licences.txt").read_text("utf-8")
    assert "Jason Miller" in (STATIC / "licences.txt").read_text("utf-8")
    assert "Volodymyr Agafonkin" in (STATIC / "licences.txt").read_text("utf-8")


def test_the_map_fetches_no_image() -> None:
    for path in STATIC.iterdir():
        assert not re.search(r"url\((?!#)", path.read_text("utf-8")), path
