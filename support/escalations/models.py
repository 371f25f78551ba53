"""Cases for engineering, feature requests and referrals to sales."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7
from support.evidence.models import EvidenceLink, EvidencePack
from support.tickets.models import Ticket


class EngineeringCase(models.Model):
    """A case that passed the gate: what engineering needs to know, and what it answered."""

    class Criterion(models.TextChoices):
        GUARANTEE = "guarantee", _("a guarantee is violated")
        DETERMINISM = "determinism", _("determinism is broken")
        INTEGRITY = "integrity", _("data integrity is at risk")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waiting for review")
        OPEN = "open", _("open")
        COMMITTED = "committed", _("date committed")
        DECLINED = "declined", _("declined in the review")
        RETURNED = "returned", _("returned: no guarantee is concerned")
        SOLVED = "solved", _("solved")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(unique=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="cases")
    criterion = models.CharField(max_length=12, choices=Criterion.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    #: The eight fields of the hand-over.
    hand_over = models.JSONField()
    #: What was checked first: known issues, documentation, the list for cases of discretion.
    checklist = models.JSONField()
    links = models.ManyToManyField(EvidenceLink, through="CaseEvidence", related_name="+")
    pack = models.ForeignKey(EvidencePack, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    proposed_by = models.CharField(max_length=40)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=40, blank=True)
    is_confirmed = models.BooleanField(default=False)
    committed_for = models.DateField(null=True)
    answered_by = models.CharField(max_length=40, blank=True)
    answered_at = models.DateTimeField(null=True)
    #: What engineering answered last.
    answer = models.CharField(max_length=4000, blank=True)
    revision = models.PositiveIntegerField(default=1)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("engineering case")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "open", "committed", "declined", "returned", "solved"]),
                name="support_engineeringcase_state",
            ),
            models.CheckConstraint(
                condition=~Q(reviewed_by=models.F("proposed_by")) | Q(reviewed_by=""),
                name="support_engineeringcase_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") | ~Q(reviewed_by=""), name="support_engineeringcase_reviewed"
            ),
            models.CheckConstraint(
                condition=~Q(state="committed", committed_for__isnull=True),
                name="support_engineeringcase_committed",
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state__in=["proposed", "open", "committed"]),
                name="support_engineeringcase_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """The reference that people read."""
        return f"ENG-{self.number:04d}"


class CaseEvidence(AppendOnly):
    """A reference that the gate verified."""

    case = models.ForeignKey(EngineeringCase, on_delete=models.PROTECT, related_name="evidence")
    link = models.ForeignKey(EvidenceLink, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "link"], name="support_caseevidence_once")]

    def __str__(self) -> str:
        return str(self.link_id)


class FeatureRequest(models.Model):
    """A wish for the product: logged, not acted on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(unique=True)
    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="feature_request")
    title = models.CharField(max_length=160)
    segment = models.CharField(max_length=80)
    use_case = models.CharField(max_length=2000)
    workaround = models.CharField(max_length=1000, blank=True)
    impact = models.CharField(max_length=1000)
    #: How many requests like this there were when it was logged.
    similar = models.PositiveIntegerField(default=0)
    logged_at = models.DateTimeField(default=timezone.now)
    logged_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("feature request")

    def __str__(self) -> str:
        return f"FR-{self.number:04d}"


class CommercialReferral(models.Model):
    """A customer's wish for more than the plan allows, passed to sales with plan and usage."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="referral")
    plan = models.CharField(max_length=24)
    #: Resource of the plan to [usage, limit], as it was then.
    usage = models.JSONField()
    wish = models.CharField(max_length=1000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.CharField(max_length=1000, blank=True)
    referred_at = models.DateTimeField(default=timezone.now)
    referred_by = models.CharField(max_length=40)
    answered_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("commercial referral")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="answered") ^ Q(answered_at__isnull=True),
                name="support_commercialreferral_answered",
            )
        ]

    def __str__(self) -> str:
        return self.plan
