"""Where a file comes from: a dropped file, or a page that is fetched when it has changed."""

from http.client import HTTPException, IncompleteRead
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from edge import EdgeError

MAX_BYTES = 8_000_000
"""A year of ten-minute rows has 5 MB."""
TIMEOUT_S = 20.0


class Source:
    """A file or a page, read anew only when it has changed.

    Parameters
    ----------
    url : str
        `file:///path/41002.txt`, `http://…` or `https://…`.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stamp: object = None

    def fetch(self) -> str | None:
        """Return the text; None where it is as it was. EdgeError says why it cannot be read.

        Blocks; call it in a thread.
        """
        parts = urlsplit(self._url)
        if parts.scheme == "file":
            return self._from_file(Path(unquote(parts.path)))
        if parts.scheme in ("http", "https"):
            return self._from_web()
        raise EdgeError(f"{self._url}: not file://, http:// or https://")

    def _from_file(self, path: Path) -> str | None:
        try:
            stat = path.stat()
            stamp = stat.st_mtime_ns, stat.st_size, stat.st_ino
            if stamp == self._stamp:
                return None
            if stat.st_size > MAX_BYTES:
                raise EdgeError(f"{path}: {stat.st_size} bytes; at most {MAX_BYTES} are read")
            text = path.read_text(encoding="ascii", errors="replace")
        except OSError as error:
            raise EdgeError(f"{path}: {error.strerror}") from error
        self._stamp = stamp
        return text

    def _from_web(self) -> str | None:
        headers = {"User-Agent": "forewarn"}
        if isinstance(self._stamp, str):
            headers["If-Modified-Since"] = self._stamp
        try:
            with urlopen(Request(self._url, headers=headers), timeout=TIMEOUT_S) as answer:
                body = answer.read(MAX_BYTES + 1)
                lacking = answer.length or 0  # of Content-Length; a limited read does not tell
                stamp = answer.headers.get("Last-Modified")
        except HTTPError as error:
            with error:
                if error.code == 304:
                    return None
            raise EdgeError(f"{self._url}: {error.code} {error.reason}") from error
        except IncompleteRead as error:
            raise EdgeError(f"{self._url}: torn after {len(error.partial)} bytes") from error
        except HTTPException as error:
            what = f"{type(error).__name__} {error}"[:200]
            raise EdgeError(f"{self._url}: no answer of a web server: {what}") from error
        except (URLError, OSError, ValueError) as error:
            why = getattr(error, "reason", error)
            raise EdgeError(f"{self._url}: {why}") from error
        if len(body) > MAX_BYTES:
            raise EdgeError(f"{self._url}: more than {MAX_BYTES} bytes")
        if lacking:
            raise EdgeError(f"{self._url}: torn after {len(body)} bytes; {lacking} are lacking")
        self._stamp = stamp if body.endswith(b"\n") else None  # cut: asked for anew
        return str(body.decode("ascii", errors="replace"))
