"""A configuration from the fleet is tried once; whatever happens meanwhile, there is a way back."""

from pathlib import Path

import pytest

from edge.fleet.versions import Versions


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text("installed")
    return path


@pytest.fixture
def versions(tmp_path: Path, installed: Path) -> Versions:
    return Versions(tmp_path / "state", installed)


def test_without_the_fleet_the_installed_file_is_run(versions: Versions, installed: Path) -> None:
    choice = versions.choose()
    assert (choice.path, choice.version, choice.on_trial) == (installed, 0, False)
    assert versions.says(choice) == ""


def test_one_that_reports_is_kept(versions: Versions) -> None:
    versions.stage(7, "seven", 60.0)
    trial = versions.choose()
    assert (trial.path.read_text(), trial.on_trial, trial.trial_s) == ("seven", True, 60.0)
    assert versions.says(trial) == "7 on trial"
    versions.keep()
    kept = versions.choose()
    assert (kept.path.read_text(), kept.version, kept.on_trial) == ("seven", 7, False)
    assert (versions.newest(), versions.says(kept)) == (7, "7")


def test_one_that_does_not_report_is_refused_and_the_one_before_comes_back(
    versions: Versions,
) -> None:
    versions.stage(7, "seven", 60.0)
    versions.choose()
    versions.keep()
    versions.stage(8, "eight", 60.0)
    versions.choose()
    versions.refuse("no broker within 60 s")
    back = versions.choose()
    assert (back.path.read_text(), back.version) == ("seven", 7)
    assert versions.says(back) == "7 (refused 8: no broker within 60 s)"
    assert versions.newest() == 8


def test_a_power_cut_during_the_trial_is_a_failed_trial(
    tmp_path: Path, installed: Path, versions: Versions
) -> None:
    versions.stage(7, "seven", 60.0)
    versions.choose()
    after = Versions(tmp_path / "state", installed).choose()
    assert (after.path, after.version) == (installed, 0)


def test_a_power_cut_before_the_trial_lets_it_begin(
    tmp_path: Path, installed: Path, versions: Versions
) -> None:
    versions.stage(7, "seven", 60.0)
    assert Versions(tmp_path / "state", installed).choose().on_trial


@pytest.mark.parametrize("torn", ["current.json", "trial.json", "refused.json"])
def test_a_torn_note_is_as_if_it_were_not_there(
    tmp_path: Path, versions: Versions, installed: Path, torn: str
) -> None:
    versions.stage(7, "seven", 60.0)
    (tmp_path / "state" / torn).write_bytes(b'{"vers')
    choice = versions.choose()
    assert choice.path.is_file()
    if torn == "trial.json":
        assert choice.path == installed


def test_a_version_that_was_never_tried_is_refused_without_ending_a_trial(
    versions: Versions,
) -> None:
    versions.stage(7, "seven", 60.0)
    trial = versions.choose()
    versions.refuse("not TOML", 8)
    assert versions.newest() == 8
    versions.keep()
    assert versions.choose().version == trial.version
