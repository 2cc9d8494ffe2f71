"""Listens to the fleet: takes a signed configuration on trial, and obeys signed commands."""

import logging
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from edge import EdgeError
from edge.check import mistakes
from edge.fleet.envelope import open_envelope
from edge.fleet.versions import Versions
from edge.settings import load_gateway
from forewarn.domain.errors import ConfigError
from forewarn.domain.fleet import COMMAND_KIND, CONFIG_KIND, Command, Configuration

log = logging.getLogger("edge.fleet")


class Remote:
    """What the fleet may do with one gateway; whatever is not signed by it does nothing.

    Parameters
    ----------
    key : bytes
        The fleet's Ed25519 key.
    profiles : Path
        Register maps, to look for mistakes of a new configuration.
    restart : callable
        Called when a configuration is ready to be tried.
    now : callable
        Returns the time; None while it is not known, and then no command is obeyed.
    """

    def __init__(
        self,
        gateway: str,
        key: bytes,
        versions: Versions,
        profiles: Path,
        *,
        restart: Callable[[], None],
        now: Callable[[], datetime | None],
    ) -> None:
        self._gateway, self._key, self._versions = gateway, key, versions
        self._profiles, self._restart, self._now = profiles, restart, now

    def configure(self, payload: bytes) -> None:
        """Take the configuration in `payload` on trial, or log why not. Never raises."""
        if not payload:
            return  # the retained message was cleared
        try:
            sent = open_envelope(payload, CONFIG_KIND, Configuration, self._key, self._gateway)
            if sent.version <= self._versions.newest():
                return  # retained: it comes again at each connection
            fault = self._fault(sent)
            if fault:
                self._versions.refuse(fault, sent.version)
                log.error("configuration %d refused: %s", sent.version, fault)
                return
            self._versions.stage(sent.version, sent.config, sent.trial_s)
        except EdgeError as error:
            log.error("configuration ignored: %s", error)
            return
        log.info("configuration %d is tried for %g s", sent.version, sent.trial_s)
        self._restart()

    def command(self, payload: bytes, calls: Mapping[str, Callable[[str], str]]) -> None:
        """Do the command in `payload` once, if it is signed, known and still valid.

        `calls` are what this gateway can do: name → function of the argument that returns what
        it did, for the log. Never raises.
        """
        try:
            told = open_envelope(payload, COMMAND_KIND, Command, self._key, self._gateway)
        except EdgeError as error:
            log.error("command ignored: %s", error)
            return
        now = self._now()
        if now is None:
            log.warning("command %s ignored: whether it has expired is not known yet", told.name)
        elif told.number <= self._versions.last_command():
            log.warning("command %s ignored: it was done before", told.name)
        elif now >= told.expires:
            log.warning("command %s ignored: it expired at %s", told.name, told.expires)
        elif told.name not in calls:
            log.error("no command `%s`; there are: %s", told.name, ", ".join(calls))
        else:
            try:
                self._versions.commanded(told.number)
                log.info("command %s: %s", told.name, calls[told.name](told.argument))
            except EdgeError as error:
                log.error("command %s failed: %s", told.name, error)

    def _fault(self, sent: Configuration) -> str:
        """Return why a configuration cannot even be tried; empty where nothing is seen."""
        try:
            named = tomllib.loads(sent.config).get("gateway")
        except tomllib.TOMLDecodeError as error:
            return f"not TOML: {error}"
        if named != self._gateway:
            return f"it is for gateway `{named}`"
        draft = self._versions.draft(sent.config)
        try:
            return "; ".join(mistakes(load_gateway(draft), self._profiles))
        except ConfigError as error:
            return str(error).replace(str(draft), f"version {sent.version}")
        finally:
            draft.unlink(missing_ok=True)
