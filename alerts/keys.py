"""The keys that sign CAP messages: made, rotated, listed.

A folder holds `signing.pem` (private key and certificate, replaced in one step) and `pinned/`
(certificates by fingerprint). The old certificate stays pinned until it expires, so that what it
signed is still believed; the old private key is gone.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from alerts import AlertError
from alerts.signing import fingerprint, load_pinned

DAYS = 730
"""How long a certificate is valid, if not told."""
MOST_DAYS = 3_650
MOST_NAME = 64
"""Characters of a common name (X.520)."""
SKEW = timedelta(minutes=5)
"""A receiver's clock may be that much behind ours."""


def init(folder: Path, *, name: str, now: datetime, days: int = DAYS) -> x509.Certificate:
    """Make the first key in `folder` for the sender `name`; AlertError if there is one."""
    if (folder / "signing.pem").exists():
        raise AlertError(f"{folder}/signing.pem is there; `keys rotate` replaces it")
    return _make(folder, name, now, days)


def rotate(folder: Path, *, now: datetime, days: int = DAYS) -> x509.Certificate:
    """Put a new key in place of that in `folder`, and drop pins that have expired."""
    path = folder / "signing.pem"
    if not path.is_file():
        raise AlertError(f"{path}: no such file; `keys init` makes the first key")
    name = _certificate(path).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    made = _make(folder, str(name), now, days)
    for certificate in load_pinned(folder / "pinned"):
        if certificate.not_valid_after_utc < now:
            _pin(folder, certificate).unlink(missing_ok=True)
    return made


def listed(folder: Path, now: datetime) -> list[str]:
    """Return a line for each pinned certificate: what it is for, until when, fingerprint."""
    path = folder / "signing.pem"
    signing = fingerprint(_certificate(path)) if path.is_file() else ""
    lines = []
    for certificate in load_pinned(folder / "pinned"):
        mark = fingerprint(certificate)
        expired = certificate.not_valid_after_utc < now
        role = "expired" if expired else "signs" if mark == signing else "pinned"
        subject = certificate.subject.rfc4514_string()
        lines.append(f"{role:8}until {certificate.not_valid_after_utc:%F}  {mark}  {subject}")
    return lines


def _certificate(path: Path) -> x509.Certificate:
    """Return the certificate of the signing key, be it expired; AlertError where it is damaged."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError) as error:
        raise AlertError(f"{path}: no certificate in PEM: {error}") from error


def _make(folder: Path, name: str, now: datetime, days: int) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "pinned").mkdir(parents=True, exist_ok=True)
    public = certificate.public_bytes(Encoding.PEM)
    _pin(folder, certificate).write_bytes(public)  # believed before the first message has it
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _replace(folder / "signing.pem", private + public)
    return certificate


def _pin(folder: Path, certificate: x509.Certificate) -> Path:
    return folder / "pinned" / f"{fingerprint(certificate)[:16]}.crt"


def _replace(path: Path, content: bytes) -> None:
    """Write `content` to `path` for its owner alone, in one step."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
