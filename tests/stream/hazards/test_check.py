"""`forewarn stream check` names the mistakes of a site's plans; the worker goes on without them."""

import shutil
from pathlib import Path

import pytest

from forewarn.domain.station import load_site
from stream.cli import main
from stream.hazards.registry import find_hazards

SITE = Path(__file__).parents[3] / "sites/yongjiang"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "yongjiang"
    shutil.copytree(SITE, copy)
    return copy


def test_the_demonstration_has_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--site", str(SITE)]) == 0
    said = capsys.readouterr()
    assert "no mistake" in said.out
    assert "nobody judges" not in said.out
    assert said.err == ""


def test_a_broken_plan_is_named_and_the_other_hazards_are_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = folder / "venues.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + "\nnonsense = 1\n", encoding="utf-8")
    assert main(["check", "--site", str(folder)]) == 1
    said = capsys.readouterr().err
    assert f"{plan}" in said
    assert "nonsense" in said
    hazards, mistakes = find_hazards(folder, load_site(folder))
    assert len(mistakes) == 1
    assert any(hazard.name.startswith("landslide") for hazard in hazards)


def test_what_a_plan_names_must_be_in_the_site(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = folder / "crowd.toml"
    text = plan.read_text(encoding="utf-8")
    site = load_site(folder)
    zone = next(place for place in site.places if place.hazard == "crowd")
    plan.write_text(text.replace(zone.id, "nowhere"), encoding="utf-8")
    assert main(["check", "--site", str(folder)]) == 1
    assert "nowhere" in capsys.readouterr().err
