"""The canary is known to who must know it, and to nobody else."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from forewarn.domain import canary
from forewarn.domain.codec import decode, encode
from forewarn.domain.observation import Batch
from forewarn.domain.station import load_site

SITES = sorted(path.parent for path in Path("sites").glob("*/site.toml"))
NOON = datetime(2026, 7, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize("folder", SITES, ids=lambda folder: folder.name)
def test_no_site_names_it_and_every_site_can_have_it(folder: Path) -> None:
    site = load_site(folder)
    assert canary.NAME not in site.gateways
    known = canary.with_canary(site)
    assert canary.NAME in known.gateways
    assert canary.DATASTREAM in {key for key, _, _ in known.datastreams()}
    assert canary.with_canary(known) == known


def test_a_site_that_uses_its_name_stays_as_it_is() -> None:
    site = msgspec.structs.replace(load_site(SITES[0]), gateways=("canary", "other"))
    assert canary.with_canary(site) == site


def test_it_survives_the_wire() -> None:
    sent = canary.canary(NOON, boot_id="b", seq=3)
    got = decode(encode(sent), Batch)
    assert (got.gateway, got.seq) == ("canary", 3)
    assert canary.newest_in(got.columns) == NOON
