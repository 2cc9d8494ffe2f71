"""Signatures: what holds, and what must not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner

from alerts import keys
from alerts.cap_check import check
from alerts.desk import Desk
from alerts.lifecycle import timing
from alerts.signing import (
    DS,
    SignatureError,
    Signer,
    Unsigned,
    fingerprint,
    load_pair,
    load_pinned,
    sign,
    verify,
)
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import AlertMessage, Assessment
from forewarn.domain.station import Site

Assess = Callable[..., Assessment]
NOW = datetime.now(UTC)
"""Certificates live in real time."""
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture(scope="module")
def message(site: Site, assess: Assess, start: datetime) -> AlertMessage:
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    step = desk.take(assess(0, blue=0.8), start)
    assert step is not None
    assert step.message is not None
    return step.message


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys")
    keys.init(path, name="ews@example.org", now=NOW)
    return path


@pytest.fixture(scope="module")
def signed(message: AlertMessage, folder: Path) -> bytes:
    return Signer(folder / "signing.pem").seal(message).cap.encode()


@pytest.fixture(scope="module")
def pinned(folder: Path) -> list[x509.Certificate]:
    return load_pinned(folder / "pinned")


def test_a_signed_message_is_sound_compact_and_names_its_signer(
    signed: bytes, pinned: list[x509.Certificate]
) -> None:
    assert check(signed) == []
    assert b"\n<" not in signed.split(b"?>", 1)[1].split(b"<ds:Signature")[0][2:]
    found = verify(signed, pinned, NOW)
    assert found.by == "CN=ews@example.org"
    assert found.fingerprint == fingerprint(pinned[0])
    assert etree.fromstring(signed)[-1].tag == f"{DS}Signature"


@pytest.mark.recorded
def test_a_signed_message_is_valid_by_the_schema_of_oasis(
    recorded_data: Path, signed: bytes
) -> None:
    schema = etree.XMLSchema(etree.parse(recorded_data / "cap/defra/lib/schemas/CAP-v1.2.xsd"))
    schema.assertValid(etree.fromstring(signed))


def torn(signed: bytes, tear: Callable[[etree._Element], None]) -> bytes:
    alert = etree.fromstring(signed)
    tear(alert)
    written: bytes = etree.tostring(alert)
    return written


def another_text(alert: etree._Element) -> None:
    alert.find(f"{CAP}info/{CAP}instruction").text = "All is well, stay where you are."


def one_more_area(alert: etree._Element) -> None:
    area = alert.find(f"{CAP}info/{CAP}area")
    area.addnext(etree.fromstring(etree.tostring(area)))


def wrapped(alert: etree._Element) -> None:
    """The signed message travels inside another, which a careless reader would read."""
    inner = etree.fromstring(etree.tostring(alert))
    alert.remove(alert.find(f"{DS}Signature"))
    another_text(alert)
    alert.append(inner)


def wrapped_by_reference(alert: etree._Element) -> None:
    """Its reference points at a copy with an Id, hidden in an Object of the signature."""
    signature = alert.find(f"{DS}Signature")
    copy = etree.fromstring(etree.tostring(alert))
    copy.remove(copy.find(f"{DS}Signature"))
    copy.set("Id", "original")
    etree.SubElement(signature, f"{DS}Object").append(copy)
    signature.find(f"{DS}SignedInfo/{DS}Reference").set("URI", "#original")
    another_text(alert)


def two_signatures(alert: etree._Element) -> None:
    alert.append(etree.fromstring(etree.tostring(alert.find(f"{DS}Signature"))))


def two_references(alert: etree._Element) -> None:
    reference = alert.find(f"{DS}Signature/{DS}SignedInfo/{DS}Reference")
    reference.addnext(etree.fromstring(etree.tostring(reference)))


def left_out(alert: etree._Element) -> None:
    transforms = next(alert.iter(f"{DS}Transforms"))
    etree.SubElement(transforms, f"{DS}Transform").set(
        "Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116"
    )


def no_envelope(alert: etree._Element) -> None:
    transform = next(alert.iter(f"{DS}Transform"))
    transform.getparent().remove(transform)


def other_algorithm(alert: etree._Element) -> None:
    next(alert.iter(f"{DS}SignatureMethod")).set("Algorithm", SignatureMethod.HMAC_SHA256.value)


def other_digest(alert: etree._Element) -> None:
    next(alert.iter(f"{DS}DigestMethod")).set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")


def another_value(alert: etree._Element) -> None:
    value = next(alert.iter(f"{DS}SignatureValue"))
    value.text = value.text[:-12] + "AAAAAAAAAA" + value.text[-2:]


def no_value(alert: etree._Element) -> None:
    next(alert.iter(f"{DS}SignatureValue")).text = "!"


def no_signature(alert: etree._Element) -> None:
    alert.remove(alert.find(f"{DS}Signature"))


@pytest.mark.parametrize(
    ("tear", "reason"),
    [
        (another_text, "the message was changed after it was signed"),
        (one_more_area, "the message was changed after it was signed"),
        (wrapped, "not directly under alert"),
        (wrapped_by_reference, "covers `#original` and not the whole message"),
        (two_signatures, "2 signatures"),
        (two_references, "covers ``, `` and not the whole message"),
        (left_out, "may leave a part of the message out"),
        (no_envelope, "not an enveloped one"),
        (other_algorithm, "SignatureMethod is .*hmac-sha256; only"),
        (other_digest, "DigestMethod is .*sha1; only"),
        (another_value, "does not fit the pinned certificate"),
        (no_value, "does not fit the pinned certificate"),
        (no_signature, "not signed"),
    ],
)
def test_what_was_tampered_with_is_refused_with_the_reason(
    signed: bytes, pinned: list[x509.Certificate], tear: Callable[..., None], reason: str
) -> None:
    with pytest.raises(SignatureError, match=reason) as caught:
        verify(torn(signed, tear), pinned, NOW)
    assert (caught.type is Unsigned) == (tear is no_signature)


def test_a_valid_signature_by_a_stranger_is_not_trusted(
    message: AlertMessage, pinned: list[x509.Certificate], tmp_path: Path
) -> None:
    keys.init(tmp_path, name="ews@example.org", now=NOW)  # the same name, another key
    pair = load_pair(tmp_path / "signing.pem", tmp_path / "signing.pem")
    foreign = sign(message.cap.encode(), *pair).encode()
    with pytest.raises(SignatureError, match="not pinned"):
        verify(foreign, pinned, NOW)
    with pytest.raises(SignatureError, match="no certificate is pinned"):
        verify(foreign, [], NOW)
    bare = torn(foreign, lambda alert: next(alert.iter(f"{DS}X509Data")).clear())
    with pytest.raises(SignatureError, match="does not fit"):
        verify(bare, pinned, NOW)


def test_rsa_is_refused_though_it_is_valid(
    message: AlertMessage, pinned: list[x509.Certificate]
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signer = XMLSigner(signature_algorithm=SignatureMethod.RSA_SHA256)
    other = signer.sign(etree.fromstring(message.cap.encode()), key=key)
    with pytest.raises(SignatureError, match=r"rsa-sha256; only .*ecdsa-sha256"):
        verify(etree.tostring(other), pinned, NOW)


@pytest.mark.parametrize("days", [-1, 731])
def test_outside_its_days_a_certificate_proves_nothing(
    signed: bytes, pinned: list[x509.Certificate], days: int
) -> None:
    with pytest.raises(SignatureError, match=r"is not valid at .* only"):
        verify(signed, pinned, NOW + timedelta(days=days))


def test_after_a_rotation_the_new_key_signs_and_the_old_is_believed_until_it_expires(
    message: AlertMessage, tmp_path: Path
) -> None:
    first = keys.init(tmp_path, name="ews@example.org", now=NOW, days=30)
    signer = Signer(tmp_path / "signing.pem")
    old = signer.seal(message).cap.encode()
    second = keys.rotate(tmp_path, now=NOW)
    new = signer.seal(message).cap.encode()  # the same signer, not restarted
    pinned = load_pinned(tmp_path / "pinned")
    assert verify(new, pinned, NOW).fingerprint == fingerprint(second)
    assert verify(old, pinned, NOW).fingerprint == fingerprint(first)
    assert (tmp_path / "signing.pem").stat().st_mode & 0o077 == 0
    lines = keys.listed(tmp_path, NOW)
    assert sorted(line.split()[0] for line in lines) == ["pinned", "signs"]
    keys.rotate(tmp_path, now=NOW + timedelta(days=60))
    pinned = load_pinned(tmp_path / "pinned")
    assert fingerprint(first) not in {fingerprint(c) for c in pinned}
    with pytest.raises(SignatureError, match="not pinned"):
        verify(old, pinned, NOW + timedelta(days=60))


def test_a_spoilt_key_file_is_named_and_a_running_signer_keeps_the_last_good_one(
    message: AlertMessage, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys.init(tmp_path, name="ews@example.org", now=NOW)
    path = tmp_path / "signing.pem"
    signer = Signer(path)
    path.write_text("nonsense")
    with pytest.raises(ConfigError, match=r"signing\.pem: .*want PEM"):
        Signer(path)
    assert verify(signer.seal(message).cap.encode(), load_pinned(tmp_path / "pinned"), NOW)
    assert "the new signing key cannot be used" in caplog.text
    with pytest.raises(SignatureError, match="a signature already"):
        sign(
            signer.seal(message).cap.encode(),
            *load_pair(folder / "signing.pem", folder / "signing.pem"),
        )
    with pytest.raises(ConfigError, match="No such file"):
        Signer(tmp_path / "none.pem")
    with pytest.raises(Exception, match="keys rotate"):
        keys.init(tmp_path, name="x", now=NOW)
    with pytest.raises(Exception, match="keys init"):
        keys.rotate(tmp_path / "empty", now=NOW)


def test_signing_adds_a_signature_and_changes_nothing_else(
    message: AlertMessage, signed: bytes
) -> None:
    plain = etree.fromstring(signed)
    plain.remove(plain.find(f"{DS}Signature"))
    assert etree.tostring(plain, method="c14n") == etree.tostring(
        etree.fromstring(message.cap.encode()), method="c14n"
    )
