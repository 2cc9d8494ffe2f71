"""The program `openssl`, which every gateway has: keys, signing requests, signatures."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from edge import EdgeError

PATIENCE_S = 60.0
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""Before the 32 bytes of a public key in its DER form (RFC 8410)."""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run openssl; EdgeError where it is not installed."""
    program = shutil.which("openssl")
    if program is None:
        raise EdgeError("the program `openssl` (3.0 or newer) is missing: apt-get install openssl")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=PATIENCE_S)


def signed_by(key: bytes, signature: bytes, content: bytes) -> bool:
    """Return whether `signature` (Ed25519, 64 bytes) over `content` was made with `key`'s pair.

    EdgeError where openssl cannot say.
    """
    with tempfile.TemporaryDirectory(prefix="forewarn-") as folder:
        files = {"key": ED25519_PREFIX + key, "signature": signature, "content": content}
        paths = {name: Path(folder) / name for name in files}
        for name, of in files.items():
            paths[name].write_bytes(of)
        where = {name: str(path) for name, path in paths.items()}
        said = run(
            *("pkeyutl", "-verify", "-pubin", "-inkey", where["key"], "-keyform", "DER"),
            *("-rawin", "-in", where["content"], "-sigfile", where["signature"]),
        )
    if said.returncode == 0 and "Verified Successfully" in said.stdout:
        return True
    if "Verification Failure" in said.stdout + said.stderr or len(signature) != 64:
        return False
    raise EdgeError(f"openssl cannot verify a signature: {said.stderr.strip()[-300:]}")
