"""`forewarn edge enroll`: a one-time token becomes a certificate and a configuration."""

import base64
import binascii
import hashlib
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from edge import EdgeError
from edge.fleet import openssl
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import CodecError
from forewarn.domain.fleet import Enrolment, Offer, Welcome

KEY, CERTIFICATE, CA, VERIFY_KEY = "gateway.key", "gateway.crt", "ca.crt", "fleet.key"
CONFIG = "gateway.toml"
"""Files beside each other; `[mqtt]` of gateway.toml names the first three."""

PATIENCE_S = 20.0
MAX_ANSWER_BYTES = 1_000_000


def enrol(token: str, folder: Path, *, replace: bool = False) -> Offer:
    """Enrol the gateway that `token` is for, and write its files into `folder`.

    Raises EdgeError where the token is torn, the server is not the fleet's, it refuses, or
    there is a gateway in `folder` already.
    """
    offer = read_token(token)
    if (folder / CONFIG).exists() and not replace:
        raise EdgeError(f"{folder / CONFIG}: a gateway is here already; --replace overwrites it")
    trusted = _trusted(offer)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{KEY}.part"
    request = signing_request(offer.gateway, draft)
    asked = Enrolment(gateway=offer.gateway, secret=offer.secret, request=request)
    welcome = _ask(offer, encode(asked), trusted)
    contents = {
        CERTIFICATE: welcome.certificate,
        CA: welcome.ca,
        VERIFY_KEY: welcome.verify_key + "\n",
        CONFIG: welcome.config,
    }
    draft.replace(folder / KEY)
    for name, text in contents.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return offer


def read_token(token: str) -> Offer:
    """Return what a token says; EdgeError where a part of it is missing."""
    text = token.strip()
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return decode(raw, Offer)
    except (binascii.Error, ValueError, CodecError) as error:
        raise EdgeError(f"this is no whole token ({error}): copy all of it") from error


def signing_request(gateway: str, key: Path) -> str:
    """Make a key at `key`, which never leaves here, and return the request to certify it."""
    key.unlink(missing_ok=True)
    os.close(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made = openssl.run("req", *curve, "-subj", f"/CN={gateway}", "-keyout", str(key))
    if made.returncode:
        raise EdgeError(f"openssl could not make a key: {made.stderr.strip()[-300:]}")
    return made.stdout[made.stdout.index("-----BEGIN") :]


def _trusted(offer: Offer) -> ssl.SSLContext:
    """Return a context that believes the fleet's authority alone, by the token's fingerprint."""
    unknown = ssl.create_default_context()
    unknown.check_hostname, unknown.verify_mode = False, ssl.CERT_NONE
    pem = _fetch(f"{offer.url}/ca.crt", None, unknown).decode("ascii", "replace")
    try:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    except ValueError as error:
        raise EdgeError(f"{offer.url} gave no certificate: is it the fleet's server?") from error
    if digest != offer.ca:
        raise EdgeError(
            f"{offer.url} is not the server that the token is for: its authority is {digest}, "
            f"the token's {offer.ca}"
        )
    return ssl.create_default_context(cadata=pem)


def _ask(offer: Offer, body: bytes, context: ssl.SSLContext) -> Welcome:
    try:
        return decode(_fetch(f"{offer.url}/enrol", body, context), Welcome)
    except CodecError as error:
        raise EdgeError(f"{offer.url}: not an answer to an enrolment: {error}") from error


def _fetch(url: str, body: bytes | None, context: ssl.SSLContext) -> bytes:
    if not url.startswith("https://"):
        raise EdgeError(f"{url}: not https; ask for a new token")
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body), timeout=PATIENCE_S, context=context
        ) as answer:
            return bytes(answer.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        said = error.read(1000).decode("utf-8", "replace")
        raise EdgeError(f"{url} refused: {said}") from error
    except (OSError, ValueError) as error:
        raise EdgeError(f"{url}: {error}") from error
