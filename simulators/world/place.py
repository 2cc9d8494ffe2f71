"""The schema of `sites/<id>/world.toml`: sea, rivers and catchments of a simulated place."""

from typing import Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.observation import AwareTime

Positive = Annotated[float, Meta(gt=0)]


class Sea(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sea at the mouth of the river, and the buoy off it."""

    latitude: float
    longitude: float
    mean_level_m: float
    """Mean sea level above the datum of the stages [m]."""
    constituents: dict[str, tuple[float, float]]
    """Tidal constituent → (amplitude [m], Greenwich phase lag [deg])."""
    amplitude_factor: Positive = 1.0
    """All amplitudes are multiplied by this [-]."""
    fetch_km: Positive
    """Length of the shallow water on which the wind piles the sea up [km]."""
    depth_m: Positive
    """Its mean depth [m]; the waves feel it too."""
    onshore_deg: float
    """Direction from which wind piles the sea up most [deg, from north]."""
    response_h: Positive = 2.5
    """Time in which the sea follows the wind [h]."""


class Catchment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catchment that drains into a river at one place, or evenly along it."""

    id: str
    latitude: float
    longitude: float
    area_km2: Positive
    radius_km: Positive
    """Rain is averaged over points this far around the centre [km]."""
    orography: Positive = 1.0
    """Rain relative to the open plain [-]."""
    store_mm: Positive = 120.0
    """Water the soils take from dry to full [mm]."""
    coefficient: Positive
    """k of q = k S^1.6: runoff [mm/h] from the water S [mm] on its way."""
    channel_h: Positive
    """Residence time of runoff in the brooks [h]."""
    baseflow_mm_h: float = 0.04
    """Runoff in dry weather [mm/h]."""
    reach: str
    """The river it drains into."""
    km: tuple[float, float]
    """Where: evenly from here to there, km from the reach's upper end."""


class Reach(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A river between two nodes; bed and width change evenly along it."""

    id: str
    into: str = ""
    """The reach it flows into, at its upper end; empty: the sea."""
    length_km: Positive
    width_m: tuple[float, float]
    """Of the channel, at the upper and the lower end [m]."""
    bed_m: tuple[float, float]
    """Height of the bed above datum, at the upper and the lower end [m]."""
    bank_m: tuple[float, float]
    """Height of the banks above datum, at the upper and the lower end [m]."""
    plain_m: Positive
    """Width of the land on both sides that floods above the banks [m]."""
    manning: Positive = 0.027
    """Manning's roughness of the channel [s/m^(1/3)]."""


class Gauge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where on a river a station looks at `stage` and `discharge`."""

    station: str
    reach: str
    km: float
    """From the reach's upper end [km]."""


class RainGauge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A station with `rain`; its place is in site.toml."""

    station: str
    orography: Positive = 1.0


class SlopePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A slope with instruments (simulators/world/slopes.py); its place is in site.toml."""

    station: str
    rain_station: str
    """Whose rain falls on it."""
    rain_factor: Positive = 1.0
    most_mm_h: Positive = 30.0
    """What the ground takes at most [mm/h]."""
    store_mm: Positive = 30.0
    """Water in the soil at the beginning [mm]."""
    drain_h: Positive = 18.0
    """Residence time of water in the soil [h]."""
    fills_mm: Positive = 60.0
    """Store that fills the soil to 63 % [mm]."""
    kpa_per_mm: Positive = 0.06
    """Pressure for each mm in store [kPa]."""
    critical_kpa: Positive = 12.0
    """Pressure at which creep would feed on itself [kPa]."""
    creep_mm_h: Positive = 0.3
    """Creep at that pressure [mm/h]."""
    tilt_deg_per_mm: Positive = 0.01
    fails: bool = False
    """It runs away beyond the critical pressure …"""
    runaway_per_mm: Positive = 0.3
    """… by dv/dt = A·v² with this A [1/mm]."""


class UnderpassPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An underpass with instruments (simulators/world/underground.py)."""

    station: str
    rain_station: str
    """Whose rain falls on it and on the streets around."""
    length_m: Positive
    """Of the trough [m]."""
    floor_m: Positive
    """Width of its floor [m] …"""
    side: Positive = 4.0
    """… and run of its sides [m for each m of height]."""
    ramps_m2: Positive
    """Open ramps, whose rain runs in [m2]."""
    ramp_m: Positive = 8.0
    """Width of the ramps' upper ends, over which the street's water comes [m]."""
    kerb_m: float = 0.10
    """Height of the hump at their upper ends [m]."""
    drain_mm_h: Positive = 25.0
    """Rain that the drains of the streets take [mm/h]."""
    gathers: Positive = 3.0
    """How many times its own rain a low street gathers [-]."""
    pump_m3_s: Positive
    pump_fails_at: AwareTime | None = None
    """When the pump stops for good."""


class CoastEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something people come to the coast for."""

    start: AwareTime
    end: AwareTime
    people: Positive


class CoastPeople(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People, counters and weather at the venues on the coast (simulators/world/people.py)."""

    weather_station: str
    """Weather on the beach."""
    basin_station: str
    """Wind and waves in the sailing centre's basin."""
    tower_station: str
    """The camera that counts all people on the ground."""
    gate_stations: tuple[str, str]
    parking_station: str
    check_stations: tuple[str, str]
    """Two checkpoints; the second one goes silent."""
    rain_station: str
    """Whose rain falls here too."""
    shelter: Positive
    """Wind on the beach / wind at the buoy [-]."""
    basin_shelter: Positive
    basin_waves: Positive
    """Wave height in the basin / at the buoy [-]."""
    strollers_per_min: Positive
    """Who come without an event, at noon [persons/min]."""
    exits_per_min: Positive
    """What the gates let out [persons/min]."""
    arrive_min: Positive = 60.0
    bays: int
    by_car: Positive = 0.5
    posts: int
    per_post_min: Positive
    silent_from: AwareTime
    silent_h: Positive
    gatherings: tuple[CoastEvent, ...] = field(name="gathering", default=())


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole world.toml."""

    sea: Sea
    tide_station: str
    """Station whose `tide` is the sea level at the mouth."""
    buoy_station: str
    """Station with wind, pressure, waves and water temperature."""
    cell_km: Positive = 1.0
    """Length of the river's cells [km]."""
    catchments: tuple[Catchment, ...] = field(name="catchment")
    reaches: tuple[Reach, ...] = field(name="reach")
    gauges: tuple[Gauge, ...] = field(name="gauge")
    rain_gauges: tuple[RainGauge, ...] = field(name="rain_gauge")
    people: CoastPeople | None = None
    slopes: tuple[SlopePlan, ...] = field(name="slope", default=())
    underpasses: tuple[UnderpassPlan, ...] = field(name="underpass", default=())

    def __post_init__(self) -> None:
        names = {reach.id for reach in self.reaches}
        asked = [("catchment", c.id, c.reach) for c in self.catchments]
        asked += [("gauge", g.station, g.reach) for g in self.gauges]
        asked += [("reach", r.id, r.into) for r in self.reaches if r.into]
        for kind, name, reach in asked:
            if reach not in names:
                raise ValueError(f"{kind} `{name}`: no reach `{reach}`")
        if sum(not reach.into for reach in self.reaches) != 1:
            raise ValueError("exactly one reach must flow into the sea (without `into`)")
