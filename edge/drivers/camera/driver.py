"""Cameras: the agent's side. Pictures are looked at by another process (`edge.cameras`)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from edge import DriverError
from edge.address import OtherAddress
from edge.cameras.scene import Plan, Report
from edge.drivers.camera.config import CameraConfig
from edge.drivers.camera.decode import Pictures, Value
from edge.drivers.camera.vision import Vision
from edge.drivers.contract import Answer, Driver, Shown
from edge.lines import Lines
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality


def open_line(
    name: str, configs: Sequence[CameraConfig], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`; `edge check` says that there is one a camera."""
    return [CameraDriver(name, config, lines, clock) for config in configs]


class CameraDriver:
    """One camera: the median of each interval, flows over their window.

    Parameters
    ----------
    command : list of str, optional
        What to start as the vision process instead, in tests.
    """

    remembers = False

    def __init__(
        self,
        name: str,
        config: CameraConfig,
        lines: Lines,
        clock: Clock,
        command: list[str] | None = None,
    ) -> None:
        self._name, self._config, self._lines, self._clock = name, config, lines, clock
        people = config.people
        self._pictures = Pictures(
            config.properties(),
            people.flows() if people else (),
            people.flow_over_s if people else 60.0,
        )
        self._last: Report | None = None
        self._reported: datetime | None = None
        self.vision = Vision(
            self._plan,
            self._take,
            silent_after_s=config.silent_after_s,
            memory_mb=config.memory_mb,
            command=command,
        )

    def _plan(self) -> Plan:
        address = self._lines.address(self._name)
        if not isinstance(address, OtherAddress):
            raise DriverError(f"{self._config.station}: {address} is no camera; give http://…")
        return Plan(
            url=address.url,
            station=self._config.station,
            scene=self._config.scene(),
            timeout_s=self._lines.timeout_s(self._name),
        )

    def _take(self, report: Report) -> None:
        self._last = report
        self._pictures.take(report)

    async def read(self) -> Answer:
        """Hand over the interval that is over; nothing while there is no picture."""
        self.vision.start()
        width = self._config.interval.total_seconds()
        end = datetime.fromtimestamp(self._clock.now().timestamp() // width * width, UTC)
        if end == self._reported:
            return Answer([], self._remark())
        remark = self._remark()
        values = self._pictures.close()
        if not values:
            return Answer([], remark or "no picture yet")
        self._reported = end
        return Answer([self._observation(k, v, end) for k, v in values.items()], remark)

    def _remark(self) -> str:
        return self.vision.trouble or ", ".join(self._pictures.faults())

    def _observation(self, name: str, value: Value, at: datetime) -> Observation:
        quality = Quality.SUSPECT if value.suspect else Quality.UNCHECKED
        return Observation(
            datastream=self._config.key(name),
            phenomenon_time=at,
            result=value.result,
            quality=Quality.MISSING if value.result is None else quality,
        )

    async def probe(self) -> list[Shown]:
        """Return what the newest picture shows and how it is; DriverError without a picture."""
        self.vision.start()
        report = self._last
        if report is None:
            if self.vision.starts and self.vision.trouble:
                return [Shown("picture", "none", self.vision.trouble)]
            return [Shown("picture", "none", "none yet; listen longer: --seconds 20")]
        lines = [Shown("picture", report.shown, ", ".join(report.faults) or "well")]
        for name, value in report.values.items():
            raw = "missing" if value is None else f"{value:g}"
            doubt = " (suspect)" if name in report.suspect else ""
            lines.append(Shown(name, raw, f"{self._config.key(name)} = {raw}{doubt}"))
        for name, crossed in (report.crossings or {}).items():
            lines.append(Shown(name, f"+{crossed}", f"{self._config.key(name)}, crossings"))
        return lines

    async def aclose(self) -> None:
        """End the vision process."""
        await self.vision.aclose()
