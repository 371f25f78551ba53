"""Investigations, their steps with evidence, determinations, and checks of guarantees."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7
from support.evidence.models import EvidenceLink
from support.tickets.models import Ticket


class Investigation(models.Model):
    """The investigation of one ticket. `step`: the last step that is done, 0 to 5; it grows by one only."""

    ticket = models.OneToOneField(
        Ticket, primary_key=True, on_delete=models.PROTECT, related_name="investigation"
    )
    step = models.PositiveSmallIntegerField(default=0)
    #: Grows when an agent goes back to an earlier step; the steps of earlier rounds remain.
    round = models.PositiveSmallIntegerField(default=1)
    begun_at = models.DateTimeField(default=timezone.now)
    begun_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("investigation")
        constraints = [
            models.CheckConstraint(
                condition=Q(step__gte=0) & Q(step__lte=5), name="support_investigation_step"
            )
        ]

    def __str__(self) -> str:
        return str(self.ticket)


class Step(AppendOnly):
    """One step that was done, with what it is based on. A trigger refuses a step without the one before it."""

    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    findings = models.JSONField()
    done_at = models.DateTimeField(default=timezone.now)
    done_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("step of an investigation")
        constraints = [
            models.UniqueConstraint(fields=["investigation", "round", "number"], name="support_step_once"),
            models.CheckConstraint(condition=Q(number__gte=1) & Q(number__lte=5), name="support_step_number"),
        ]

    def __str__(self) -> str:
        return f"step {self.number}"


class StepEvidence(AppendOnly):
    """A reference on which a step is based."""

    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="evidence")
    link = models.ForeignKey(EvidenceLink, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("evidence of a step")
        constraints = [models.UniqueConstraint(fields=["step", "link"], name="support_stepevidence_once")]

    def __str__(self) -> str:
        return str(self.link_id)


class Determination(AppendOnly):
    """What an agent determined, and the evidence on which its condition held. The latest row of a round counts."""

    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="determinations")
    round = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=40)
    #: What the condition read: rule, limit, usage, permission, fields, quantities.
    facts = models.JSONField(default=dict)
    links = models.ManyToManyField(EvidenceLink, through="DeterminationEvidence", related_name="+")
    determined_at = models.DateTimeField(default=timezone.now)
    determined_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("determination")

    def __str__(self) -> str:
        return self.key


class DeterminationEvidence(AppendOnly):
    """A reference on which a determination is based."""

    determination = models.ForeignKey(Determination, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(EvidenceLink, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["determination", "link"], name="support_determinationevidence_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.link_id)


class GuaranteeCheck(AppendOnly):
    """One check of a guarantee in an investigation, and what it found."""

    class Outcome(models.TextChoices):
        HOLDS = "holds", _("holds")
        VIOLATED = "violated", _("violated")
        UNKNOWN = "unknown", _("cannot be checked")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    investigation = models.ForeignKey(Investigation, on_delete=models.PROTECT, related_name="checks")
    guarantee = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    findings = models.JSONField(default=dict)
    checked_at = models.DateTimeField(default=timezone.now)
    checked_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("check of a guarantee")

    def __str__(self) -> str:
        return f"{self.guarantee}: {self.outcome}"
