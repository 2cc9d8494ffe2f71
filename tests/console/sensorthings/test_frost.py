"""frost-sta-client, as people's programs use it, against the console."""

import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    frost = pytest.importorskip("frost_sta_client", reason="pip install frost-sta-client")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def service(console: Any) -> Any:
    """Return the client's view of the console."""
    found = frost.SensorThingsService(console.url)
    execute = found.execute

    def with_token(method: str, url: Any, **more: Any) -> Any:
        headers = {**more.pop("headers", {}), "Authorization": f"Bearer {console.token}"}
        return execute(method, url, headers=headers, **more)

    found.execute = with_token  # it has basic authentication alone
    return found


def test_it_creates_reads_pages_patches_and_deletes(service: Any) -> None:
    place = frost.Location(
        name="Roof",
        description="A flat one",
        encoding_type="application/geo+json",
        location={"type": "Point", "coordinates": [121.5, 29.9]},
    )
    thing = frost.Thing(
        name="Lab", description="A laboratory", properties={"floor": 3}, locations=[place]
    )
    service.create(thing)
    assert service.things().find(thing.id).name == "Lab"
    stream = frost.Datastream(
        name="Dew",
        description="Dew on the roof",
        observation_type="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        unit_of_measurement=frost.UnitOfMeasurement("degree", "Cel", "ucum:Cel"),
        thing=frost.Thing(id=thing.id),
        sensor=frost.Sensor(
            name="Probe", description="-", encoding_type="text/plain", metadata="-"
        ),
        observed_property=frost.ObservedProperty(
            name="Dew point", definition="urn:dew", description="-"
        ),
    )
    service.create(stream)
    for minute in range(5):
        service.create(
            frost.Observation(
                phenomenon_time=f"2015-03-01T00:0{minute}:00Z",
                result=float(minute),
                datastream=frost.Datastream(id=stream.id),
            )
        )
    query = service.datastreams().find(stream.id).get_observations().query()
    pages = query.filter("result gt 0").orderby("phenomenonTime", "desc").top(2).list()
    assert [observation.result for observation in pages] == [4.0, 3.0, 2.0, 1.0]

    service.patch(thing, [{"op": "replace", "path": "/properties/floor", "value": 4}])
    assert service.things().find(thing.id).properties == {"floor": 4}
    found = service.things().find(thing.id)
    found.name = "Laboratory"
    service.update(found)
    assert service.things().find(thing.id).name == "Laboratory"

    service.delete(stream)
    service.delete(thing)
    assert [t.id for t in service.things().query().list() if t.id == thing.id] == []


def test_it_creates_many_observations_at_once(service: Any) -> None:
    array = frost.model.ext.data_array_value.DataArrayValue()
    kinds = frost.model.ext.data_array_value.DataArrayValue.Property
    array.components = {kinds.PHENOMENON_TIME, kinds.RESULT}
    array.datastream = frost.Datastream(id=1)
    for minute in range(3):
        array.add_observation(
            frost.Observation(phenomenon_time=f"2026-07-12T02:0{minute}:00Z", result=minute)
        )
    document = frost.model.ext.data_array_document.DataArrayDocument()
    document.add_data_array_value(array)
    links = [made.self_link for made in service.observations().create(document)]
    assert len(links) == 3
    assert all("/v1.1/Observations(" in link for link in links)
