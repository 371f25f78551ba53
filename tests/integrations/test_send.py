"""Sending to a receiver of every kind: the request ends in time, says what happened, and is sent once."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest

from integrations.outbound import limits
from integrations.outbound.faults import ADVICE, Fault
from integrations.outbound.request import Answer, post, session
from tests.integrations.receiver import Receiver

BODY = b'{"type":"test"}'


def send(receiver: Receiver, path: str = "/hook") -> Answer:
    return post(
        receiver.url(path), headers={"Content-Type": "application/json", "webhook-id": "1"}, body=BODY
    )


def test_a_good_receiver_gets_exactly_what_was_sent(receiver: Receiver) -> None:
    answer = send(receiver, "/hook?shop=7&shop=8")

    assert (answer.status, answer.first_kilobyte, answer.fault, answer.is_delivered) == (
        200,
        b"ok",
        None,
        True,
    )
    (got,) = receiver.received()
    assert (got.method, got.path, got.body) == ("POST", "/hook?shop=7&shop=8", BODY)
    assert got.headers == {
        "host": f"localhost:{receiver.port}",
        "user-agent": "Asora-Webhooks/1",
        "accept": "*/*",
        "accept-encoding": "identity",
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "webhook-id": "1",
    }


#: Behaviour, status, fault, and whether the receiver got the request.
BAD: list[tuple[str, int | None, Fault, bool]] = [
    ("cut_off", None, Fault.CUT_OFF, True),
    ("cut_off_body", 200, Fault.CUT_OFF, True),
    ("reset", None, Fault.CUT_OFF, True),
    ("error", 500, Fault.STATUS, True),
    ("redirect", 302, Fault.REDIRECT, True),
    ("garbage", None, Fault.PROTOCOL, True),
    ("endless_headers", None, Fault.PROTOCOL, True),
    ("endless_continue", None, Fault.PROTOCOL, True),
    ("plain", None, Fault.TLS, False),
    ("client_certificate", None, Fault.TLS, False),
    ("endless_tickets", None, Fault.PROTOCOL, False),
    ("wrong_host", None, Fault.TLS_NAME, False),
    ("expired", None, Fault.TLS_EXPIRED, False),
    ("not_yet", None, Fault.TLS_EXPIRED, False),
    ("self_signed", None, Fault.TLS_UNTRUSTED, False),
    ("untrusted", None, Fault.TLS_UNTRUSTED, False),
]


@pytest.mark.parametrize(("kind", "status", "fault", "is_sent"), BAD)
def test_a_bad_receiver_is_a_fault_and_is_asked_once(
    receiver: Receiver, kind: str, status: int | None, fault: Fault, is_sent: bool
) -> None:
    receiver.behave(kind)

    answer = send(receiver)

    assert (answer.status, answer.fault, answer.is_delivered) == (status, fault, False)
    assert len(receiver.received()) == is_sent
    assert receiver.connections() == 1


@pytest.mark.parametrize(
    ("kind", "status"),
    [("slow", None), ("dripping", None), ("dripping_body", 200), ("silent", None), ("dripping_tls", None)],
)
def test_a_slow_receiver_is_cut_off_after_five_seconds_in_all(
    receiver: Receiver, kind: str, status: int | None
) -> None:
    receiver.behave(kind)
    started = time.monotonic()

    answer = send(receiver)

    assert (answer.status, answer.fault) == (status, Fault.TIMEOUT)
    assert answer.duration_ms >= 5000
    assert time.monotonic() - started < 15, "each byte must not begin a new time-out"


@pytest.mark.parametrize("kind", ["huge", "gzip_bomb", "small_gzip"])
def test_of_a_long_answer_only_the_beginning_is_read(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    spent = []
    real = limits.Limits.spend
    monkeypatch.setattr(
        limits.Limits, "spend", lambda left, amount: (spent.append(amount), real(left, amount))[1]
    )
    receiver.behave(kind)

    answer = send(receiver)

    assert (answer.status, answer.fault) == (200, None)
    assert len(answer.first_kilobyte) <= 1024
    assert sum(spent) <= 24 * 1024, "the handshake, and one record of TLS"
    if kind != "huge":
        assert answer.text == f"[{len(answer.first_kilobyte)} bytes, Content-Encoding: gzip]"


def test_a_redirect_is_not_followed_and_no_cookie_comes_back(receiver: Receiver) -> None:
    receiver.behave("redirect")
    with session() as sending:
        for _ in range(3):
            sending.post(receiver.url("/hook"), headers={}, body=BODY)
    got = receiver.received()
    assert [one.path for one in got] == ["/hook"] * 3
    assert not any("cookie" in one.headers for one in got)


def test_a_receiver_that_is_down_is_a_fault(receiver: Receiver) -> None:
    receiver.kill()
    answer = send(receiver)
    assert (answer.status, answer.fault) == (None, Fault.CONNECT)
    receiver.start()
    assert send(receiver).is_delivered


def test_a_session_uses_its_connection_again_and_opens_a_new_one_when_it_must(receiver: Receiver) -> None:
    with session() as sending:
        for _ in range(20):
            assert sending.post(receiver.url(), headers={}, body=BODY).is_delivered
        assert receiver.connections() == 1
        receiver.behave("closing")
        for _ in range(3):
            assert sending.post(receiver.url(), headers={}, body=BODY).is_delivered
            time.sleep(0.1)
        receiver.kill()
        assert sending.post(receiver.url(), headers={}, body=BODY).fault in {Fault.CONNECT, Fault.CUT_OFF}
        receiver.start()
        receiver.behave("error")
        assert sending.post(receiver.url(), headers={}, body=BODY).fault is Fault.STATUS
        receiver.behave("good")
        assert sending.post(receiver.url(), headers={}, body=BODY).is_delivered
    assert len(receiver.received()) == 25


def test_a_receiver_that_does_not_read_is_cut_off_too(receiver: Receiver) -> None:
    receiver.behave("not_reading")
    answer = post(receiver.url(), headers={}, body=bytes(40 * 2**20))
    assert answer.fault is Fault.TIMEOUT
    assert 5000 <= answer.duration_ms < 15_000
    assert receiver.received() == []


def test_a_receiver_may_answer_before_it_has_read_everything(receiver: Receiver) -> None:
    """Its answer is lost if its operating system resets the connection before."""
    receiver.behave("too_large")
    answer = post(receiver.url(), headers={}, body=bytes(4 * 2**20))
    assert (answer.status, answer.fault) in {(413, Fault.STATUS), (None, Fault.CUT_OFF)}
    assert answer.duration_ms < 5000


def test_each_request_of_a_session_has_its_own_five_seconds(receiver: Receiver) -> None:
    receiver.behave("slow", seconds=2)
    with session() as sending:
        answers = [sending.post(receiver.url(), headers={}, body=BODY) for _ in range(3)]
    assert [answer.fault for answer in answers] == [None] * 3


def test_many_threads_send_at_once(receiver: Receiver) -> None:
    def send(number: int) -> None:
        with session() as sending:
            for step in range(10):
                sending.post(receiver.url(), headers={}, body=f"{number}-{step}".encode())

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {got.body.decode() for got in receiver.received()} == {
        f"{n}-{s}" for n in range(8) for s in range(10)
    }


def test_proxies_and_certificates_of_the_environment_are_ignored(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    assert send(receiver).is_delivered


def test_nothing_is_logged_about_a_request(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    from asora import settings as product

    for name, options in product.LOGGING["loggers"].items():
        logging.getLogger(name).setLevel(options["level"])
    logging.getLogger().setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        send(receiver, "/hook?token=planted")
        receiver.behave("cut_off")
        send(receiver, "/hook?token=planted")
    assert len(receiver.received()) == 2
    assert "planted" not in caplog.text


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"caf\xc3\xa9\r\n\tok", "café\n\tok"),
        (b"\x00\x1b[31m\xff", "\ufffd\ufffd[31m\ufffd"),
    ],
)
def test_the_text_of_an_answer_can_be_stored(sent: bytes, text: str) -> None:
    assert Answer(500, sent, 1, Fault.STATUS).text == text


def test_every_fault_has_a_label_and_advice(settings: Any) -> None:
    assert set(ADVICE) == set(Fault)
    assert all(len(fault.value) <= 32 and str(fault.label) for fault in Fault)
