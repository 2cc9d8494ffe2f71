"""A relay on a pin of a Raspberry Pi."""

from typing import Any

from edge import DriverError
from edge.alarm.settings import GpioOutputConfig
from forewarn.domain.errors import ConfigError


class GpioOutput:
    """One pin; it is claimed at the first command and read back from the pin itself."""

    def __init__(self, name: str, config: GpioOutputConfig) -> None:
        self._name, self._config = name, config
        self._device: Any = None

    async def set(self, on: bool) -> None:
        """Switch it and read back; DriverError unless the pin then shows that state."""
        device = self._opened()
        device.value = int(on)
        if bool(device.value) != on:
            raise DriverError(
                f"output {self._name}: GPIO {self._config.pin} did not go {'on' if on else 'off'}"
            )

    async def state(self) -> bool:
        """Return whether it is on now."""
        return bool(self._opened().value)

    async def aclose(self) -> None:
        """Let go of the pin; it stays as it is where the pin factory leaves it so."""
        device, self._device = self._device, None
        if device is not None and not device.value:
            device.close()

    def _opened(self) -> Any:
        if self._device is None:
            try:
                from gpiozero import DigitalOutputDevice, GPIOZeroError
            except ImportError as error:
                raise ConfigError(
                    f"output {self._name}: gpio needs gpiozero: `pip install 'forewarn[pi]'`"
                ) from error
            try:  # initial_value None: a siren that sounds is not interrupted by a restart
                self._device = DigitalOutputDevice(
                    self._config.pin, active_high=self._config.active_high, initial_value=None
                )
            except (GPIOZeroError, OSError) as error:
                raise DriverError(
                    f"output {self._name}: GPIO {self._config.pin}: {error}"
                ) from error
        return self._device
