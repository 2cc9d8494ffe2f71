"""`driver = "tipping_bucket"` in gateway.toml."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from edge.drivers.contract import InstrumentConfig
from edge.drivers.tipping_bucket.pin import pin_of
from forewarn.domain.station import Name


class TippingBucketConfig(InstrumentConfig, frozen=True, kw_only=True, tag="tipping_bucket"):
    """A tipping bucket: the rain of each interval, in mm, stamped with the interval's end."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp", "serial", "gpio")

    property: Name = "rain"
    mm_per_tip: Annotated[float, Meta(gt=0, le=10)] = 0.2
    """Rain that one tip stands for [mm], from the calibration sheet."""
    debounce_s: Annotated[float, Meta(ge=0, le=5)] = 0.02
    """Real time after a tip in which another is taken for a bounce of the contact [s]."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [self.property]

    def line_mistakes(self, url: str) -> Iterator[str]:
        """Yield what is wrong with a pin."""
        if url.startswith("gpio:"):
            try:
                pin_of(url)
            except ValueError as error:
                yield str(error)


CONFIG = TippingBucketConfig
