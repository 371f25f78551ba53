"""References to events of tenants, and packs of evidence."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7
from plans.models import Tenant


class EvidenceLink(AppendOnly):
    """A reference to one record of a tenant, with the hash that it had when it was linked.

    `facts`: what the footnotes show, as it was read then. It is derived again from the event whenever it is checked.
    """

    class Kind(models.TextChoices):
        EVENT = "event", _("audit event")
        ATTEMPT = "attempt", _("sign-in attempt, not sealed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.EVENT)
    #: The event's id, or that of the attempt.
    record = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    action = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10)
    code = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=64, blank=True)
    rule_id = models.CharField(max_length=100, blank=True)
    #: The event's place in its trail, and the SHA-256 of its canonical row, in hexadecimal digits.
    number = models.BigIntegerField(null=True)
    event_hash = models.CharField(max_length=64, blank=True)
    #: The size of the tree of the seal that covered it when it was linked; null: not sealed yet.
    seal_size = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    linked_at = models.DateTimeField(default=timezone.now)
    linked_by = models.CharField(max_length=40)
    #: The access session in which it was read.
    access = models.UUIDField()

    class Meta:
        verbose_name = _("evidence link")
        indexes = [models.Index(fields=["tenant", "request_id"], name="support_evidence_request")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="attempt")
                | (~models.Q(event_hash="") & models.Q(number__isnull=False)),
                name="support_evidence_event_has_hash",
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.request_id}"


class EvidencePack(AppendOnly):
    """A pack of evidence that was made: what is in it and its hash. The file itself is kept for 90 days."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: Events of packs are copied to the trail of the tenant (`audit.events.mirroring`).
    is_mirrored = True

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="evidence_packs")
    #: What it was made for: a ticket's reference, or another.
    purpose = models.CharField(max_length=80)
    is_external = models.BooleanField()
    #: Only people who handle security tickets may see it.
    is_restricted = models.BooleanField(default=False)
    recipient_length = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    #: File name in the pack to its SHA-256.
    members = models.JSONField()
    #: Pseudonyms of people whose words are in it, so that an erasure finds it: "<schema>:<pseudonym>".
    people = models.JSONField(default=list)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=40)
    expires_at = models.DateTimeField()
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("evidence pack")
        indexes = [models.Index(fields=["tenant", "-made_at"], name="support_pack_tenant")]

    def __str__(self) -> str:
        return self.purpose

    @property
    def file_name(self) -> str:
        """The name under which the file is downloaded."""
        reference = "".join(letter if letter.isalnum() else "-" for letter in self.purpose)
        return f"{self.tenant.slug}_{reference}_evidence.{'asora' if self.is_external else 'zip'}"


class EvidencePackFile(models.Model):
    """The bytes of a pack. They are deleted after 90 days, and when a person in them is erased."""

    pack = models.OneToOneField(EvidencePack, primary_key=True, on_delete=models.PROTECT, related_name="file")
    content = models.BinaryField()
    #: To whom it was handed out; erasable.
    recipient = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("evidence pack file")

    def __str__(self) -> str:
        return str(self.pk)
