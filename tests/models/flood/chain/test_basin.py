"""basin.toml: the shipped one fits its site, and what cannot be is refused by name."""

from pathlib import Path

import pytest

from forewarn.domain.config import convert, load
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import load_site
from stream.models.flood.basin import Basin
from stream.models.flood.chain import Chain

SITES = Path(__file__).parents[4] / "sites"


@pytest.mark.parametrize("path", sorted(SITES.glob("*/basin.toml")), ids=lambda p: p.parent.name)
def test_the_basins_of_the_sites_make_a_chain_of_datastreams_that_are_there(path):
    chain = Chain(load(path, Basin))
    known = {key for key, _, _ in load_site(path.parent).datastreams()}
    assert set(chain.inputs) <= known
    assert set(chain.gauges) <= known


GOOD = {
    "name": "a",
    "catchment": [{"id": "c", "latitude": 1, "longitude": 2, "area_km2": 3, "reach": "r"}],
    "reach": [
        {"id": "r", "length_km": 5, "width_m": [5, 5], "bed_m": [2, 0], "bank_m": [4, 3]},
    ],
    "gauge": [{"stage": "g/stage", "reach": "r", "km": 2}],
}


def changed(kind, **more):
    return GOOD | {kind: [GOOD[kind][0] | more]}


def test_a_small_basin_is_good():
    assert convert(GOOD, Basin, source="basin.toml").inputs == ("g/stage",)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (changed("gauge", km=9), "km 9 lies beyond reach `r`, 5 km long"),
        (changed("gauge", reach="x"), "no reach `x`; there are: r"),
        (changed("gauge", reach=""), "needs either `reach` or `catchment`"),
        (changed("gauge", reach="", catchment="c"), "needs a `rating`"),
        (changed("reach", into="q"), "`into` names `q`"),
        (changed("reach", bank_m=[1, 3]), "`bank_m` must lie above `bed_m`"),
        (changed("reach", routing="muskingum-cunge", bed_m=[0, 2]), "needs a bed that falls"),
        (
            changed("reach", routing="muskingum-cunge"),
            "muskingum-cunge reach needs a `rating`",
        ),
        (changed("catchment", area_km=5), "Did you mean `area_km2`?"),
        (GOOD | {"catchment": GOOD["catchment"] * 2}, "catchment `c` is there twice"),
        (GOOD | {"catchment": []}, "at least one `catchment`"),
        (GOOD | {"evaporation_mm_day": [1.0]}, "12 values"),
        (GOOD | {"sea": {"tide": "s/tide", "constituents": {"M99": [1, 2]}}}, "no constituent"),
        (
            GOOD
            | {
                "pump": [
                    {
                        "id": "p",
                        "reach": "r",
                        "km": 1,
                        "capacity_m3_s": 3,
                        "start_m": 1,
                        "stop_m": 0,
                    }
                ]
            },
            "leads to the sea, but there is no `sea`",
        ),
    ],
)
def test_what_cannot_be_is_named(raw, words):
    with pytest.raises(ConfigError) as raised:
        convert(raw, Basin, source="basin.toml")
    assert words in str(raised.value)


def test_a_parameter_of_another_model_is_refused():
    raw = changed("catchment", runoff={"x4": 1.0})
    with pytest.raises(ValueError, match="no parameter `x4`"):
        Chain(convert(raw, Basin, source="basin.toml"))
