"""Sending through the operator's proxy: it is asked for the checked address, and TLS is with the receiver."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.outbound.faults import Fault
from integrations.outbound.request import post, session
from tests.integrations.network_watch import answer_look_ups, watch
from tests.integrations.receiver import Receiver


class Proxy:
    """An HTTP proxy that only knows CONNECT. `asked`: the head of each request. `answer`: what it says."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.port = int(listener.getsockname()[1])
        self.asked: list[str] = []
        self.answer = b"HTTP/1.1 200 Connection established\r\n\r\n"
        self.stopped = threading.Event()

    def serve(self) -> None:
        """Accept until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client: socket.socket) -> None:
        """One connection through it."""
        with contextlib.suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.asked.append(head.decode())
            if self.answer == b"silence":
                self.stopped.wait(30)
                return
            client.sendall(self.answer)
            if b" 200 " not in self.answer:
                return
            host, port = head.split(b" ")[1].rsplit(b":", 1)
            with socket.create_connection((host.decode(), int(port))) as server:
                one = threading.Thread(target=_copy, args=(client, server), daemon=True)
                one.start()
                _copy(server, client)


def _copy(source: socket.socket, to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            to.sendall(part)
        to.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(settings: Any) -> Iterator[Proxy]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Proxy(listener)
        threading.Thread(target=made.serve, daemon=True).start()
        settings.ASORA_OUTBOUND_PROXY = ("127.0.0.1", made.port, "")
        yield made
        made.stopped.set()
        listener.shutdown(socket.SHUT_RDWR)


def test_the_proxy_gets_the_address_and_the_receiver_the_payload(receiver: Receiver, proxy: Proxy) -> None:
    with watch() as seen, session() as sending:
        for _ in range(3):
            assert sending.post(receiver.url("/hook?token=planted"), headers={}, body=b"{}").is_delivered

    assert proxy.asked == [
        f"CONNECT 127.0.0.1:{receiver.port} HTTP/1.1\r\nHost: 127.0.0.1:{receiver.port}\r\n\r\n"
    ], "one connection, by number, and nothing of the request"
    assert [got.path for got in receiver.received()] == ["/hook?token=planted"] * 3
    assert ("127.0.0.1", proxy.port) in seen.connected


def test_the_proxys_password_goes_to_the_proxy_only(receiver: Receiver, proxy: Proxy, settings: Any) -> None:
    settings.ASORA_OUTBOUND_PROXY = ("127.0.0.1", proxy.port, "YXNvcmE6cEBzcw==")
    assert post(receiver.url(), headers={}, body=b"{}").is_delivered
    assert "\r\nProxy-Authorization: Basic YXNvcmE6cEBzcw==\r\n" in proxy.asked[0]
    assert "proxy-authorization" not in receiver.received()[0].headers


def test_what_leads_inside_is_not_even_asked_of_the_proxy(
    receiver: Receiver, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_look_ups(monkeypatch, {"inside.example.com": ["10.0.0.1"]})
    for url in ("https://inside.example.com/", "https://10.0.0.1/", f"https://127.0.0.1:{receiver.port}/"):
        assert post(url, headers={}, body=b"{}").fault is Fault.ADDRESS
    assert proxy.asked == []


def test_a_receivers_certificate_is_verified_behind_the_proxy_too(receiver: Receiver, proxy: Proxy) -> None:
    receiver.behave("wrong_host")
    assert post(receiver.url(), headers={}, body=b"{}").fault is Fault.TLS_NAME
    assert receiver.received() == []


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 200 OK\r\n\r\ntoo much",
        b"SSH-2.0\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000,
    ],
)
def test_a_proxy_that_refuses_is_a_fault_of_the_proxy(
    receiver: Receiver, proxy: Proxy, answer: bytes
) -> None:
    proxy.answer = answer
    assert post(receiver.url(), headers={}, body=b"{}").fault is Fault.PROXY
    assert receiver.received() == []


def test_a_proxy_that_does_not_answer_is_given_up_after_three_seconds(
    receiver: Receiver, proxy: Proxy
) -> None:
    proxy.answer = b"silence"
    answer = post(receiver.url(), headers={}, body=b"{}")
    assert answer.fault is Fault.PROXY
    assert 2900 < answer.duration_ms < 5000


def test_a_proxy_that_is_down_is_a_fault_of_the_proxy_and_is_not_gone_around(
    receiver: Receiver, settings: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.ASORA_OUTBOUND_PROXY = ("127.0.0.1", port, "")
    assert post(receiver.url(), headers={}, body=b"{}").fault is Fault.PROXY
    assert receiver.connections() == 0
