"""The authority: signs gateways' certificates, configurations and commands. Its keys are files."""

import os
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.fleet import FleetError

CA_CERT, CA_KEY = "ca.crt", "ca.key"
SIGNING_KEY = "signing.key"
SERVER_CERT, SERVER_KEY = "server.crt", "server.key"

AUTHORITY_DAYS = 3650
SERVER_DAYS = 825
GATEWAY_DAYS = 825
"""A gateway enrols anew within this time; its status says how long it still has."""
BACKDATED = timedelta(days=1)
"""Certificates are valid from a day before: a gateway's clock may be behind."""


class Authority:
    """The keys of one fleet, in one folder.

    Raises FleetError where the folder holds none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.certificate = x509.load_pem_x509_certificate((folder / CA_CERT).read_bytes())
            key, signing = _private(folder / CA_KEY), _private(folder / SIGNING_KEY)
        except (OSError, ValueError) as error:
            raise FleetError(
                f"{folder}: no authority there ({error}); `forewarn fleet init` makes one"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise FleetError(f"{folder / CA_KEY}: not an elliptic curve key")
        if not isinstance(signing, ed25519.Ed25519PrivateKey):
            raise FleetError(f"{folder / SIGNING_KEY}: not an Ed25519 key")
        self._key, self._signing = key, signing

    @classmethod
    def create(cls, folder: Path, name: str, host: str, now: datetime) -> "Authority":
        """Make the keys of a new fleet, and the certificate of its server under `host`.

        Raises FleetError where there is one already: gateways trust it.
        """
        if (folder / CA_KEY).exists():
            raise FleetError(f"{folder}: there is an authority already, and gateways trust it")
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_named(f"{name} fleet"), key.public_key(), _named(f"{name} fleet"), key, now)
            .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(folder / CA_CERT, _pem(certificate), public=True)
        _write(folder / SIGNING_KEY, _key_pem(ed25519.Ed25519PrivateKey.generate()))
        _write(folder / CA_KEY, _key_pem(key))
        authority = cls(folder)
        authority._certify_server(host, now)
        return authority

    @property
    def ca_pem(self) -> str:
        """Return the authority's certificate as PEM."""
        return _pem(self.certificate).decode()

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the authority's certificate, hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def verify_key(self) -> str:
        """Return the public Ed25519 key of configurations and commands, hexadecimal."""
        return self._signing.public_key().public_bytes_raw().hex()

    def sign(self, body: bytes) -> bytes:
        """Return the Ed25519 signature of `body`, 64 bytes."""
        return self._signing.sign(body)

    def certify(self, request_pem: str, gateway: str, now: datetime) -> str:
        """Return a client certificate (PEM) for the key in a signing request.

        Whatever name the request bears, the certificate bears that of `gateway`. FleetError
        says what is wrong with the request.
        """
        try:
            request = x509.load_pem_x509_csr(request_pem.encode())
            if not request.is_signature_valid:
                raise FleetError("the signing request is not signed with its own key")
        except (ValueError, TypeError, InvalidSignature) as error:
            raise FleetError(f"no signing request: {error}") from error
        issued = (
            self._leaf(gateway, request.public_key(), now)
            .not_valid_after(now + timedelta(days=GATEWAY_DAYS))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(issued).decode()

    def _certify_server(self, host: str, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        issued = (
            self._leaf(host, key.public_key(), now)
            .not_valid_after(now + timedelta(days=SERVER_DAYS))
            .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        _write(self.folder / SERVER_CERT, _pem(issued), public=True)
        _write(self.folder / SERVER_KEY, _key_pem(key))

    def _leaf(self, name: str, key: object, now: datetime) -> x509.CertificateBuilder:
        """Begin a certificate of `name` that can certify nobody else."""
        return (
            _builder(_named(name), key, self.certificate.subject, self._key, now)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
        )


def _builder(
    subject: x509.Name,
    key: object,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.CertificateBuilder:
    """Begin a certificate with the identifiers of both keys: Python 3.13 refuses one without."""
    theirs = x509.SubjectKeyIdentifier.from_public_key(key)  # type: ignore[arg-type]
    ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .add_extension(theirs, critical=False)
        .add_extension(ours, critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    """Return what a key is for: an authority signs certificates and revocation lists alone."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(path: Path) -> object:
    return serialization.load_pem_private_key(path.read_bytes(), password=None)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, *, public: bool = False) -> None:
    """Write a file that nobody else may read, unless it is `public`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644 if public else 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
