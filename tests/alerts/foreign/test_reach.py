"""Foreign hosts over real TLS: what is asked, what is not, and how much is read."""

import ipaddress
import socket
import threading
from typing import Any

import pytest

from alerts.cap_check import MAX_BYTES
from alerts.foreign import reach
from alerts.foreign.reach import Unreachable, get, is_public


def test_an_answer_comes_and_is_not_sent_again_when_known(host: Any) -> None:
    url = host.page("/cap.xml", b"<alert/>", ETag='"7"')
    answer = get(url, ["localhost"], tls=host.tls)
    assert (answer.body, answer.tag) == (b"<alert/>", '"7"')
    assert get(url, ["localhost"], tag='"7"', tls=host.tls).body is None


def test_an_address_that_is_not_public_is_not_asked(host: Any) -> None:
    url = host.page("/cap.xml", b"<alert/>")
    with pytest.raises(Unreachable, match="not public"):
        get(url, tls=host.tls)
    assert host.asked == []


def test_a_stranger_who_is_not_who_the_name_says_is_not_believed(host: Any) -> None:
    with pytest.raises(Unreachable, match="certificate verify failed"):
        get(host.page("/cap.xml", b""), ["localhost"])


def test_the_address_that_was_judged_is_the_one_that_is_asked(
    host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that gives another address the second time gains nothing."""
    real, asked = socket.getaddrinfo, []

    def rebinding(name: str, *given: Any, **named: Any) -> Any:
        asked.append(name)
        found = "127.0.0.1" if asked.count("localhost") == 1 else "127.9.9.9"
        return real(found if name == "localhost" else name, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert get(host.page("/a", b"x"), ["localhost"], tls=host.tls).body == b"x"
    assert asked.count("localhost") == 1


@pytest.mark.parametrize(
    "address",
    [
        *["127.0.0.1", "10.0.0.5", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0"],
        *["100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fc00::1", "ff02::1"],
        *["::ffff:10.0.0.5", "::ffff:127.0.0.1", "64:ff9b::a00:5", "2002:a00:5::1", "::"],
    ],
)
def test_addresses_of_our_own_networks_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_world_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://localhost/x", "names no|http is for|Connection refused"),
        ("https://127.0.0.1/x", "not public"),
        ("https://169.254.169.254/latest", "not public"),
        ("file:///etc/passwd", "names no host"),
        ("https://a:b@localhost/x", "no user or password"),
        ("https://2130706433/", "not public|not known|No address|failure"),
    ],
)
def test_a_redirect_is_judged_anew(target: str, why: str, host: Any) -> None:
    url = host.page("/moved", b"", 302, Location=target)
    with pytest.raises(Unreachable, match=why):
        get(url, ["localhost"], tls=host.tls)
    assert host.asked == ["/moved"]


def test_a_redirect_is_followed_and_endless_ones_end(host: Any) -> None:
    host.page("/there", b"here")
    answer = get(host.page("/moved", b"", 301, Location="/there"), ["localhost"], tls=host.tls)
    assert (answer.body, answer.url) == (b"here", f"{host.url}/there")
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        get(host.page("/loop", b"", 302, Location="/loop"), ["localhost"], tls=host.tls)


def test_what_is_too_long_is_not_read_to_its_end(host: Any) -> None:
    url = host.page("/long", b"", Content_Length=str(100_000_000))
    with pytest.raises(Unreachable, match="more than 1000000 bytes"):
        get(url, ["localhost"], tls=host.tls)
    unsaid = host.page("/unsaid", b" " * (MAX_BYTES + 1), Content_Length="")
    with pytest.raises(Unreachable, match="more than 1000000 bytes"):
        get(unsaid, ["localhost"], tls=host.tls)


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (500, {}, "answers 500"),
        (200, {"Content_Encoding": "gzip"}, "compressed"),
        (200, {"Content_Length": "100"}, "cut off|no whole answer"),
    ],
)
def test_other_answers_are_not_used(
    status: int, headers: dict[str, str], why: str, host: Any
) -> None:
    url = host.page("/x", b"abc", status, **headers)
    with pytest.raises(Unreachable, match=why):
        get(url, ["localhost"], tls=host.tls)


def test_a_host_that_sends_a_byte_now_and_then_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.05):
                    try:
                        client.sendall(b"X")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        port = server.getsockname()[1]
        with pytest.raises(Unreachable, match="no whole answer in time"):
            get(f"http://127.0.0.1:{port}/", ["127.0.0.1"], patience_s=0.4)
        stop.set()
        thread.join()


def test_http_is_for_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))]

    monkeypatch.setattr(reach.socket, "getaddrinfo", elsewhere)
    with pytest.raises(Unreachable, match="this machine alone"):
        get("http://example.org/", ["example.org"])
