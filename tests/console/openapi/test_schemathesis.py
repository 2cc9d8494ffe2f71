"""Every described operation, asked with whatever its description allows, and with what it forbids.

No answer is a fault of the server; each is one that is described, and has the shape it should.
"""

import http.client
import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from msgspec.structs import replace
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from forewarn.domain.desk import Act, Action
from forewarn.domain.foreign import Foreign, ForeignAlert, ForeignInfo
from forewarn.domain.hazard import Level
from forewarn.domain.station import Site
from forewarn.storage.foreign import store_foreign
from forewarn.storage.incidents import act

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
EXAMPLES = 5
"""Of each operation and kind: what is found is found by breadth, not by patience."""
LEAVING = {"/api/sign-out", "/api/sign-in", "/api/me/password", "/api/me/sessions/end"}
"""They end the session that asks, or lock its account: tests/console/access asks them."""
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
INCIDENT = "test.flood.weir-stage"
REAL = {
    "datastream": ["weir/stage", "hill/rain", "no/such"],
    "from": ["2026-07-11T00:00:00Z"],
    "to": ["2026-07-12T00:00:00Z"],
    "identifier": ["test.flood/1", "none"],
    "area": ["town", "none"],
    "number": [1, 2, 10**18],
    "incident": [INCIDENT, "none"],
    "event": [INCIDENT, "none"],
    "id": [INCIDENT, "test.flood/2", "weir", "none", "\0"],
}
"""What parameters and fields of bodies are, so that there are answers and not only refusals."""
TYPES = {str: "string", int: "integer"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Console:
    """A console with rows to show, and an administrator who asks."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port, self.headers = port, headers
        self.document = json.loads(self.ask("GET", "/api/openapi.json")[2])

    def ask(self, method: str, path: str) -> tuple[int, Any, bytes]:
        """Return status, headers and body."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, headers=self.headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()


def fill(world: Any) -> None:
    """Put a row into what the answers are made of."""
    for minute in range(0, 300, 10):
        at, missing = NOW - timedelta(minutes=minute), minute % 50 == 0
        world.observe("weir/stage", (at, 7.0 + minute / 300, 1))
        world.observe("hill/rain", (at, None if missing else 0.2, 9 if missing else 1))
    world.forecast(NOW - timedelta(minutes=90))
    world.forecast(NOW - timedelta(minutes=10))
    world.alert(1)
    world.alert(2, msg_type="Update", sent=NOW + timedelta(minutes=1))
    said = {"author": "kim", "incident": INCIDENT, "at": NOW}
    act(world.connection, Action(act=Act.COMMENT, detail={"text": "x"}, **said))
    info = ForeignInfo(
        language="",
        event="Rain",
        severity="Severe",
        urgency="Expected",
        certainty="Likely",
        level=Level.ORANGE,
        level_from="severity",
        effective=NOW,
        expires=NOW + timedelta(hours=9),
        expires_given=True,
        onset=None,
        headline="",
        description="",
        instruction="",
        sender_name="",
        where="Town",
        areas=("town",),
        located=True,
    )
    message = ForeignAlert(
        source="nmc",
        sender="nmc@example.org",
        identifier="n-1",
        sent=NOW,
        msg_type="Alert",
        status="Actual",
        scope="Public",
        note="",
        references=(),
        infos=(info,),
        signed_by="",
        cap=b"<alert/>",
    )
    store_foreign(world.connection, message)


@pytest.fixture
def console(
    site: Site, world: Any, serve: Callable[..., Any], database: str, signed_in: Any
) -> Console:
    fill(world)
    nmc = Foreign(id="nmc", url="drop", senders=("nmc@example.org",), use="relay")
    client = serve(database, site=replace(site, foreign=(nmc,)))
    person = signed_in(client.port, "root", "admin")
    return Console(client.port, dict(person._headers))


def narrowed(document: Any) -> Any:
    """Return `document` with parameters and fields that mean something, and without sign-in."""
    found, bodies = json.loads(json.dumps(document)), set()
    for methods in found["paths"].values():
        for said in methods.values():
            said.pop("security")  # the headers are given; what strangers get is another test's
            for parameter in said["parameters"]:
                if parameter["name"] in REAL:
                    kind = parameter["schema"].get("type")  # `from` is a time, or a number
                    same = [v for v in REAL[parameter["name"]] if TYPES[type(v)] == kind]
                    parameter["schema"] = {"enum": same} if same else parameter["schema"]
            if "requestBody" in said:
                schema = said["requestBody"]["content"]["application/json"]["schema"]
                bodies.add(schema["$ref"].rpartition("/")[2])
    for name in bodies:  # answers keep their schemas: they are what is tested
        schema = found["components"]["schemas"][name]
        for field in ("incident", "event"):
            if schema["properties"].get(field, {}).get("type") == "string":
                schema["properties"][field] = {"enum": REAL[field]}
    return found


def test_whatever_is_asked_the_answer_is_one_that_is_described(console: Console) -> None:
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in WANTED]
    schema = schemathesis.openapi.from_dict(narrowed(console.document))
    schema.config.update(base_url=f"http://127.0.0.1:{console.port}")
    seen: Counter[tuple[str, int]] = Counter()
    wrong: list[str] = []

    def tried(operation: Any, mode: GenerationMode) -> None:
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            case.headers = {**(case.headers or {}), **console.headers}
            answer = case.call()
            seen[f"{operation.method.upper()} {operation.path}", answer.status_code] += 1
            case.validate_response(answer, checks=checks)

        try:
            ask()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # nothing can be said wrongly
        except FailureGroup as found:
            wrong.append(f"{operation.method.upper()} {operation.path}: {found.exceptions[0]}")

    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path not in LEAVING:
            tried(operation, GenerationMode.POSITIVE)
            tried(operation, GenerationMode.NEGATIVE)
    assert wrong == []
    answered = {name for name, status in seen if status == 200}
    asked = {name for name, _ in seen}
    print(*sorted(f"{name} {status}: {n}" for (name, status), n in seen.items()), sep="\n")
    assert len(asked) > 50
    never = {name for name in asked - answered if name.startswith("GET")}
    assert never <= {"GET /venues/{venue}.ics", "GET /api/handover/{number}"}


def test_methods_that_are_not_described_are_405_and_say_which_are(console: Console) -> None:
    for path, described in console.document["paths"].items():
        concrete = path.replace("{area}", "town").replace("{number}", "1")
        concrete = concrete.replace("{identifier}", "a").replace("{venue}", "a")
        for method in METHODS:
            if method.lower() in described or path in LEAVING:
                continue
            status, headers, body = console.ask(method, concrete)
            assert (status, bool(headers["Allow"])) == (405, True), (method, path)
            assert json.loads(body)["error"]
