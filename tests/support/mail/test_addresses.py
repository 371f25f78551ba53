"""A reply address belongs to one participant, cannot be guessed, and survives what programs do with addresses."""

from __future__ import annotations

import random
from typing import Any

from asora.kernel.request_ids import uuid7
from support.mail.addresses import is_own, participant_of, participants_of, reply_address


def test_an_address_names_its_participant_in_any_case() -> None:
    for _time in range(50):
        participant = uuid7()
        address = reply_address(participant)
        assert len(address.partition("@")[0]) <= 64
        assert participant_of(address) == participant_of(f" {address.upper()} ") == participant


def test_every_changed_character_is_noticed() -> None:
    address = reply_address(uuid7())
    start, end = address.index("+") + 1, address.index("@")
    chance = random.Random(1)
    for place in range(start, end):
        other = chance.choice(
            [letter for letter in "abcdefghijklmnopqrstuvwxyz234567" if letter != address[place]]
        )
        assert participant_of(f"{address[:place]}{other}{address[place + 1 :]}") is None
    for changed in (
        address.replace("@asora.test", "@asora.test.evil"),
        address.replace("reply+", "reply"),
        address.replace("reply+", "reply++"),
        address.replace("@", "a@"),
        address[:-20],
        "reply+@asora.test",
        f"reply+{'a' * 52}@asora.test",
        f"reply+{'1' * 52}@asora.test",
        "",
        "@",
        "reply@asora.test",
    ):
        assert participant_of(changed) is None, changed


def test_the_parts_of_two_addresses_do_not_fit_together() -> None:
    one, other = uuid7(), uuid7()
    first, second = (reply_address(each).partition("+")[2] for each in (one, other))
    assert participant_of(f"reply+{first[:26]}{second[26:]}") is None
    assert participants_of([reply_address(one), "x@y.test", reply_address(other)]) == {one, other}


def test_addresses_of_a_former_key_still_bind(settings: Any) -> None:
    participant = uuid7()
    address = reply_address(participant)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
    assert participant_of(address) == participant
    settings.SECRET_KEY_FALLBACKS = []
    assert participant_of(address) is None


def test_own_addresses_are_known() -> None:
    own = ("support@asora.test", "Reply@Asora.test", "reply+anything@asora.test", reply_address(uuid7()))
    assert [is_own(one) for one in own] == [True] * 4
    assert not is_own("support@customer.test")
