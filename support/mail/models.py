"""Mails that came in, each taken once, and mails that go out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7
from support.tickets.models import Message, Participant, Ticket


class InboundMail(AppendOnly):
    """The verdict on one mail. A Message-ID is taken once. Texts and addresses are where they can be erased."""

    class Verdict(models.TextChoices):
        ANSWER = "answer", _("added to a ticket")
        NEW_TICKET = "new_ticket", _("opened a ticket without tenant")
        AUTOMATIC = "automatic", _("automatic mail, recorded only")
        REFUSED = "refused", _("refused")
        LIMITED = "limited", _("too many from this sender")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: SHA-256 of the Message-ID.
    message_id_hash = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(default=timezone.now)
    #: Keyed digest of the sender's address.
    sender = models.CharField(max_length=64)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    reason = models.CharField(max_length=40, blank=True)
    size = models.PositiveIntegerField()
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8)

    class Meta:
        verbose_name = _("inbound mail")
        indexes = [
            models.Index(fields=["sender", "received_at"], name="support_inbound_sender"),
            models.Index(fields=["verdict", "received_at"], name="support_inbound_verdict"),
        ]

    def __str__(self) -> str:
        return self.verdict


class MailHeader(models.Model):
    """The Message-ID of a mail that was added to a ticket, for the headers of the answer.

    It can name a person or their company, so it is deleted when the participant is erased.
    """

    mail = models.OneToOneField(
        InboundMail, primary_key=True, on_delete=models.PROTECT, related_name="header"
    )
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="mail_headers")
    header_id = models.CharField(max_length=400)

    class Meta:
        verbose_name = _("header of a mail")

    def __str__(self) -> str:
        return str(self.mail_id)


class OutboundMail(models.Model):
    """One message to one participant, until it is sent."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="mails")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="mails")
    #: Its Message-ID header.
    header_id = models.CharField(max_length=200, unique=True)
    #: Queued while the ticket was a security matter: its text is never sent, also not after the ticket was cleared.
    is_private = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    #: Why the last attempt failed, as a code.
    fault = models.CharField(max_length=24, blank=True)

    class Meta:
        verbose_name = _("outbound mail")
        indexes = [models.Index(fields=["state", "queued_at"], name="support_outbound_state")]
        constraints = [
            models.UniqueConstraint(fields=["message", "participant"], name="support_outbound_once"),
            models.CheckConstraint(
                condition=Q(state="sent") ^ Q(sent_at__isnull=True), name="support_outbound_sent"
            ),
        ]

    def __str__(self) -> str:
        return self.header_id
