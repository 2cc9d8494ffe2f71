"""From one minute's observations to the index of each slope and channel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.station import Site
from stream.hazards.contract import Findings, View
from stream.hazards.landslide import wording
from stream.hazards.landslide.outlines import outlines
from stream.hazards.landslide.plan import Channel, Instrument, LandslidePlan, Slope, SlopeUnit
from stream.hazards.landslide.rainfall import DAY_STEPS, Rainfall, rainfall
from stream.hazards.landslide.telling import LEADS_S, Case, first_threshold, tell
from stream.models.flood.rain.areal import weights
from stream.models.landslide import index, instruments
from stream.models.landslide.debris_flow import Antecedent, channel_z
from stream.models.landslide.ground import Ground, responses
from stream.models.landslide.instruments import Reading
from stream.models.landslide.rain_thresholds import PowerLaw
from stream.models.landslide.units import Past, Spread, ahead, past

Array = NDArray[np.float64]

KM_PER_DEGREE = 111.2
SILENT_MIN = 30.0
"""An instrument is silent after so long."""
READING_MIN = 1440
"""Minutes of an instrument that are looked at."""


class Engine:
    """The models of one plan, and what they remember of the last step of ten minutes."""

    def __init__(
        self,
        plan: LandslidePlan,
        site: Site,
        units: Sequence[SlopeUnit],
        inputs: tuple[str, ...],
    ) -> None:
        self._plan, self._inputs = plan, inputs
        self._places = {place.id: place for place in site.places}
        stations = {key: station for key, station, _ in site.datastreams()}
        spots = [(stations[key].latitude, stations[key].longitude) for key in plan.rain]
        self._origin = spots[0]
        self._gauges = self._km(spots)
        groups = {slope.group for slope in plan.slopes}
        self._units = [unit for unit in units if unit.group in groups]
        doubt = plan.doubt
        self._spread = Spread(doubt.friction, doubt.cohesion, doubt.soil_water, doubt.physical)
        self._ground = self._grounds()
        self._responses = responses(self._ground, steps=DAY_STEPS * plan.history_days)
        self._past: Past | None = None
        self._rested_on: tuple[float, bytes] = (0.0, b"")

    def judge(self, view: View) -> Findings:
        """Return what is found; the past is summed anew when a step ends or came to be known."""
        rain = rainfall(
            view.history[: len(self._plan.rain)],
            view.issue_s,
            self._plan.climate,
            self._gauges,
            self._plan.members,
        )
        z = self._unit_z(rain, view.issue_s)
        told = [tell(self._slope(slope, z, rain, view), view) for slope in self._plan.slopes]
        told += [tell(self._channel(channel, rain), view) for channel in self._plan.channels]
        forecasts = [forecast for forecast, _ in told if forecast is not None]
        return Findings(forecasts, [assessment for _, assessment in told])

    def _unit_z(self, rain: Rainfall, issue_s: float) -> NDArray[np.float32]:
        """Return z (n, members, leads) of all units."""
        rests_on = (issue_s // 600.0, rain.past_mm.tobytes())
        if self._past is None or rests_on != self._rested_on:
            self._past = past(
                self._ground, self._responses, rain.past_mm, start_mm=self._plan.start_mm
            )
            self._rested_on = rests_on
        z = ahead(self._ground, self._responses, self._past, rain.ahead_mm, self._spread)
        return np.asarray(_at_leads(z, rain.minutes))

    def _slope(self, slope: Slope, all_z: NDArray[np.float32], rain: Rainfall, view: View) -> Case:
        mine = np.array([unit.group == slope.group for unit in self._units])
        z, units = all_z[mine], [u for u, own in zip(self._units, mine, strict=True) if own]
        readings = self._readings(slope, view)
        silent = [i for i, reading in readings.items() if reading.silent_min > SILENT_MIN]
        place = self._places[slope.place]
        first = first_threshold(place)
        near = [u for u, hit in zip(units, index.reached(z, first), strict=True) if hit]
        assert self._past is not None
        return Case(
            place=place,
            z=index.worst_share(z, slope.share),
            instruments=instruments.joined([r.by_lead for r in readings.values()], len(LEADS_S)),
            spread=self._plan.doubt.index,
            widened=self._plan.doubt.silent * (len(silent) + rain.unknown),
            blind=rain.unknown >= 1.0 and len(silent) == len(readings),
            degraded=[
                *wording.rain_faults(self._plan.rain, rain),
                *wording.silent(silent, readings),
            ],
            evidence=[
                f"{len(near)} of {len(units)} slope units at index {first:g} or more within 3 h",
                *wording.soil_water(self._past.tanks[mine].sum(axis=1)),
                *wording.rain(*self._mean_rain(mine, rain)),
                *wording.readings(readings, view.issue_s),
            ],
            where=outlines(near),
        )

    def _channel(self, channel: Channel, rain: Rainfall) -> Case:
        place = self._places[channel.place]
        share = weights(self._gauges, self._km([(place.latitude, place.longitude)]))[0]
        share = share * channel.rain_factor
        past_mm, ahead_mm = share @ rain.past_mm, np.einsum("g,mgk->mk", share, rain.ahead_mm)
        law = PowerLaw(channel.alpha, channel.beta, 0.1, 72.0)
        antecedent = Antecedent(channel.keep, channel.full_mm, channel.gain)
        z = channel_z(past_mm, ahead_mm, law, antecedent, spread=channel.spread)
        return Case(
            place=place,
            z=_at_leads(z, rain.minutes),
            instruments=np.zeros(len(LEADS_S)),
            spread=0.0,
            widened=self._plan.doubt.silent * rain.unknown,
            blind=rain.unknown >= 1.0,
            degraded=wording.rain_faults(self._plan.rain, rain),
            evidence=[
                *wording.rain(past_mm, ahead_mm),
                f"threshold {channel.alpha:g}·D^−{channel.beta:g} mm/h",
            ],
            where=[],
        )

    def _readings(self, slope: Slope, view: View) -> dict[Instrument, Reading]:
        leads = np.array(LEADS_S, dtype=np.float64)
        found = {}
        for plan in slope.instruments:
            minutes = view.history[self._inputs.index(plan.datastream), -READING_MIN:]
            if plan.moves:
                found[plan] = instruments.movement(
                    minutes,
                    view.issue_s,
                    leads,
                    caution=plan.caution,
                    warning=plan.warning,
                    window_h=plan.window.total_seconds() / 3600.0,
                )
            else:
                found[plan] = instruments.level(
                    minutes, leads, caution=plan.caution, warning=plan.warning
                )
        return found

    def _mean_rain(self, mine: NDArray[np.bool_], rain: Rainfall) -> tuple[Array, Array]:
        share = self._ground.rain_weights[mine].mean(axis=0)
        return share @ rain.past_mm, np.einsum("g,mgk->mk", share, rain.ahead_mm)

    def _grounds(self) -> Ground:
        def column(name: str, unit: float = 1.0) -> Array:
            return unit * np.array([getattr(u, name) for u in self._units], dtype=np.float64)

        spots = self._km([(unit.latitude, unit.longitude) for unit in self._units])
        share = weights(self._gauges, spots) * column("rain_factor")[:, None]
        return Ground(
            depth_m=column("depth_m"),
            water_depth_m=column("water_depth_m"),
            slope=np.deg2rad(column("slope_deg")),
            friction=np.deg2rad(column("friction_deg")),
            cohesion=column("cohesion_kpa", 1e3),
            soil_weight=column("soil_weight_kn_m3", 1e3),
            diffusivity=column("diffusivity_m2_s"),
            conductivity=column("conductivity_m_s"),
            soil_water_mm=column("soil_water_mm"),
            rain_weights=share,
        )

    def _km(self, spots: Sequence[tuple[float, float]]) -> Array:
        """Return (n, 2) km east and north of the first gauge."""
        places = np.array(spots, dtype=np.float64).reshape(-1, 2) - np.array(self._origin)
        stretch = np.cos(np.deg2rad(self._origin[0]))
        return np.stack((places[:, 1] * stretch, places[:, 0]), axis=1) * KM_PER_DEGREE


def _at_leads(z: NDArray[np.float32] | Array, passed: int) -> Array:
    """Return z (..., k) at leads of whole steps, `passed` minutes after a step ended."""
    part = passed / 10.0
    return np.asarray(z[..., :-1] * (1.0 - part) + z[..., 1:] * part)
