"""The hazards of a site in a process of their own: one call judges all that are due."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from forewarn.domain.station import load_site
from stream.forecasting import Forecaster
from stream.hazards.contract import Findings, Hazard, View

log = logging.getLogger("stream.hazards")

TIMEOUT_S = 30.0
"""Real seconds for one round of all hazards, the process's start included."""
NICE = 5
"""After what must not lose an observation, before the maps."""

Asked = Sequence[tuple[str, View]]
"""Names of hazards, and what each is asked with."""
Answers = list[Findings | str]
"""Of each that was asked what it found, or why it could not judge."""


def hazard_forecaster(folder: Path) -> Forecaster[Answers]:
    """Return the process that judges the hazards of the site in `folder`."""
    return Forecaster(str(folder).encode(), load=_load, predict=judge_all, timeout_s=TIMEOUT_S)


def _load(folder: bytes) -> dict[str, Hazard]:
    from stream.hazards.registry import find_hazards

    os.nice(NICE)
    site = Path(folder.decode())
    return {hazard.name: hazard for hazard in find_hazards(site, load_site(site))[0]}


def judge_all(hazards: dict[str, Hazard], asked: Asked, _issue_s: float) -> Answers:
    """Return what each found; one that fails says why and stops no other."""
    return [_judge(hazards[name], view) for name, view in asked]


def _judge(hazard: Hazard, view: View) -> Findings | str:
    try:
        return hazard.judge(view)
    except Exception as error:  # whatever a model raises must not silence its neighbours
        log.exception("%s failed", hazard.name)
        return f"the model failed: {type(error).__name__}: {error}"
