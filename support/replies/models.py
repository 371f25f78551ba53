"""Drafts of replies, their footnotes, and approvals."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7
from support.evidence.models import EvidenceLink
from support.tickets.models import Message, Ticket


class Draft(models.Model):
    """A reply before it is sent. `revision` grows with every edit. An approval is for one revision."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        WAITING = "waiting", _("waiting for approval")
        SENT = "sent", _("sent")
        DISCARDED = "discarded", _("discarded")

    class Kind(models.TextChoices):
        ACKNOWLEDGEMENT = "acknowledgement", _("acknowledgement")
        INFO_REQUEST = "info_request", _("request for information")
        REPLY = "reply", _("reply")

    class FollowUp(models.TextChoices):
        GO_ON = "go_on", _("continue working on the ticket")
        WAIT = "wait", _("wait for the customer")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="drafts")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    template = models.CharField(max_length=80, blank=True)
    template_version = models.PositiveIntegerField(null=True)
    #: Markdown with variables; the text that was sent is in the message.
    text = models.TextField(blank=True)
    length = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    #: The revision of the ticket that the author saw.
    ticket_revision = models.PositiveIntegerField()
    #: Key of a phrase rule that warns to the author's reason.
    overrides = models.JSONField(default=dict)
    #: What follows when it is sent: one of `FollowUp`, or the reason for which the ticket is resolved.
    follow_up = models.CharField(max_length=20, default="go_on")
    next_update_at = models.DateTimeField(null=True)
    #: Who edited it last.
    author = models.CharField(max_length=40)
    #: Who wrote its earlier revisions.
    editors = models.JSONField(default=list)
    begun_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    message = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="draft")
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("draft")
        indexes = [models.Index(fields=["ticket", "-changed_at"], name="support_draft_ticket")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sent") ^ Q(message__isnull=True), name="support_draft_sent_has_message"
            ),
            models.CheckConstraint(
                condition=Q(follow_up__in=["go_on", "wait", *Ticket.CloseReason.values]),
                name="support_draft_follow_up",
            ),
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state__in=["draft", "waiting"]), name="support_draft_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.revision}"

    @property
    def resolves(self) -> bool:
        """Returns True if the ticket is resolved when this is sent."""
        return self.follow_up not in Draft.FollowUp.values

    @property
    def writers(self) -> frozenset[str]:
        """Everybody who wrote a revision of it. None of them decides on it."""
        return frozenset({self.author, *self.editors})

    @property
    def is_open(self) -> bool:
        """Returns True if it can still be edited and sent."""
        return self.state in {Draft.State.DRAFT, Draft.State.WAITING}


class Footnote(AppendOnly):
    """A reference that a message cites, by its number in the text."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="footnotes")
    number = models.PositiveSmallIntegerField()
    link = models.ForeignKey(EvidenceLink, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("footnote")
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="support_footnote_number"),
            models.UniqueConstraint(fields=["message", "link"], name="support_footnote_link"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Approval(AppendOnly):
    """A second person's verdict on one revision of a draft, for one revision of its ticket."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("approved")
        RETURNED = "returned", _("returned")

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="approvals")
    draft_revision = models.PositiveIntegerField()
    ticket_revision = models.PositiveIntegerField()
    #: SHA-256 of the text as it will be sent, with what its footnotes refer to.
    text_hash = models.CharField(max_length=64)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    decided_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("approval")
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "draft_revision", "ticket_revision", "text_hash", "decided_by"],
                name="support_approval_once",
            )
        ]

    def __str__(self) -> str:
        return self.verdict
