"""Pages by apprise: a real process, a real mail server, a real HTTP receiver."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from msgspec.structs import replace

from alerts import ChannelError
from alerts.desk import Desk
from alerts.lifecycle import timing
from alerts.paging.letter import letter
from alerts.paging.messenger import Messenger
from alerts.people.directory import ChannelOf
from forewarn.domain.config import convert
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Claimed
from forewarn.domain.station import Site
from forewarn.runtime.ports import free_port
from tests.alerts.test_pager import Receiver, receiving

PAGE = "演习 橙色洪水预警：西岸。请确认。"
LETTER = PAGE + "\n\nEXERCISE: flood at Town bridge. * Move _now_ <b> & stay safe."


class Mailbox:
    """What a mail server took."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@pytest.fixture(scope="module")
def mail() -> Iterator[tuple[Mailbox, int]]:
    box, port = Mailbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield box, port
    finally:
        server.stop()


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def messenger(
    mail: tuple[Mailbox, int], hook: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Messenger]:
    secrets, where = tmp_path_factory.mktemp("secrets"), hook.url.removeprefix("http://")
    (secrets / "mail").write_text(
        f"mailto://127.0.0.1:{mail[1]}/?from=ews@example.org&to=duty@example.org&mode=insecure\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOK", f"json://{where}")
        patch.setenv("DEAD", f"json://:Pa55word@127.0.0.1:{free_port()}/token1234")
        patch.setenv("NONSENSE", "smoke-signals://Pa55word@hill")
        found = Messenger()
        found.mail = str(secrets / "mail")  # type: ignore[attr-defined]
        found.start()
        yield found
        found.stop()


def send(messenger: Messenger, to: str) -> None:
    messenger.send(to, key="k1", page=PAGE, letter=LETTER)


def test_mail_says_everything_in_plain_text(
    messenger: Messenger, mail: tuple[Mailbox, int]
) -> None:
    send(messenger, messenger.mail)  # type: ignore[attr-defined]
    [found] = mail[0].mails
    assert found["Subject"] == PAGE
    assert found["To"] == "duty@example.org"
    assert found["Idempotency-Key"] == "k1"
    assert found.get_content_type() == "text/plain"
    assert found.get_content().replace("\r\n", "\n").strip() == LETTER


def test_a_webhook_gets_the_same_with_its_key(messenger: Messenger, hook: Receiver) -> None:
    send(messenger, "HOOK")
    assert hook.taken["k1"]["title"] == PAGE
    assert hook.taken["k1"]["message"] == LETTER


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("DEAD", "A Connection error occurred sending JSON"),
        ("NONSENSE", "what `NONSENSE` holds is no apprise URL"),
        ("NOBODY", "the environment variable `NOBODY` is empty"),
        ("/no/such/file", "No such file"),
    ],
)
def test_what_is_not_taken_is_said_without_secrets(
    messenger: Messenger, to: str, said: str
) -> None:
    with pytest.raises(ChannelError, match=said) as error:
        send(messenger, to)
    assert "Pa55word" not in str(error.value)
    assert "token1234" not in str(error.value)


ROBOTS = """
import sys
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.httpsms import NotifyHttpSMS
from apprise.plugins.wecombot import NotifyWeComBot
from alerts.paging.apprise_process import main
for plugin in (NotifyDingTalk, NotifyFeishu, NotifyHttpSMS, NotifyWeComBot):
    plugin.notify_url = sys.argv[1]
main()
"""
"""The process as it is, its services' addresses pointed at our receiver."""


@pytest.mark.soak
def test_messengers_and_sms_gateways(monkeypatch: pytest.MonkeyPatch, hook: Receiver) -> None:
    key = "0123456789abcdef0123456789abcdef"
    monkeypatch.setenv("WECOM", f"wecombot://{key}")
    monkeypatch.setenv("DINGTALK", f"dingtalk://{key}/")
    monkeypatch.setenv("FEISHU", f"feishu://{key}")
    monkeypatch.setenv("SMS", "httpsms://apikey99@15551237777/15551238888")
    robots = Messenger((sys.executable, "-c", ROBOTS, hook.url), answer_s=20)
    try:
        for to, keys in [
            ("WECOM", ("text", "content")),
            ("DINGTALK", ("text", "content")),
            ("FEISHU", ("content", "text")),
        ]:
            hook.bodies.clear()
            hook.reply = b'{"errcode": 0, "code": 0}'
            send(robots, to)
            [body] = hook.bodies
            assert body[keys[0]][keys[1]].replace("\r", "").startswith(f"{PAGE}\n")
            hook.reply = b'{"errcode": 310000, "code": 19024, "errmsg": "keywords not in content"}'
            with pytest.raises(ChannelError, match="keywords not in content"):
                send(robots, to)
        hook.bodies.clear()
        send(robots, "SMS")
        assert [body["content"] for body in hook.bodies] == [PAGE]
    finally:
        robots.stop()


@pytest.mark.soak
def test_a_process_that_dies_or_hangs_is_started_anew(messenger: Messenger, hook: Receiver) -> None:
    for number in (signal.SIGKILL, signal.SIGSTOP):
        first = messenger.pid
        messenger._answer_s = 0.2
        os.kill(first, number)
        with pytest.raises(ChannelError):
            until_it_fails(messenger)
        messenger._answer_s, messenger._started_s = 10.0, 0.0
        hook.taken.clear()
        send(messenger, "HOOK")
        assert "k1" in hook.taken
        assert messenger.pid != first


def until_it_fails(messenger: Messenger) -> None:
    """The signal needs a moment to arrive."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        send(messenger, "HOOK")


def test_a_process_that_takes_nothing_keeps_nobody_waiting(tmp_path: Path) -> None:
    script = "import time\nprint('{\"id\": 0}', flush=True)\ntime.sleep(60)"
    deaf = Messenger((sys.executable, "-c", script), answer_s=0.1)
    try:
        with pytest.raises(ChannelError, match="does not listen"):
            deaf.send("HOOK", key="k", page=PAGE, letter="x" * 5_000_000)
    finally:
        deaf.stop()


def test_secrets_do_not_stand_in_people_toml() -> None:
    with pytest.raises(ConfigError, match=r"people\.toml"):
        convert({"kind": "apprise", "to": "mailto://a:b@c"}, ChannelOf, source="test")
    assert convert({"kind": "apprise", "to": "LI_MAIL"}, ChannelOf, source="test")


def test_the_letter_has_both_languages_and_says_nothing_that_expired(
    site: Site, assess: Any, start: datetime
) -> None:
    desk = Desk(site, timing=timing(site.alert_rule), status="Exercise", start=start)
    step = desk.take(assess(0, red=0.9), start)
    assert step is not None
    message = step.message
    assert message is not None
    told = Claimed(
        id=1,
        key="k",
        person="li",
        text=PAGE,
        channel=0,
        attempts=0,
        incidents=[("i", "orange")],
        level=Level.ORANGE,
        due_at=start,
    )
    text = letter(told, {"i": message}, "https://ews.example.org/")
    assert text.startswith(PAGE)
    assert "https://ews.example.org/#desk/i" in text
    assert "EXERCISE, not a real warning: " in text
    assert "演练（非真实预警）：" in text
    assert "请" in text
    over = replace(told, incidents=[("i", "over")])
    assert letter(over, {"i": message}, "") == f"{PAGE}\n\ni"
