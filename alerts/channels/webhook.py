"""A POST of each message as JSON to one URL; a 2xx answer means it was taken."""

import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO

from alerts import ChannelError, Refused
from alerts.channels import Active
from forewarn import __version__
from forewarn.domain.codec import encode
from forewarn.domain.hazard import AlertMessage

TIMEOUT_S = 3.0
TRY_LATER = {408, 425, 429}
"""Client errors that are about the moment and not about the message."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without the message: refuse it instead."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None


class WebhookChannel:
    """JSON of `AlertMessage`, with its identifier in the header `Idempotency-Key`."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(_NoRedirect)

    def deliver(self, message: AlertMessage, active: Active) -> None:
        """POST `message`; Refused on a 4xx or redirect, ChannelError on silence or 5xx."""
        request = urllib.request.Request(
            self._url,
            data=encode(message),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": message.identifier,
                "User-Agent": f"forewarn/{__version__}",
            },
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as reply:
                reply.read(1024)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from error
        except (OSError, HTTPException) as error:
            raise ChannelError(f"webhook {self._url}: {error}") from error

    def keep(self, active: Active) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing: every POST has its own connection."""

    def _refusal(self, error: urllib.error.HTTPError) -> ChannelError:
        answer = f"webhook {self._url}: answered {error.code} {error.reason}"
        if 300 <= error.code < 400:
            there = error.headers.get("Location", "elsewhere")
            return Refused(f"{answer}, redirecting to {there}; give that URL instead")
        if 400 <= error.code < 500 and error.code not in TRY_LATER:
            return Refused(answer)
        return ChannelError(answer)
