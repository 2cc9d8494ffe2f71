"""GET with a password, Basic or Digest, whichever the camera asks for."""

import base64
import urllib.error
import urllib.request
from http.client import HTTPResponse
from urllib.parse import unquote, urlsplit

CLOSE = {"Connection": "close"}


class Getter:
    """Asks one URL; user and password may stand in it and are never shown.

    Digest (RFC 7616) is computed by the standard library's handler, from the camera's challenge.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self.shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self) -> HTTPResponse:
        """Return the answer; OSError (of urllib) where it is refused, or does not come."""
        try:
            return self._open("")
        except urllib.error.HTTPError as error:
            error.close()
            challenge = error.headers.get("WWW-Authenticate", "")
            if error.code != 401 or not self._user or not challenge:
                raise
        return self._open(self._authorization(challenge))

    def _open(self, authorization: str) -> HTTPResponse:
        more = {"Authorization": authorization} if authorization else {}
        request = urllib.request.Request(self.shown, headers=CLOSE | more)
        answer: HTTPResponse = self._opener.open(request, timeout=self._timeout_s)
        return answer

    def _authorization(self, challenge: str) -> str:
        kind, _, rest = challenge.partition(" ")
        if kind.lower() != "digest":
            pair = f"{self._user}:{self._password}".encode()
            return "Basic " + base64.b64encode(pair).decode("ascii")
        asked = urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self.shown, self._user, self._password)
        handler = urllib.request.HTTPDigestAuthHandler(passwords)
        answer = handler.get_authorization(urllib.request.Request(self.shown), asked)
        return f"Digest {answer}" if answer else ""
