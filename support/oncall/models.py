"""Contacts, and the pages (calls) that the desk sends them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7
from support.oncall import rules


class Contact(models.Model):
    """Somebody whom the desk calls, and for what."""

    class Duty(models.TextChoices):
        ON_CALL = "on_call", _("on call")
        BACKUP = "backup", _("backup")
        PLATFORM_LEAD = "platform_lead", _("platform lead")
        SECURITY = "security", _("security")
        SUPPORT_LEAD = "support_lead", _("support lead")
        COMMERCIAL = "commercial", _("commercial")

    duty = models.CharField(max_length=16, choices=Duty.choices)
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=40, blank=True)
    notes = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("contact")
        constraints = [
            models.UniqueConstraint(
                fields=["duty"], condition=models.Q(is_active=True), name="support_contact_duty"
            )
        ]

    def __str__(self) -> str:
        # Events contain this text for good, so it names the duty and not the person.
        return self.duty


class Page(models.Model):
    """One call to a contact about a ticket or incident, until somebody takes it."""

    class State(models.TextChoices):
        SENT = "sent", _("sent")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        PASSED_ON = "passed_on", _("passed on")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: The id of the ticket or incident, and the reference that people read.
    subject = models.UUIDField()
    subject_ref = models.CharField(max_length=24)
    severity = models.PositiveSmallIntegerField(null=True)
    is_security = models.BooleanField(default=False)
    duty = models.CharField(max_length=16, choices=Contact.Duty.choices)
    level = models.PositiveSmallIntegerField(default=0)
    #: Who was called; None if nobody has the duty.
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="pages")
    #: When the mail server accepted the call; the worker tries again until then.
    mailed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SENT)
    sent_at = models.DateTimeField(default=timezone.now)
    #: When it is passed on, if nobody has acknowledged it.
    due_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("page")
        indexes = [models.Index(fields=["state", "due_at"], name="support_page_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "level", "duty", "severity", "is_security"],
                nulls_distinct=False,
                name="support_page_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state="acknowledged") ^ models.Q(acknowledged_at__isnull=True),
                name="support_page_acknowledged",
            ),
        ]

    def __str__(self) -> str:
        return self.subject_ref

    @property
    def informs(self) -> bool:
        """Returns True if nobody has to take it."""
        return self.severity in rules.INFORMS and not self.is_security
