"""Addresses of lines, as configured or as `--devices devices.json` says at the moment."""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from edge import EdgeError
from edge.address import Address, Line, OtherAddress, parse
from edge.settings import Device

log = logging.getLogger("edge.lines")

T = TypeVar("T")


class Lines:
    """Looks up where a device's line is, anew at each connection.

    Parameters
    ----------
    devices : Mapping[str, Device]
        `[device.NAME]` tables of gateway.toml.
    overrides : Path, optional
        A JSON object {device name: url} that overrides them. Whoever writes it may write
        it later, or again with other addresses: it is read again when it has changed.
    """

    def __init__(self, devices: Mapping[str, Device], overrides: Path | None = None) -> None:
        self._devices, self._overrides = devices, overrides
        self._read_at: tuple[int, int] | None = None
        self._urls: dict[str, str] = {}
        self._held: dict[tuple[str, object], Any] = {}

    def address(self, name: str) -> Address:
        """Return where the line of device `name` is; EdgeError where nobody says."""
        url = self._overridden().get(name, self._devices[name].url)
        try:
            return parse(url)
        except ValueError as error:
            raise EdgeError(f"device `{name}`: {error}") from error

    def configured(self, name: str) -> Address:
        """Return where gateway.toml says that the line of device `name` is."""
        return parse(self._devices[name].url)

    def line(self, name: str) -> Line:
        """Return where the line of device `name` is; EdgeError where it is no line."""
        found = self.address(name)
        if isinstance(found, OtherAddress):
            raise EdgeError(f"device `{name}`: {found} is not tcp:// or serial://")
        return found

    def shared(self, name: str, hold: "Callable[[str, Lines], T]") -> T:
        """Return what holds the line of device `name`, made by `hold` at the first call.

        Instruments and outputs on one device share it, and with it its lock.
        """
        key = (name, hold)
        if key not in self._held:
            self._held[key] = hold(name, self)
        held: T = self._held[key]
        return held

    def timeout_s(self, name: str) -> float:
        """Return after how many real seconds without an answer device `name` is silent [s]."""
        return self._devices[name].timeout_s

    def _overridden(self) -> dict[str, str]:
        if self._overrides is None:
            return {}
        try:
            stat = self._overrides.stat()
            if (stat.st_mtime_ns, stat.st_ino) != self._read_at:
                urls = json.loads(self._overrides.read_text(encoding="utf-8"))
                self._urls = {str(name): str(url) for name, url in urls.items()}
                self._read_at = (stat.st_mtime_ns, stat.st_ino)
                log.info("%s: addresses of %s", self._overrides, ", ".join(self._urls))
        except FileNotFoundError as error:
            raise EdgeError(f"{self._overrides} is not there yet") from error
        except (OSError, ValueError, AttributeError) as error:
            raise EdgeError(f"{self._overrides}: {error}") from error
        return self._urls
