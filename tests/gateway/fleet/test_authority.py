"""The authority signs what it should, and nothing twice."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.fleet import FleetError
from gateway.fleet.authority import Authority
from gateway.fleet.tokens import Tokens

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "fleet", "han", "127.0.0.1", NOW)


def request(name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_bears_the_name_of_its_token_whatever_was_asked(
    authority: Authority,
) -> None:
    issued = x509.load_pem_x509_certificate(
        authority.certify(request("admin"), "han-river", NOW).encode()
    )
    [name] = issued.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "han-river"
    issued.verify_directly_issued_by(authority.certificate)
    assert issued.not_valid_before_utc < NOW < issued.not_valid_after_utc


def test_what_is_no_request_is_refused(authority: Authority) -> None:
    with pytest.raises(FleetError, match="no signing request"):
        authority.certify("-----BEGIN NOTHING-----", "han-river", NOW)


def test_keys_are_readable_by_their_owner_alone(authority: Authority) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in authority.folder.iterdir()}
    private = ("ca.key", "signing.key", "server.key")
    assert {name: modes[name] for name in private} == dict.fromkeys(private, 0o600)


def test_an_authority_is_never_replaced(authority: Authority) -> None:
    with pytest.raises(FleetError, match="already"):
        Authority.create(authority.folder, "han", "127.0.0.1", NOW)
    again = Authority(authority.folder)
    assert again.fingerprint == authority.fingerprint
    assert again.verify_key == authority.verify_key


def test_a_folder_without_keys_says_what_makes_them(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="forewarn fleet init"):
        Authority(tmp_path)


def test_a_token_is_good_once_for_its_gateway_until_it_expires(authority: Authority) -> None:
    from edge.fleet.enrol import read_token

    tokens = Tokens(authority.folder)
    day = timedelta(hours=24)
    given = tokens.give("https://127.0.0.1:1", "han-river", authority.fingerprint, NOW, day)
    offer = read_token(given)
    assert (offer.gateway, offer.ca) == ("han-river", authority.fingerprint)
    with pytest.raises(FleetError, match="no such token"):
        tokens.spend("another", offer.secret, NOW)
    with pytest.raises(FleetError, match="expired"):
        tokens.spend("han-river", offer.secret, NOW + day)
    tokens.spend("han-river", offer.secret, NOW + day / 2)
    with pytest.raises(FleetError, match="was used at"):
        tokens.spend("han-river", offer.secret, NOW + day / 2)
    stored = (authority.folder / "tokens.json").read_text()
    assert offer.secret not in stored


def test_the_server_certificate_is_believed_by_who_knows_the_authority(
    authority: Authority,
) -> None:
    context = ssl.create_default_context(cadata=authority.ca_pem)
    assert context.cert_store_stats()["x509_ca"] == 1
