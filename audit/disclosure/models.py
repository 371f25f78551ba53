"""Decisions on access by support, questions to support, and the texts that people wrote with them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Length
from django.db.models.indexes import Index
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7


class Statement(models.Model):
    """A text that a person wrote: a question or a reason. It is personal data, so it can be erased.

    Only the text can change, and only to nothing; a trigger refuses any other change. Events contain its length.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    author = models.CharField(max_length=40)
    text = models.TextField()
    length = models.PositiveIntegerField()
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [Index(fields=["author"], name="audit_statement_author", condition=~models.Q(text=""))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(text="") | models.Q(length=Length("text")), name="audit_statement_length"
            ),
            models.CheckConstraint(condition=models.Q(length__gt=0), name="audit_statement_says_something"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_erased(self) -> bool:
        """Returns True if the text was erased with its author."""
        return not self.text


class AccessPolicy(AppendOnly):
    """Whether support needs the tenant's approval for a session. The latest row counts; none: no approval is needed."""

    requires_approval = models.BooleanField()
    decided_by = models.CharField(max_length=40)
    decided_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64)

    def __str__(self) -> str:
        return "approval required" if self.requires_approval else "no approval required"


class AccessDecision(AppendOnly):
    """A decision of the tenant about one access session of support. A session is approved or refused once."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        REVOKED = "revoked", _("revoked")

    #: The id of the session's row on the public host, and of its events in this trail.
    session = models.UUIDField()
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    decided_by = models.CharField(max_length=40)
    decided_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64)
    reason = models.ForeignKey(Statement, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(verdict__in=["approved", "refused"]),
                name="audit_accessdecision_answered_once",
            ),
            models.UniqueConstraint(fields=["session", "verdict"], name="audit_accessdecision_once"),
            models.CheckConstraint(
                condition=models.Q(verdict__in=["approved", "refused", "revoked"]),
                name="audit_accessdecision_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"access {self.session.hex[-8:]}"


class SupportQuestion(AppendOnly):
    """A question to support about one request. The support desk reads it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: The request that the question is about.
    about = models.CharField(max_length=64)
    asked_by = models.CharField(max_length=40)
    asked_at = models.DateTimeField(default=timezone.now)
    #: The request in which the question was sent.
    request_id = models.CharField(max_length=64)
    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="+")
    #: What the event of that request said when the question was asked, as the asker may see it.
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            Index(fields=["asked_by", "asked_at", "id"], name="audit_question_asker"),
            Index(fields=["about"], name="audit_question_request"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(about=""), name="audit_question_about_a_request")
        ]

    def __str__(self) -> str:
        return self.about


class TicketStatement(AppendOnly):
    """What a person of the tenant said about a ticket of the support desk. The desk reads it."""

    class Kind(models.TextChoices):
        ANSWER = "answer", _("answer")
        CONFIRM = "confirm", _("confirmation that it is solved")
        REOPEN = "reopen", _("reopening")
        RATE = "rate", _("rating")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: The id of the ticket on the public host, and its reference.
    ticket = models.UUIDField()
    ticket_ref = models.CharField(max_length=16)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    statement = models.OneToOneField(Statement, null=True, on_delete=models.PROTECT, related_name="+")
    is_good = models.BooleanField(null=True)
    stated_by = models.CharField(max_length=40)
    stated_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64)

    class Meta:
        indexes = [Index(fields=["ticket", "stated_at"], name="audit_ticketstatement_ticket")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="rate") ^ models.Q(is_good__isnull=True),
                name="audit_ticketstatement_rating",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["answer", "reopen"], statement__isnull=True),
                name="audit_ticketstatement_says_something",
            ),
        ]

    def __str__(self) -> str:
        return self.ticket_ref
