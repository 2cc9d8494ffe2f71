"""The authority signs what it should, and nothing twice."""

import socket
import ssl
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.fleet.enrol import signing_request
from gateway.fleet import FleetError
from gateway.fleet.authority import Authority
from gateway.fleet.tokens import Tokens

NOW = datetime.now(UTC)


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
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority.create(tmp_path / "stranger", "han", "127.0.0.1", NOW)
    handshake(server(authority), client(authority))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server(authority), client(stranger))
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        handshake(server(authority), client(authority), "127.0.0.2")


def test_gateways_are_believed_by_who_knows_the_authority(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority.create(tmp_path / "stranger", "han", "127.0.0.1", NOW)
    own, foreign = (
        certified(by, tmp_path / name) for by, name in ((authority, "own"), (stranger, "foreign"))
    )
    who = server(authority, asks=True)
    assert handshake(who, client(authority, own))["subject"] == ((("commonName", "han-river"),),)
    with pytest.raises(ssl.SSLError, match="ALERT_UNKNOWN_CA"):
        handshake(who, client(authority, foreign))
    with pytest.raises(ssl.SSLError, match="ALERT_CERTIFICATE_REQUIRED"):
        handshake(who, client(authority))


def test_a_gateway_certifies_nobody_and_serves_nobody(authority: Authority, tmp_path: Path) -> None:
    own = certified(authority, tmp_path / "own")
    posing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    posing.load_cert_chain(*own)
    with pytest.raises(ssl.SSLCertVerificationError, match="unsuitable certificate purpose"):
        handshake(posing, client(authority))
    issued = x509.load_pem_x509_certificate(own[0].read_bytes())
    assert issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = issued.extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.crl_sign) == (True, False, False)


def test_openssl_finds_no_fault_under_its_strict_rules(
    authority: Authority, tmp_path: Path
) -> None:
    """The clients' OpenSSL may be newer than ours: ask for each purpose by name."""
    cert, _ = certified(authority, tmp_path / "own")
    ca = authority.folder / "ca.crt"
    for purpose, path in (("sslclient", cert), ("sslserver", authority.folder / "server.crt")):
        command = ["openssl", "verify", "-x509_strict", "-check_ss_sig", "-purpose", purpose]
        done = subprocess.run(
            [*command, "-CAfile", str(ca), str(path)],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout.strip()) == (0, f"{path}: OK"), done.stderr


Pair = tuple[Path, Path]
"""A certificate and its key."""


def certified(authority: Authority, folder: Path) -> Pair:
    """Make a key and have it certified as `han-river`."""
    folder.mkdir()
    cert, key = folder / "gateway.crt", folder / "gateway.key"
    cert.write_text(authority.certify(signing_request("han-river", key), "han-river", NOW))
    return cert, key


def server(authority: Authority, *, asks: bool = False) -> ssl.SSLContext:
    """Return a server of the fleet, which may ask for the fleet's certificates, strictly."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / "server.crt", authority.folder / "server.key")
    if asks:
        context.load_verify_locations(cadata=authority.ca_pem)
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def client(authority: Authority, own: Pair | None = None) -> ssl.SSLContext:
    """Return a client that believes this authority alone, as strictly as Python 3.13 does."""
    context = ssl.create_default_context(cadata=authority.ca_pem)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if own:
        context.load_cert_chain(*own)
    return context


def handshake(
    serving: ssl.SSLContext, asking: ssl.SSLContext, host: str = "127.0.0.1"
) -> Mapping[str, Any]:
    """Shake hands over a pair of sockets; return the client's certificate, or raise what broke."""
    left, right = socket.socketpair()
    with left, right, ThreadPoolExecutor(1) as beside:
        answered = beside.submit(_serve, serving, left)
        try:
            with asking.wrap_socket(right, server_hostname=host) as secured:
                secured.recv(1)  # TLS 1.3: only now is it known whether the server took us
        finally:
            right.close()
        return answered.result()


def _serve(context: ssl.SSLContext, to: socket.socket) -> Mapping[str, Any]:
    with context.wrap_socket(to, server_side=True) as secured:
        secured.send(b"!")
        return secured.getpeercert() or {}
