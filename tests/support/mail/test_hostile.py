"""A thousand hostile mails: none is added to a ticket, and none shows anybody anything."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from plans.models import Tenant
from support.mail import rules
from support.mail.actions.receiving import take
from support.mail.addresses import reply_address
from support.mail.models import InboundMail, OutboundMail
from support.tickets import participants
from support.tickets.models import Message, Participant, Ticket
from tests.factories.desk import open_in
from tests.support.mail.mails import mail

MAILS = 1_000
SEED = int(os.environ.get("ASORA_SEED", "20261129"))
SENDERS = (
    "eve@evil.test",
    "Kim <kim@customer.test.evil.test>",
    "=?utf-8?q?kim=40customer=2Etest?= <eve@evil.test>",
)
Attack = Callable[[random.Random, list[Participant]], bytes]


def forged_number(chance: random.Random, people: list[Participant]) -> bytes:
    """The reference of somebody's ticket, everywhere but in a signed address; even from its participant."""
    victim = chance.choice(people)
    ref = victim.ticket.ref
    return mail(
        to=chance.choice(["support@asora.test", "reply@asora.test", f"reply+{ref}@asora.test"]),
        sender=chance.choice([*SENDERS, victim.address]),
        subject=chance.choice([f"Re: [{ref}]", ref, f"Re: Re: {ref.lower()} #{victim.ticket.number}"]),
        In_Reply_To=f"<{victim.pk}@asora.test>",
        References=f"<{victim.ticket_id}@asora.test>",
        X_Asora_Ticket=ref,
    )


def changed_address(chance: random.Random, people: list[Participant]) -> bytes:
    """A signed address with one changed character, or put together from two."""
    first, second = (reply_address(one.pk) for one in chance.sample(people, 2))
    place = chance.randrange(6, first.index("@"))
    swapped = first[:place] + chance.choice("abcdefghijklmnopqrstuvwxyz2345670189=%") + first[place + 1 :]
    to = chance.choice(
        [
            swapped if swapped != first else first[:-13],
            f"{first[:32]}{second[32:]}",
            f"{first[:40]}@asora.test",
        ]
    )
    return mail(to=to, sender=chance.choice(people).address)


def foreign_sender(chance: random.Random, people: list[Participant]) -> bytes:
    """Somebody's own signed address, from anybody else, who can also take part in another ticket."""
    victim = chance.choice(people)
    others = [one.address for one in people if one.address != victim.address]
    return mail(
        to=reply_address(victim.pk),
        sender=chance.choice([*SENDERS, *others]),
        Sender=victim.address,
        Reply_To=victim.address,
        X_Original_From=victim.address,
    )


def several_addresses(chance: random.Random, people: list[Participant]) -> bytes:
    """The addresses of several tickets at once, or several senders."""
    one, other = chance.sample(people, 2)
    if chance.random() < 0.5:
        return mail(to=f"{reply_address(one.pk)}, {reply_address(other.pk)}", sender=one.address)
    return mail(to=reply_address(one.pk), sender="").replace(
        b"Subject:", f"From: {one.address}, {other.address}\nSubject:".encode(), 1
    )


def loop(chance: random.Random, people: list[Participant]) -> bytes:
    """Automatic mail and mail of our own that comes back."""
    victim = chance.choice(people)
    way = chance.randrange(4)
    if way == 0:
        return mail(to=reply_address(victim.pk), sender=f"Asora <{reply_address(victim.pk)}>")
    header = [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return_Path": "<>"}][way - 1]
    return mail(
        to=reply_address(victim.pk),
        sender=victim.address,
        subject=f"Out of office {victim.ticket.ref}",
        **header,
    )


def bomb(chance: random.Random, people: list[Participant]) -> bytes:
    """What is too long, too deep or no mail, at the right address and from the right sender."""
    victim = chance.choice(people)
    named = f"From: {victim.address}\r\nTo: {reply_address(victim.pk)}\r\n"
    head = f"{named}Message-ID: <{chance.random()}@x.test>\r\n".encode()
    way = chance.randrange(6)
    if way == 0:
        return head + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\nhi"
    if way == 1:
        return head + b"X: y\r\n" + b" z\r\n" * 10_000 + b"\r\nhi"
    if way == 2:
        return head + b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(60)
        )
    if way == 3:
        return head + b"\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 30
    if way == 4:
        return head + b"Subject: " + b"=?utf-8?b?" * 8_000 + b"\r\n\r\nhi"
    return chance.randbytes(chance.randrange(1, 5_000))


ATTACKS: tuple[Attack, ...] = (
    forged_number,
    changed_address,
    foreign_sender,
    several_addresses,
    loop,
    bomb,
)


@pytest.fixture
def people(public: Tenant) -> list[Participant]:
    """Two people in a ticket of each of two tenants, one of them in both, and a stranger's ticket without tenant."""
    tenants = [Tenant.objects.get(slug=slug) for slug in ("acacia", "birch")]
    tickets = [open_in("waiting_customer", tenant, subject="Zebu", text="Why?") for tenant in tenants]
    found = [
        participants.add(ticket, address=address)
        for ticket in tickets
        for address in ("kim@customer.test", f"pat.{ticket.number}@customer.test")
    ]
    row = take(mail(sender="first@stranger.test"), channel="imap")
    assert row is not None
    assert row.ticket is not None
    return [*found, row.ticket.participants.get()]


def test_a_thousand_hostile_mails_are_added_to_no_ticket(
    people: list[Participant], monkeypatch: Any, mailoutbox: Any
) -> None:
    for limit in ("MAX_OF_PARTICIPANT", "MAX_OF_STRANGER", "MAX_NEW_TICKETS"):
        monkeypatch.setattr(rules, limit, MAILS)  # so that each mail is judged by what it is
    chance = random.Random(SEED)
    known = list(Ticket.objects.order_by("pk").values())
    written = set(Message.objects.values_list("pk", flat=True))
    taken = [InboundMail.objects.count()]
    for number in range(MAILS):
        take(ATTACKS[number % len(ATTACKS)](chance, people), channel=chance.choice(["imap", "webhook"]))  # type: ignore[arg-type]
    taken.append(InboundMail.objects.count())

    ids = [ticket["id"] for ticket in known]
    assert list(Ticket.objects.filter(pk__in=ids).order_by("pk").values()) == known
    assert set(Message.objects.filter(ticket__in=ids).values_list("pk", flat=True)) == written
    assert not InboundMail.objects.filter(verdict="answer").exists()
    assert not Ticket.objects.exclude(pk__in=ids).filter(tenant__isnull=False).exists()
    assert (OutboundMail.objects.exists(), mailoutbox) == (False, [])
    assert taken[1] - taken[0] > MAILS * 0.95, "a few are the same mail again"
    verdicts = set(InboundMail.objects.values_list("verdict", flat=True))
    assert verdicts == {"new_ticket", "automatic", "refused"}
    reasons = set(InboundMail.objects.values_list("reason", flat=True))
    assert {
        "not_a_participant",
        "ambiguous",
        "own_mail",
        "sender",
        "too_many_headers",
        "too_many_parts",
    } <= reasons

    for asker in people:  # and each of them can still answer in their own ticket
        row = take(mail(to=reply_address(asker.pk), sender=asker.address), channel="imap")
        assert row is not None
        assert (row.verdict, row.ticket) == ("answer", asker.ticket)


def test_a_flood_of_one_sender_and_of_many_is_limited(people: list[Participant]) -> None:
    chance = random.Random(SEED)
    for number in range(rules.MAX_NEW_TICKETS + 60):
        sender = "eve@evil.test" if number % 2 else f"eve{number}@evil.test"
        take(mail(sender=sender, subject=chance.choice(people).ticket.ref), channel="imap")
    opened = Ticket.objects.filter(source="mail")
    assert opened.count() <= rules.MAX_NEW_TICKETS
    assert opened.filter(participants__address="eve@evil.test").count() == rules.MAX_OF_STRANGER
