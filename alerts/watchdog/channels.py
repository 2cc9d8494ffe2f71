"""How the watchdog speaks: ways of its own, that need nothing of what it watches."""

import logging
import shlex
import smtplib
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from http.client import HTTPException
from urllib.parse import unquote, urlsplit

from alerts.watchdog.alarm import Kind, Notice
from forewarn import __version__
from forewarn.domain.codec import encode
from forewarn.domain.config import WatchdogSettings
from forewarn.domain.logs import fields

log = logging.getLogger("watchdog")

TIMEOUT_S = 10.0
AGENT = {"User-Agent": f"forewarn/{__version__}"}

Way = Callable[[Notice], None]


def ways(settings: WatchdogSettings) -> dict[str, Way]:
    """Return the ways that `settings` name; each raises OSError and the like where it fails."""
    found: dict[str, Way] = {}
    if settings.webhook_url:
        found["webhook"] = lambda notice: _post(settings.webhook_url, notice)
    if settings.mail_to:
        found["mail"] = lambda notice: _mail(settings.smtp_url, settings.mail_to, notice)
    if settings.command:
        found["command"] = lambda notice: _run(settings.command, notice)
    return found


def tell(notice: Notice, ways: dict[str, Way]) -> list[threading.Thread]:
    """Log `notice` and send it every way at once, each in a thread: none waits for another."""
    level = logging.INFO if notice.kind is Kind.CLEAR else logging.ERROR
    log.log(level, notice.text.splitlines()[0])
    threads = [
        threading.Thread(target=_attempt, args=(name, way, notice), daemon=True)
        for name, way in ways.items()
    ]
    for thread in threads:
        thread.start()
    return threads


def ping(url: str) -> None:
    """Tell the outside that the watchdog lives; what fails is only logged."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=AGENT), timeout=TIMEOUT_S):
            pass
    except (OSError, HTTPException, ValueError) as error:
        log.warning("no ping", extra=fields(error=error))


def _attempt(name: str, way: Way, notice: Notice) -> None:
    try:
        way(notice)
        log.info("told", extra=fields(way=name, kind=notice.kind.value))
    except (OSError, HTTPException, ValueError, smtplib.SMTPException) as error:
        log.error("not told", extra=fields(way=name, kind=notice.kind.value, error=error))
    except subprocess.SubprocessError as error:
        log.error("not told", extra=fields(way=name, kind=notice.kind.value, error=error))


def _post(url: str, notice: Notice) -> None:
    headers = AGENT | {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=encode(notice), headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
        reply.read(1024)


def _mail(smtp_url: str, to: str, notice: Notice) -> None:
    parts = urlsplit(smtp_url)
    message = EmailMessage()
    addresses = [address.strip() for address in to.split(",")]
    message["To"], message["From"] = ", ".join(addresses), addresses[0]
    message["Subject"] = f"[{notice.kind.value}] Forewarn watchdog, {notice.site}"
    message.set_content(notice.text)
    client = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    port = parts.port or (465 if parts.scheme == "smtps" else 25)
    with client(parts.hostname or "127.0.0.1", port, timeout=TIMEOUT_S) as smtp:
        if parts.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls()
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        smtp.send_message(message)


def _run(command: str, notice: Notice) -> None:
    words = shlex.split(command)
    text = notice.text.encode()
    subprocess.run(words, input=text, timeout=TIMEOUT_S, check=True, capture_output=True)
