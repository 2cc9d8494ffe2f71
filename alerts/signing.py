"""CAP messages signed, and signatures judged against pinned certificates.

Enveloped XML signature, ECDSA on P-256 with SHA-256 (CAP 1.2, section 3.3.4.1; W3C, XML
Signature 1.1). The certificate inside a message is never trusted: it only names which of the
pinned ones is meant. Whatever else XML signatures can do is refused: several signatures or
references, references to a part, transforms that leave something out, other algorithms.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from msgspec import Struct
from msgspec.structs import replace
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from alerts import AlertError
from alerts.cap_check import parse
from forewarn.domain.config import Signing
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.logs import fields

log = logging.getLogger("alerts.signing")

DS = "{http://www.w3.org/2000/09/xmldsig#}"
CANONICAL = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
}
"""Canonical forms, all without comments."""
ENVELOPED = SignatureConstructionMethod.enveloped.value

OURS = frozenset({SignatureMethod.ECDSA_SHA256})
FOREIGN = OURS | {SignatureMethod.RSA_SHA256}
"""What is accepted of other authorities: many sign with RSA."""


class SignatureError(AlertError):
    """A signature cannot be relied on; the message says why."""


class Unsigned(SignatureError):
    """There is no signature at all."""


class Signature(Struct, frozen=True):
    """A signature that holds: by whom, with which pinned certificate."""

    by: str
    """Subject of the pinned certificate."""
    fingerprint: str
    """SHA-256 of that certificate, in hexadecimal."""


class Signer:
    """Signs with the key in a file, and takes up another key as soon as the file has one.

    `certificate` is the file of its certificate; None: it is in the file of the key. Raises
    ConfigError where the files cannot be used at the start; later trouble is logged, and the
    last good key goes on signing.
    """

    def __init__(self, key: Path, certificate: Path | None = None) -> None:
        self._key_path, self._certificate_path = key, certificate or key
        self._seen = self._stamp()
        self._key, self._certificate = load_pair(self._key_path, self._certificate_path)

    def seal(self, message: AlertMessage) -> AlertMessage:
        """Return `message` with its XML signed; unsigned, and logged, where that fails."""
        self._renew()
        try:
            sealed = sign(message.cap.encode(), self._key, self._certificate)
        except SignatureError as error:  # an unsigned warning is worth more than none
            log.error("unsigned", extra=fields(id=message.identifier, error=error))
            return message
        return replace(message, cap=sealed)

    def _renew(self) -> None:
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._key, self._certificate = load_pair(self._key_path, self._certificate_path)
        except ConfigError as error:
            log.error("the new signing key cannot be used", extra=fields(error=error))
        else:
            log.info("signing with", extra=fields(certificate=fingerprint(self._certificate)))

    def _stamp(self) -> tuple[int, ...]:
        paths = (self._key_path, self._certificate_path)
        return tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)


def open_signer(signing: Signing) -> Signer | None:
    """Return what signs; None, and a line in the log, where nothing does. ConfigError."""
    if not signing.key:
        log.warning("messages go out unsigned: `forewarn alerts keys init` makes a key")
        return None
    signer = Signer(Path(signing.key), Path(signing.certificate) if signing.certificate else None)
    log.info("signing with", extra=fields(key=signing.key))
    return signer


def sign(xml: bytes, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> str:
    """Return the alert in `xml` with an enveloped signature as its last element.

    Raises SignatureError where `xml` is no XML or has a signature already.
    """
    alert = parse(xml)
    if isinstance(alert, str):
        raise SignatureError(f"cannot sign: {alert}")
    if alert.find(f".//{DS}Signature") is not None:
        raise SignatureError("cannot sign: there is a signature already")
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(alert, key=key, cert=[certificate])
    written: bytes = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
    return written.decode()


def verify(
    xml: bytes,
    pinned: Sequence[x509.Certificate],
    at: datetime,
    methods: frozenset[SignatureMethod] = OURS,
) -> Signature:
    """Return who signed the alert in `xml`, if one of `pinned` did and was valid at `at`.

    `at` is real time, as certificates are. Raises Unsigned or SignatureError with the reason.
    """
    alert = parse(xml)
    if isinstance(alert, str):
        raise SignatureError(alert)
    element = _the_signature(alert)
    _usual(element, methods)
    candidates = _candidates(element, pinned, at)
    config = SignatureConfiguration(
        location="./",
        signature_methods=methods,
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        verification_time=at,
    )
    trouble = ""
    for certificate in candidates:
        try:
            XMLVerifier().verify(alert, x509_cert=certificate, expect_config=config)
        except InvalidDigest:
            raise SignatureError("the message was changed after it was signed") from None
        except (SignXMLException, etree.LxmlError, ValueError) as error:
            trouble = " ".join(str(error).split())
        else:
            return Signature(certificate.subject.rfc4514_string(), fingerprint(certificate))
    raise SignatureError(f"the signature does not fit the pinned certificate: {trouble}")


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of `certificate` in hexadecimal."""
    return certificate.fingerprint(SHA256()).hex()


def load_pinned(folder: Path) -> list[x509.Certificate]:
    """Return the certificates in the `.crt` and `.pem` files of `folder`; ConfigError."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; it holds the certificates that are trusted")
    found = []
    for path in sorted([*folder.glob("*.crt"), *folder.glob("*.pem")]):
        try:
            found += x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: no certificate in PEM: {error}") from error
    return found


def load_pair(
    key_path: Path, certificate_path: Path
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Return the private key and its certificate; ConfigError names the file and what is wrong."""
    try:
        key = load_pem_private_key(key_path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"signing key {key_path}: {error}; want PEM, not encrypted") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ConfigError(f"signing key {key_path}: not an elliptic-curve key on P-256")
    try:
        certificate = x509.load_pem_x509_certificates(certificate_path.read_bytes())[0]
    except (OSError, ValueError) as error:
        raise ConfigError(f"certificate {certificate_path}: {error}; want PEM") from error
    if certificate.public_key() != key.public_key():
        raise ConfigError(f"certificate {certificate_path} is not that of the key {key_path}")
    if certificate.not_valid_after_utc <= datetime.now(UTC):
        raise ConfigError(
            f"certificate {certificate_path} expired on {certificate.not_valid_after_utc:%F}; "
            "`forewarn alerts keys rotate` makes another"
        )
    return key, certificate


def _the_signature(alert: etree._Element) -> etree._Element:
    """Return the one signature, a child of the alert: anywhere else it may cover another text."""
    found = alert.findall(f".//{DS}Signature")
    if not found:
        raise Unsigned("not signed")
    if len(found) > 1:
        raise SignatureError(f"{len(found)} signatures; one is expected, directly under alert")
    if found[0].getparent() is not alert:
        raise SignatureError("the signature is not directly under alert: it may cover another text")
    return found[0]


def _usual(signature: etree._Element, methods: frozenset[SignatureMethod]) -> None:
    """Refuse what an enveloped signature over the whole message with these methods has not."""
    _only(signature, "SignatureMethod", {method.value for method in methods})
    _only(signature, "CanonicalizationMethod", CANONICAL)
    references = signature.findall(f"{DS}SignedInfo/{DS}Reference")
    if len(references) != 1 or references[0].get("URI") != "":
        named = ", ".join(f"`{r.get('URI')}`" for r in references) or "nothing"
        raise SignatureError(f"the signature covers {named} and not the whole message")
    _only(references[0], "DigestMethod", {DigestAlgorithm.SHA256.value})
    transforms = [t.get("Algorithm") for t in references[0].iter(f"{DS}Transform")]
    if ENVELOPED not in transforms:
        raise SignatureError("the signature is not an enveloped one")
    for transform in transforms:
        if transform != ENVELOPED and transform not in CANONICAL:
            raise SignatureError(f"transform {transform} may leave a part of the message out")


def _only(parent: etree._Element, name: str, allowed: set[str]) -> None:
    for element in parent.iter(f"{DS}{name}"):
        if element.get("Algorithm") not in allowed:
            wanted = " or ".join(sorted(allowed))
            raise SignatureError(f"{name} is {element.get('Algorithm')}; only {wanted} is accepted")


def _candidates(
    signature: etree._Element, pinned: Sequence[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """Return the pinned certificates that may have signed; SignatureError where none may."""
    if not pinned:
        raise SignatureError("no certificate is pinned, so that no signature can be trusted")
    named = signature.findtext(f".//{DS}X509Certificate")
    meant = [c for c in pinned if named is None or _der(named) == fingerprint(c)]
    if not meant:
        raise SignatureError("signed with a certificate that is not pinned")
    valid = [c for c in meant if c.not_valid_before_utc <= at <= c.not_valid_after_utc]
    if not valid:
        spans = ", ".join(
            f"{c.not_valid_before_utc:%F} – {c.not_valid_after_utc:%F}" for c in meant
        )
        raise SignatureError(f"the pinned certificate is not valid at {at:%FT%TZ}, only {spans}")
    return valid


def _der(text: str) -> str:
    """Return the fingerprint of a certificate in base64, or nothing."""
    pem = f"-----BEGIN CERTIFICATE-----\n{text.strip()}\n-----END CERTIFICATE-----\n"
    try:
        return fingerprint(x509.load_pem_x509_certificate(pem.encode()))
    except ValueError:
        return ""
