"""The limit of failed sign-ins for each network."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import RequestFactory
from django.utils import timezone

from asora.accounts.models import NetworkCount
from asora.accounts.sign_in import network_limit
from asora.accounts.sign_in.networks import client_address, counted_address, network_of
from tests.accounts.test_attempt_log import typed
from tests.headers import JSON


class TestNetworkLimit:
    """Attempts at invented addresses are limited; a correct password is never affected."""

    @pytest.fixture(autouse=True)
    def _low(self, settings, monkeypatch):
        settings.ASORA_UNKNOWN_ADDRESSES_PER_NETWORK = 3
        monkeypatch.setattr(network_limit.secrets, "randbelow", lambda _most: 0)

    def invent(self, client, times=3):
        return [
            client.post("/sign-in/", typed(f"invented{number}@example.com"), headers=JSON).json()["reason"]
            for number in range(times)
        ]

    def test_above_it_wrong_attempts_are_refused_and_correct_ones_sign_in(self, acacia, client_as):
        assert self.invent(client_as(), 5) == ["BAD_CREDENTIALS"] * 3 + ["LOCKED_OUT"] * 2
        answer = client_as().post("/sign-in/", typed())
        assert answer.status_code == 302, "the limit never stops a person with the correct password"

    def test_an_address_with_an_account_is_answered_as_one_without(self, acacia, client_as):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            self.invent(client_as())
            answers = []
            for values in (typed(password="wrong"), typed("nobody@example.com")):
                answer = client_as().post("/sign-in/", values, headers=JSON)
                body = answer.json()
                body.pop("requestId")
                answers.append((answer.status_code, answer["Retry-After"], body))
        assert answers[0] == answers[1]
        assert answers[0][2]["reason"] == "LOCKED_OUT"

    def test_wrong_passwords_of_people_do_not_count(self, acacia, client_as):
        for role in ("owner", "manager", "viewer"):
            for _ in range(4):
                client_as().post("/sign-in/", typed(f"{role}@example.com", "wrong"))
        assert NetworkCount.objects.get().failures == 0
        assert self.invent(client_as(), 1) == ["BAD_CREDENTIALS"]

    def test_it_ends_after_a_quarter_of_an_hour_even_with_new_attempts(self, acacia, client_as):
        now = timezone.now()
        for minutes, message in ((0, "BAD_CREDENTIALS"), (14, "LOCKED_OUT"), (16, "BAD_CREDENTIALS")):
            with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
                assert self.invent(client_as(), 3)[0] == message, minutes

    def test_other_networks_are_not_affected(self, acacia, birch, client_as):
        self.invent(client_as(), 4)
        assert self.invent(client_as(REMOTE_ADDR="203.0.113.9"), 1) == ["BAD_CREDENTIALS"]
        assert self.invent(client_as(tenant=birch), 1) == ["BAD_CREDENTIALS"]

    def test_a_whole_ipv6_prefix_is_one_network_for_it_and_for_the_lock_out(self, acacia, client_as):
        message = [
            self.invent(client_as(REMOTE_ADDR=f"2001:db8:1:2::{number:x}"), 1)[0] for number in range(1, 6)
        ]
        assert message == ["BAD_CREDENTIALS"] * 3 + ["LOCKED_OUT"] * 2
        assert self.invent(client_as(REMOTE_ADDR="2001:db8:1:3::1"), 1) == ["BAD_CREDENTIALS"]
        guesses = [
            client_as(REMOTE_ADDR=f"2001:db8:9:9::{number:x}")
            .post("/sign-in/", typed(password="wrong"), headers=JSON)
            .json()["reason"]
            for number in range(1, 8)
        ]
        assert guesses == ["BAD_CREDENTIALS"] * 4 + ["LOCKED_OUT"] * 3

    def test_a_forwarded_header_is_no_way_around_without_proxies(self, acacia, client_as):
        message = [
            self.invent(client_as(HTTP_X_FORWARDED_FOR=f"198.51.100.{number}"), 1)[0] for number in range(5)
        ]
        assert message == ["BAD_CREDENTIALS"] * 3 + ["LOCKED_OUT"] * 2

    def test_the_limit_is_drawn_anew_for_every_window(self, monkeypatch):
        drawn = iter([0, 2])
        monkeypatch.setattr(network_limit.secrets, "randbelow", lambda _most: next(drawn))
        assert [network_limit._limit(), network_limit._limit()] == [3, 5]

    def test_many_at_once_are_all_counted(self, committed_tenant, threads):
        committed_tenant()

        def fail(_number):
            network_limit.count(RequestFactory().get("/", REMOTE_ADDR="203.0.113.7"), failures=1)

        NetworkCount.objects.create(network="203.0.113.7", limit=1000)
        threads(8, fail)
        assert NetworkCount.objects.get().failures == 8


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "client"),
    [
        (0, "198.51.100.1", "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "10.0.0.1", "198.51.100.1"),
        (
            2,
            "6.6.6.6",
            "203.0.113.1",
            "203.0.113.1",
        ),  # did not come through the proxies: the list is too short
        (1, "", "203.0.113.1", "203.0.113.1"),
        (1, "nonsense", "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.1:4711", "10.0.0.1", "198.51.100.1"),
        (1, '"[2001:db8::1]:4711"', "10.0.0.1", "2001:db8::1"),
        (1, "::ffff:198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "fe80::1%eth0", "10.0.0.1", "fe80::1"),
        (0, "", "", None),
    ],
)
def test_the_client_is_counted_from_the_right(settings, proxies, forwarded, peer, client):
    settings.ASORA_TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    found = client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))
    assert (str(found) if found else None) == client


def test_networks_have_names(settings):
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
    assert network_of(client_address(request)) == "2001:db8:1:2::/64"
    assert counted_address(request) == "2001:db8:1:2::"
    assert counted_address(RequestFactory().get("/", REMOTE_ADDR="")) is None
