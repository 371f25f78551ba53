"""A reply that is sent is also mailed, with its evidence; a reply that is refused is not."""

from __future__ import annotations

from email.utils import parseaddr
from html import unescape
from typing import Any

import pytest
from django.core import mail as sent_mails

from asora.kernel.refusals import StateConflict
from support.mail import sending
from support.mail.models import OutboundMail
from support.replies.actions.sending import send_reply
from support.tickets import participants
from support.tickets.models import Message, Ticket


def test_a_sent_reply_goes_to_the_customer_with_its_evidence(
    ticket: Ticket, write: Any, act_as: Any, settings: Any, events: Any
) -> None:
    settings.ASORA_SUPPORT_ADDRESS, settings.ASORA_SUPPORT_REPLY_ADDRESS = "s@asora.test", "reply@asora.test"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    participants.add(ticket, address="viewer@example.com")  # of somebody with an account
    draft = write("plan")
    seen = Ticket.objects.get(pk=ticket.pk).revision
    with pytest.raises(StateConflict):
        send_reply(act_as("agent"), ticket=ticket, revision=seen - 1, draft_revision=draft.revision)
    assert not OutboundMail.objects.exists()
    send_reply(act_as("agent"), ticket=ticket, revision=seen, draft_revision=draft.revision)
    assert sending.send_due() == 1
    [sent] = sent_mails.outbox
    link = ticket.investigation.steps.get(number=3).evidence.get().link
    assert f"[1] {link.occurred_at:%Y-%m-%d %H:%M:%S} UTC, inventory.item.create: refused" in str(sent.body)
    assert link.request_id in str(sent.body)
    # Only the mail greets by name. What is stored names nobody, so an erasure leaves nothing behind.
    name, _address = parseaddr(sent.to[0])
    assert name
    assert f"Hello {name}," in unescape(str(sent.body))
    assert f"Hello {name}," in unescape(str(sent.alternatives[0][0]))
    stored = Message.objects.get(ticket=ticket, kind="reply").text
    assert "Hello" not in stored
    assert name not in stored
    assert events(action="support.reply.send", outcome="allowed")[0].facts["mails"] == 1
