"""`driver = "camera"` in gateway.toml."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

from edge.cameras.scene import Parking, People, Scene, Staff
from edge.drivers.contract import InstrumentConfig


class CameraConfig(InstrumentConfig, frozen=True, kw_only=True, tag="camera"):
    """A camera, and what is counted in its pictures.

    Of each interval the median over its pictures is reported, at the end of the interval.
    """

    schemes: ClassVar[tuple[str, ...]] = ("rtsp", "rtsps", "http", "file")
    talks: ClassVar[bool] = True

    people: People | None = None
    parking: Parking | None = None
    staff: Staff | None = None
    frames_per_s: Annotated[float, Meta(gt=0, le=25)] = 2.0
    """Pictures looked at in a real second [1/s]."""
    reference: str = ""
    """Gray picture of how it should look; empty: learned after each start."""
    frozen_after_s: Annotated[float, Meta(gt=0)] = 20.0
    """A picture that stays the same to the last bit for so long is frozen [s]."""
    silent_after_s: Annotated[float, Meta(gt=0)] = 30.0
    """Real seconds without a word after which the vision process is started anew [s]."""
    memory_mb: Annotated[float, Meta(ge=100)] = 500.0
    """Resident memory beyond which the vision process is started anew [MB]."""

    def scene(self) -> Scene:
        """Return what the vision process has to look at."""
        return Scene(
            people=self.people,
            parking=self.parking,
            staff=self.staff,
            frames_per_s=self.frames_per_s,
            reference=self.reference,
            frozen_after_s=self.frozen_after_s,
        )

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return self.scene().properties()

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield scenes that cannot work, files that are not there, a missing vision room."""
        yield from self.scene().mistakes()
        for key, name in (
            ("reference", self.reference),
            ("model", self.parking.model if self.parking else ""),
        ):
            if name and not Path(name).is_file():
                yield f"`{key}`: no file {name}"
        if find_spec("cv2") is None or find_spec("onnxruntime") is None:
            yield "cameras need the vision room: pip install 'forewarn[edge,camera]'"


CONFIG = CameraConfig
