"""All instruments of a site on their lines: opened together, served, closed together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from forewarn.domain.clock import Clock
from forewarn.domain.logs import fields
from forewarn.domain.station import Site, Station
from simulators.errors import SimulatorError
from simulators.faults import Faults, FaultyWorld
from simulators.line import SerialLine
from simulators.logger8 import Logger8
from simulators.modbus import SerialBus, TcpBus, Unit
from simulators.nmea_talker import NmeaTalker
from simulators.radar_level import RadarLevel
from simulators.scenario import (
    BucketPlan,
    CameraPlan,
    Instruments,
    LoggerPlan,
    NmeaPlan,
    RadarPlan,
    Sdi12Plan,
    SirenPlan,
    Sl651Plan,
    WaveBuoyPlan,
)
from simulators.sdi12 import Sdi12Bus, Sdi12Sensor
from simulators.siren import Siren
from simulators.sl651_station import Sl651Station
from simulators.tipping_bucket import TippingBucket
from simulators.wave_buoy import WaveBuoy
from simulators.world import World

if TYPE_CHECKING:
    from simulators.cameras.server import Camera

log = logging.getLogger("simulate")


class SimulatedSite:
    """The instruments of one site over one world."""

    def __init__(
        self, site: Site, instruments: Instruments, *, world: World, clock: Clock, faults: Faults
    ) -> None:
        self._stations = {station.id: station for station in site.stations}
        self._instruments, self._clock, self._faults = instruments, clock, faults
        self._world = FaultyWorld(world, faults)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[dict[str, str]]:
        """Open every line and let all instruments talk; yield the URL of each line by name."""
        lines: dict[str, SerialLine] = {}
        buses: list[TcpBus] = []
        cameras: list[Camera] = []
        urls: dict[str, str] = {}
        talks: list[asyncio.Task[None]] = []
        try:
            for name, kind in self._instruments.device.items():
                if kind == "tcp":
                    buses.append(TcpBus(self._units(name)))
                    urls[name] = await buses[-1].open()
                elif kind == "http":
                    cameras.append(self._camera(name))
                    urls[name] = await cameras[-1].open()
                else:
                    line = lines[name] = SerialLine(name)
                    urls[name] = line.url()
                    talks += [asyncio.create_task(talk) for talk in self._attach(name, line)]
            yield urls
        finally:
            for task in talks:
                task.cancel()
            await asyncio.gather(*talks, return_exceptions=True)
            for bus in buses:
                await bus.close()
            for camera in cameras:
                await camera.close()
            for line in lines.values():
                line.close()

    def _camera(self, device: str) -> "Camera":
        """Return the camera on `device`; OpenCV is imported only where there is one."""
        from simulators.cameras.server import Camera

        for plan in self._instruments.instruments:
            if isinstance(plan, CameraPlan) and plan.device == device:
                return Camera(plan, world=self._world, clock=self._clock, faults=self._faults)
        raise SimulatorError(f"device `{device}` has no camera")

    def _units(self, device: str) -> dict[int, Unit]:
        """Return the Modbus units on `device`, by unit number."""
        units: dict[int, Unit] = {}
        for plan in self._instruments.instruments:
            if plan.device != device:
                continue
            if isinstance(plan, LoggerPlan):
                units[plan.unit] = self._logger(plan)
            elif isinstance(plan, RadarPlan):
                units[plan.unit] = RadarLevel(
                    f"{plan.station}/stage",
                    elevation_m=plan.sensor_elevation_m,
                    world=self._world,
                    clock=self._clock,
                    faults=self._faults,
                )
            elif isinstance(plan, SirenPlan):
                units[plan.unit] = Siren(
                    time.monotonic,
                    partial(self._fault, plan.station),
                    partial(_say_siren, plan.station),
                )
        return units

    def _fault(self, station: str) -> str | None:
        """Return `silence` or `garbage` while the instrument at `station` has that fault."""
        now = self._clock.now().timestamp()
        active = (k for k in ("silence", "garbage") if self._faults.active(station, k, now))
        return next(active, None)

    def _sdi12(self, plan: Sdi12Plan) -> Sdi12Sensor:
        keys = _keys(self._stations[plan.station])

        def values() -> list[float]:
            now = self._clock.now().timestamp()
            return [self._world.current(key, now) for key in keys]

        return Sdi12Sensor(plan.address, values, fault=partial(self._fault, plan.station))

    def _logger(self, plan: LoggerPlan) -> Logger8:
        station = self._stations[plan.station]
        return Logger8(
            station.id,
            _keys(station),
            interval_s=_interval_s(station),
            depth=plan.depth,
            world=self._world,
            clock=self._clock,
            faults=self._faults,
        )

    def _attach(self, device: str, line: SerialLine) -> list[Coroutine[Any, Any, None]]:
        """Put the instruments of `device` on `line`; return what those that talk unasked do."""
        if units := self._units(device):
            SerialBus(line, units)
        plans = [plan for plan in self._instruments.instruments if plan.device == device]
        if sensors := [self._sdi12(plan) for plan in plans if isinstance(plan, Sdi12Plan)]:
            Sdi12Bus(line, sensors)
        talks: list[Coroutine[Any, Any, None]] = []
        for plan in plans:
            if isinstance(plan, NmeaPlan):
                talks.append(self._talker(plan, line).talk())
            elif isinstance(plan, BucketPlan):
                talks.append(self._bucket(plan, line).talk())
            elif isinstance(plan, WaveBuoyPlan):
                talks.append(self._wave_buoy(plan, line).talk())
            elif isinstance(plan, Sl651Plan):
                remote = self._remote(plan, line)
                line.on_bytes(remote.receive)
                talks.append(remote.talk())
        return talks

    def _talker(self, plan: NmeaPlan, line: SerialLine) -> NmeaTalker:
        station = self._stations[plan.station]
        return NmeaTalker(
            plan.station,
            [stream.property for stream in station.datastreams],
            interval=plan.interval,
            line=line,
            world=self._world,
            clock=self._clock,
            faults=self._faults,
            anchor=(station.latitude, station.longitude),
        )

    def _remote(self, plan: Sl651Plan, line: SerialLine) -> Sl651Station:
        return Sl651Station(
            plan.station,
            [stream.property for stream in self._stations[plan.station].datastreams],
            address=plan.address,
            interval=plan.interval,
            send=line.write,
            world=self._world,
            clock=self._clock,
            faults=self._faults,
        )

    def _wave_buoy(self, plan: WaveBuoyPlan, line: SerialLine) -> WaveBuoy:
        return WaveBuoy(
            plan.station,
            rate_hz=plan.rate_hz,
            line=line,
            world=self._world,
            clock=self._clock,
            faults=self._faults,
        )

    def _bucket(self, plan: BucketPlan, line: SerialLine) -> TippingBucket:
        return TippingBucket(
            f"{plan.station}/rain",
            mm_per_tip=plan.mm_per_tip,
            line=line,
            world=self._world,
            clock=self._clock,
            faults=self._faults,
        )


def _say_siren(station: str, on: bool) -> None:
    log.info("siren sounds" if on else "siren was switched off", extra=fields(station=station))


def _keys(station: Station) -> list[str]:
    return [f"{station.id}/{stream.property}" for stream in station.datastreams]


def _interval_s(station: Station) -> int:
    """Return the one interval of the datastreams of `station` [s]; a logger has only one."""
    intervals = {stream.interval.total_seconds() for stream in station.datastreams}
    if len(intervals) != 1:
        raise SimulatorError(
            f"logger `{station.id}`: its datastreams have intervals of "
            f"{sorted(intervals)} s; a logger has one"
        )
    return int(intervals.pop())
