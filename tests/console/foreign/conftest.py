"""A message of the national service, as it is stored."""

from datetime import UTC, datetime, timedelta

import pytest

from forewarn.domain.foreign import Foreign, ForeignAlert, ForeignInfo
from forewarn.domain.hazard import Level

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
INFO = ForeignInfo(
    language="zh-CN",
    event="暴雨",
    severity="Severe",
    urgency="Expected",
    certainty="Likely",
    level=Level.ORANGE,
    level_from="headline",
    effective=NOW,
    expires=NOW + timedelta(hours=3),
    expires_given=True,
    onset=None,
    headline="暴雨橙色预警信号 & <rain>",
    description="",
    instruction="",
    sender_name="NMC",
    where="Town",
    areas=("town",),
    located=True,
)
MESSAGE = ForeignAlert(
    source="nmc",
    sender="nmc@example.org",
    identifier="n-1",
    sent=NOW - timedelta(minutes=5),
    msg_type="Alert",
    status="Actual",
    scope="Public",
    note="",
    references=(),
    infos=(INFO,),
    signed_by="",
    cap="<alert>as it came: 雨</alert>\r\n".encode(),
)
NMC = Foreign(id="nmc", url="drop", senders=("nmc@example.org",))


@pytest.fixture
def message() -> ForeignAlert:
    """Return an Alert for the town, sent five minutes ago."""
    return MESSAGE


@pytest.fixture
def nmc() -> Foreign:
    """Return where it comes from."""
    return NMC
