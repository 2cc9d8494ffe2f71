"""What is kept of a foreign message, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.signer import XMLSigner

from alerts import keys
from alerts.foreign.level import level_of
from alerts.foreign.message import NotTaken, read_message
from alerts.foreign.where import circle_meets, inside, rings_meet
from alerts.signing import SignatureError, load_pair, load_pinned, sign, verify
from forewarn.domain.errors import ConfigError
from forewarn.domain.foreign import Foreign, ForeignAlert
from forewarn.domain.hazard import Level
from forewarn.domain.station import Site

NOW = datetime(2026, 7, 11, 3, 0, tzinfo=UTC)
SOURCE = Foreign(id="nmc", url="https://example.org/cap.atom", senders=("ews@example.org",))
Cap = Callable[..., bytes]
SQUARE = "29,120 29,124 31,124 31,120 29,120"
PIECES = [b"", b"9", b"-", b" ", b"<", b"<info/>", b"</info>", b"nan", b"inf", b"1e999", b"\xff"]
PIECES += [
    b"0000-00-00",
    b"+99:99",
    b"<area/>",
    b"<polygon/>",
    b"<circle>0,0 inf</circle>",
    b"&#0;",
]


def taken(xml: bytes, site: Site, source: Foreign = SOURCE) -> ForeignAlert:
    return read_message(xml, source, site, (), NOW)


def test_a_message_is_kept_with_its_level_place_and_bytes(cap: Cap, site: Site) -> None:
    xml = cap()
    found = taken(xml, site)
    [info] = found.infos
    assert (info.level, info.level_from) == (Level.ORANGE, "headline")
    assert (found.areas, found.located, found.cap) == (("west",), True, xml)
    assert found.expires == NOW + timedelta(hours=7)


@pytest.mark.parametrize(
    ("area", "areas", "located"),
    [
        ("<circle>29.45,123.1 5</circle>", ("east",), True),
        ("<circle>29.45,122.5 40</circle>", (), True),
        ("<circle>29.45,122.5 50</circle>", ("east", "west"), True),
        ("<polygon>29,120 29,124 31,124 31,120 29,120</polygon>", ("east", "west"), True),
        ("<polygon>39,120 39,124 40,124 39,120</polygon>", (), True),
        (
            "<geocode><valueName>GB/T 2260</valueName><value>330200</value></geocode>",
            ("east",),
            True,
        ),
        (
            "<geocode><valueName>CN-GB2260</valueName><value>330203001</value></geocode>",
            ("east",),
            True,
        ),
        (
            "<geocode><valueName>CN-GB2260</valueName><value>330100</value></geocode>",
            (),
            True,
        ),
        ("<geocode><valueName>SAME</valueName><value>330203</value></geocode>", (), False),
        ("", (), False),
    ],
)
def test_where_it_is_or_that_nobody_can_say(
    area: str, areas: tuple[str, ...], located: bool, cap: Cap, site: Site
) -> None:
    found = taken(cap(area=area), site)
    assert (found.areas, found.located) == (areas, located)


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ({"sender": "somebody@example.org"}, "not one of `senders`"),
        ({"kind": "Ack", "references": "a,b,2026-07-11T10:00:00+08:00"}, "warns of nothing"),
        ({"sent": "2026-07-11T02:00:00Z"}, "no `Z`"),
        ({"kind": "Update"}, "must refer"),
        ({"expires": "<expires>9999-12-31T23:59:59-12:00</expires>"}, "not a time of our days"),
        ({"sent": "9999-12-31T23:59:59-01:00", "expires": ""}, "not a time of our days"),
        ({"sent": "0001-01-01T00:00:00+14:00"}, "not a time of our days"),
    ],
)
def test_what_is_not_taken_is_told_why(xml: dict[str, str], why: str, cap: Cap, site: Site) -> None:
    with pytest.raises(NotTaken, match=why):
        taken(cap(**xml), site)


def test_our_own_message_that_comes_back_is_refused(cap: Cap, site: Site) -> None:
    own = Foreign(id="x", url="drop", senders=(site.sender,))
    with pytest.raises(NotTaken, match="this site itself"):
        taken(cap(sender=site.sender), site, own)


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>',
        b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><alert>&b;</alert>',
        b"<alert>" + b" " * 1_000_000 + b"</alert>",
        b"",
    ],
    ids=["external entity", "laughs", "long", "nothing"],
)
def test_hostile_xml_is_refused(xml: bytes, site: Site) -> None:
    with pytest.raises(NotTaken):
        taken(xml, site)


def test_where_a_key_is_pinned_only_its_messages_are_taken(
    cap: Cap, site: Site, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    keys.init(tmp_path, name="ews@example.org", now=now, days=10)
    pinned = load_pinned(tmp_path / "pinned")
    source = Foreign(id="nmc", url="drop", senders=("ews@example.org",), pinned="pinned")
    pair = load_pair(tmp_path / "signing.pem", tmp_path / "signing.pem")
    signed = sign(cap(), *pair).encode()
    assert "ews@example.org" in read_message(signed, source, site, pinned, now).signed_by
    for wrong in (cap(), signed.replace("橙色".encode(), "红色".encode())):
        with pytest.raises(SignatureError):
            read_message(wrong, source, site, pinned, now)


def test_an_rsa_signature_of_another_authority_is_taken_and_never_as_ours(
    cap: Cap, site: Site
) -> None:
    key, now = rsa.generate_private_key(65_537, 2_048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "national service")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    made = XMLSigner().sign(etree.fromstring(cap()), key=key, cert=[certificate])
    signed = etree.tostring(made)
    source = Foreign(id="nmc", url="drop", senders=("ews@example.org",), pinned="pinned")
    found = read_message(signed, source, site, [certificate], now)
    assert found.signed_by == "CN=national service"
    assert found.cap == signed
    with pytest.raises(SignatureError, match="changed after"):
        read_message(signed.replace(b"n-1", b"n-2"), source, site, [certificate], now)
    with pytest.raises(SignatureError, match=r"only .*ecdsa"):
        verify(signed, [certificate], now)


@pytest.mark.parametrize(
    ("parameters", "headline", "severity", "expected"),
    [
        ([("awareness_level", "3; orange; Severe")], "", "Moderate", (Level.ORANGE, "parameter")),
        ([("awareness_level", "1; green; Minor")], "", "Minor", (Level.NONE, "parameter")),
        ([("chinaLevel", "Red")], "", "Severe", (Level.RED, "parameter")),
        ([("previousLevel", "red")], "", "Minor", (Level.BLUE, "severity")),
        ([("level", "from yellow to orange")], "", "Severe", (Level.ORANGE, "severity")),
        ([], "宁波市气象台发布台风红色预警信号", "Minor", (Level.RED, "headline")),
        ([], "暴雨橙色预警升级为暴雨红色预警", "Extreme", (Level.RED, "severity")),
        ([], "The red river rises", "Moderate", (Level.YELLOW, "severity")),
        ([], "", "Unknown", (None, "")),
    ],
)
def test_a_colour_is_the_senders_or_said_to_be_made_of_the_severity(
    parameters: list[tuple[str, str]],
    headline: str,
    severity: str,
    expected: tuple[Level | None, str],
) -> None:
    assert level_of(parameters, headline, severity) == expected


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 12), st.sampled_from(PIECES)), max_size=4
    )
)
def test_whatever_a_stranger_writes_it_is_taken_or_refused(
    cap: Cap, site: Site, changes: list[tuple[int, int, bytes]]
) -> None:
    xml = cap(area=f"<polygon>{SQUARE}</polygon><circle>29.4,121.8 5</circle>")
    for place, gone, piece in changes:
        xml = xml[:place] + piece + xml[place + gone :]
    try:
        found = taken(xml, site)
    except NotTaken:
        return
    assert found.cap == xml


@pytest.mark.recorded
def test_every_file_that_is_sound_is_taken_as_a_document(recorded_data: Path, site: Site) -> None:
    verdicts = {}
    for path in sorted((recorded_data / "cap/synthetic").glob("*.xml")):
        try:
            verdicts[path.name] = taken(path.read_bytes(), site).msg_type
        except NotTaken:
            verdicts[path.name] = "refused"
    assert {n: v for n, v in verdicts.items() if v != "refused"} == {
        "01-alert.xml": "Alert",
        "02-update.xml": "Update",
        "03-cancel.xml": "Cancel",
    }
    first = taken((recorded_data / "cap/synthetic/01-alert.xml").read_bytes(), site)
    assert (first.areas, first.infos[0].level) == (("west",), Level.ORANGE)
    english = recorded_data / "cap/defra/test/lib/functions/data/getMessage-valid.xml"
    defra = Foreign(id="ea", url="drop", senders=("www.gov.uk/environment-agency",))
    assert taken(english.read_bytes(), site, defra).located is False


degrees = st.floats(-2, 2).map(lambda x: round(x, 3))
triangles = st.lists(st.tuples(degrees, degrees), min_size=3, max_size=3, unique=True).map(
    lambda points: [*points, points[0]]
)


@settings(max_examples=60)
@given(triangles, triangles)
def test_rings_meet_as_they_do_seen_from_either(one: list[tuple[float, float]], other) -> None:  # type: ignore[no-untyped-def]
    assert rings_meet(one, other) == rings_meet(other, one)
    assert rings_meet(one, one)
    middle = (sum(p[0] for p in one[:3]) / 3, sum(p[1] for p in one[:3]) / 3)
    if inside(middle, other):
        assert rings_meet(one, other)
        assert circle_meets(middle, 0.0, other)


@pytest.mark.parametrize(
    ("settings_", "why"),
    [
        ({"url": "http://example.org/a"}, "not an https URL"),
        ({"url": "https://me:secret@example.org/a"}, "no user or password"),
        ({"url": "ftp://example.org/a"}, "not an https URL"),
        ({"senders": ()}, "names nobody"),
        ({"every": timedelta(seconds=1)}, "less than 10 s"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused(settings_: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        Foreign(**{"id": "x", "url": "https://example.org", "senders": ("a",)} | settings_)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)
    assert not isinstance(caught.value, ConfigError)
