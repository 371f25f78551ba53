"""Nothing that leads inside is contacted, however it is written, and whatever a name's addresses are."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asora.kernel.evidence import complete
from asora.kernel.refusals import Reason, ValidationFailed
from integrations.outbound import connecting
from integrations.outbound.addresses import check_url
from integrations.outbound.faults import ADVICE, Fault
from integrations.outbound.request import post, session
from integrations.outbound.rules import NotAllowed, is_public, target
from tests.integrations.hostile_urls import INSIDE, INSIDE_V6, NAMED, WRITTEN, forms_of_v6, spellings_of_v4
from tests.integrations.network_watch import Internet, answer_look_ups, watch
from tests.integrations.receiver import Receiver

NOBODY: frozenset[tuple[str, int]] = frozenset()


@pytest.mark.parametrize("url", WRITTEN)
def test_a_form_refuses_what_is_hostile_as_written(url: str) -> None:
    with watch() as seen, pytest.raises(ValidationFailed) as caught:
        check_url(url)
    assert caught.value.reason is Reason.ADDRESS_NOT_ALLOWED
    (fault,) = caught.value.details["fields"]["url"]
    assert fault["reason"] == "ADDRESS_NOT_ALLOWED"
    assert not seen.looked_up


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.5/hook", "https://localhost:9443/hook", "https://example.com:25/", "https://a b.com/"],
)
def test_the_remedy_names_the_ports_and_who_can_allow_a_host(url: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_url(url)
    complete(caught.value)
    remedy = str(caught.value.details["remedy"])
    assert "port 443 or a port from 1024" in remedy
    assert "without spaces" in remedy
    assert "operator of Asora can allow other hosts and ports" in remedy


def test_the_explanation_of_a_failed_attempt_says_who_can_allow_a_host() -> None:
    assert "ask the operator of Asora to allow" in str(ADVICE[Fault.ADDRESS])


def test_the_guide_says_who_can_allow_a_host_and_which_ports(acacia: Any, client_as: Any) -> None:
    content = client_as("owner").get("/integrations/help/").content.decode()
    assert "the operator of Asora can allow its host and port" in content
    assert "443, or a port from 1024 to 65535" in content


def test_an_address_is_not_longer_than_its_column_in_its_one_spelling_either() -> None:
    url = "https://receiver.example.com?".ljust(2000, "a")
    with pytest.raises(ValidationFailed) as caught:
        check_url(url)
    assert caught.value.reason is Reason.ADDRESS_NOT_ALLOWED
    assert len(check_url(url[:-1])) == 2000


def test_no_hostile_url_is_looked_up_or_contacted() -> None:
    assert len(WRITTEN) > 500
    with watch() as seen, session() as sending:
        for url in WRITTEN:
            answer = sending.post(url, headers={}, body=b"{}")
            assert (answer.status, answer.fault) == (None, Fault.ADDRESS), url
    assert (seen.looked_up, seen.connected) == ([], [])


def test_no_name_with_an_address_inside_is_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(NAMED) > 200
    asked = answer_look_ups(monkeypatch, NAMED)
    with watch() as seen, session() as sending:
        for name in NAMED:
            assert check_url(f"https://{name}/") == f"https://{name}/"
            answer = sending.post(f"https://{name}/", headers={}, body=b"{}")
            assert (answer.status, answer.fault) == (None, Fault.ADDRESS), (name, NAMED[name])
    assert asked == list(NAMED), "each name is looked up once"
    assert seen.connected == []


def test_the_watch_sees_what_a_careless_client_does() -> None:
    """Without this, the tests above could not fail."""
    import urllib.request

    with socket.create_server(("127.0.0.1", 0)) as inside, watch() as seen:
        port = inside.getsockname()[1]
        for host in list(spellings_of_v4("127.0.0.1"))[:8]:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"https://{host}:{port}/", timeout=0.05)
    assert len(seen.connected) >= 6


# Names that change -----------------------------------------------------------------------------------


def test_a_name_that_changes_between_check_and_connection_gains_nothing(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, and each later one leads inside."""
    answers = iter([["1.1.1.1"], ["127.0.0.1"], ["127.0.0.1"]])
    asked = answer_look_ups(monkeypatch, {"rebinding.example.com": lambda: next(answers)})
    url = f"https://rebinding.example.com:{internet.receiver.port}/"

    first, second = (post(url, headers={}, body=b"{}") for _ in range(2))

    assert internet.told == [("1.1.1.1", internet.receiver.port)], (
        "one connection, to the address that was checked"
    )
    assert first.fault is Fault.TLS_NAME, "the certificate is not for this name"
    assert second.fault is Fault.ADDRESS
    assert len(asked) == 2, "one look-up for each request"
    assert internet.receiver.received() == []


@pytest.mark.parametrize(
    "addresses", [["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "1.1.1.1"], ["1.1.1.1", "::1"]]
)
def test_one_address_inside_refuses_the_whole_name(
    internet: Internet, monkeypatch: pytest.MonkeyPatch, addresses: Sequence[str]
) -> None:
    answer_look_ups(monkeypatch, {"both.example.com": addresses})
    assert post("https://both.example.com/", headers={}, body=b"{}").fault is Fault.ADDRESS
    assert internet.told == []


def test_a_public_name_is_connected_to_by_its_address_and_verified_by_its_name(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_look_ups(monkeypatch, {"elsewhere.example": ["1.1.1.1"]})
    internet.receiver.behave("wrong_host")  # whose certificate is for this name

    answer = post(f"https://elsewhere.example:{internet.receiver.port}/hook", headers={}, body=b"{}")

    assert (answer.status, answer.fault) == (200, None)
    assert internet.told == [("1.1.1.1", internet.receiver.port)]
    assert internet.receiver.received()[0].headers["host"] == f"elsewhere.example:{internet.receiver.port}"


def test_a_connection_that_is_open_stays_with_the_address_that_was_checked(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([["1.1.1.1"], ["10.0.0.1"]])
    answer_look_ups(monkeypatch, {"elsewhere.example": lambda: next(answers)})
    internet.receiver.behave("wrong_host")
    url = f"https://elsewhere.example:{internet.receiver.port}/hook"
    with session() as sending:
        assert sending.post(url, headers={}, body=b"1").is_delivered
        assert sending.post(url, headers={}, body=b"2").is_delivered
        time.sleep(2.2)  # longer than an idle connection is used again
        assert sending.post(url, headers={}, body=b"3").fault is Fault.ADDRESS
    assert [got.body for got in internet.receiver.received()] == [b"1", b"2"]


def test_a_port_is_allowed_for_the_host_that_the_operator_names_only(receiver: Receiver) -> None:
    assert post(receiver.url(), headers={}, body=b"").is_delivered
    for other in (f"https://127.0.0.1:{receiver.port}/", f"https://localhost:{receiver.port + 1}/"):
        assert post(other, headers={}, body=b"").fault is Fault.ADDRESS
    assert receiver.connections() == 1


def test_a_network_that_the_operator_denies_is_refused_as_written_and_as_an_address(
    internet: Internet, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ASORA_OUTBOUND_DENIED = (
        ipaddress.ip_network("1.1.1.0/24"),
        ipaddress.ip_network("2606:4700::/32"),
    )
    answer_look_ups(
        monkeypatch,
        {
            "four.example.com": ["1.1.1.7"],
            "six.example.com": ["8.8.8.8", "2606:4700::7"],
            "elsewhere.example": ["8.8.8.8"],
        },
    )
    for host in ("four.example.com", "six.example.com", "1.1.1.1", "[2606:4700::1111]"):
        assert post(f"https://{host}/", headers={}, body=b"").fault is Fault.ADDRESS
    with pytest.raises(ValidationFailed):
        check_url("https://1.1.1.1/")
    assert internet.told == []
    internet.receiver.behave("wrong_host")  # its certificate is for this name
    assert post(f"https://elsewhere.example:{internet.receiver.port}/", headers={}, body=b"").is_delivered


# Names and connections that do not come --------------------------------------------------------------


def test_a_name_without_an_address_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_look_ups(monkeypatch, {"empty.example.com": []})
    for name in ("unknown.example.com", "empty.example.com"):
        assert post(f"https://{name}/", headers={}, body=b"").fault is Fault.NAME


def test_a_look_up_that_hangs_takes_three_seconds_and_no_more_threads_than_are_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()
    asked = []

    def hang(*_: Any, **__: Any) -> Any:
        asked.append(1)
        released.wait(60)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    faults: list[Any] = []

    def send() -> None:
        faults.append(post("https://hanging.example.com/", headers={}, body=b""))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.fault for answer in faults] == [Fault.CONNECT_TIMEOUT] * 20
    assert all(2900 < answer.duration_ms < 5000 for answer in faults)
    assert len(asked) == 16
    released.set()
    assert _comes_true(lambda: connecting._looking_up._value == 16)


def _comes_true(question: Any) -> bool:
    end = time.monotonic() + 10
    while not question() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(question())


@contextlib.contextmanager
def full_listener(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port at which connecting hangs, because nobody accepts and the queue is full. Yields the port."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(5):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((host, port))
        yield port


def test_the_next_address_is_tried_if_one_does_not_answer(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = [f"127.0.1.{number}" for number in range(20)]
    answer_look_ups(monkeypatch, {"localhost": [*down, "127.0.0.1"]})
    with watch() as seen:
        assert post(receiver.url(), headers={}, body=b"").is_delivered
    assert [host for host, _ in seen.connected] == [*down, "127.0.0.1"]


def test_an_address_that_hangs_leaves_time_for_the_next_one(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_listener("127.0.0.9", receiver.port):
        answer_look_ups(monkeypatch, {"localhost": ["127.0.0.9", "127.0.0.1"]})
        answer = post(receiver.url(), headers={}, body=b"")
    assert answer.is_delivered
    assert answer.duration_ms > 1400


def test_a_machine_without_ipv6_takes_the_address_that_it_can_use(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_look_ups(monkeypatch, {"localhost": ["::1", "127.0.0.1"]})
    real = socket.socket

    def without_ipv6(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, kind)

    monkeypatch.setattr(connecting.socket, "socket", without_ipv6)
    assert post(receiver.url(), headers={}, body=b"").is_delivered


def test_connecting_takes_three_seconds_at_most(settings: Any) -> None:
    with full_listener() as port:
        settings.ASORA_OUTBOUND_ALLOWED = frozenset({("127.0.0.1", port)})
        answer = post(f"https://127.0.0.1:{port}/", headers={}, body=b"")
    assert answer.fault is Fault.CONNECT_TIMEOUT
    assert 2900 < answer.duration_ms < 5000


# The rules alone -------------------------------------------------------------------------------------


def test_addresses_of_the_internet_are_public() -> None:
    for address in ("1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255"):
        assert is_public(ipaddress.ip_address(address)), address
    for address in ("2606:4700::1111", "2a00:1450:4001::1", "2001:200::1", "2400::1", "2003::1"):
        assert is_public(ipaddress.ip_address(address)), address


@pytest.mark.parametrize(
    "address", [*INSIDE, *INSIDE_V6, *(form for one in INSIDE for form in forms_of_v6(one))]
)
def test_addresses_inside_are_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses())
def test_no_address_is_public_that_python_does_not_call_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@pytest.mark.parametrize(
    ("entered", "one_spelling"),
    [
        ("https://Hooks.Example.COM", "https://hooks.example.com/"),
        ("HTTPS://hooks.example.com:443/In?a=B", "https://hooks.example.com/In?a=B"),
        ("https://hooks.example.com:8443?x=%20", "https://hooks.example.com:8443/?x=%20"),
        ("https://1.1.1.1/", "https://1.1.1.1/"),
        ("https://[2606:4700::1111]:4443/a", "https://[2606:4700::1111]:4443/a"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example.com/services/T0/B0/secret", "https://a_b.example.com/services/T0/B0/secret"),
    ],
)
def test_an_allowed_address_has_one_spelling(entered: str, one_spelling: str) -> None:
    assert check_url(entered) == one_spelling
    assert check_url(one_spelling) == one_spelling


URLS = st.text(st.sampled_from("https://[]@:.%\\?#-_ax0123456789f\t\n é。"), max_size=40)


@given(st.one_of(st.text(), URLS, URLS.map(lambda rest: f"https://{rest}")))
@example("https://0/")
@example("https://0x/")
def test_any_text_is_a_target_or_is_not_allowed(text: str) -> None:
    try:
        found = target(text, allowed=NOBODY, denied=())
    except NotAllowed:
        return
    assert target(found.url, allowed=NOBODY, denied=()) == found
    if ":" in found.host or found.host.rpartition(".")[2].isdigit():
        assert is_public(ipaddress.ip_address(found.host))
