"""Tickets with their classifications, messages, attachments, required information, links and participants."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7
from plans.models import Tenant
from support.incidents.models import Incident
from support.knowledge.models import KnownIssue


class Category(models.TextChoices):
    """The eight categories. A ticket has exactly one before its investigation begins."""

    AUTHENTICATION = "A", _("Authentication")
    AUTHORIZATION = "B", _("Authorization or permission")
    PLAN = "C", _("Plan enforcement")
    VALIDATION = "D", _("Validation error")
    DISCREPANCY = "E", _("Inventory discrepancy")
    EXPORT = "F", _("Export or report")
    INTEGRATION = "G", _("Integration")
    BUG = "H", _("Suspected bug")


class Queue(models.TextChoices):
    """Who works on a ticket."""

    L1 = "l1", _("Level 1")
    L2 = "l2", _("Level 2")
    L3 = "l3", _("Level 3")
    SECURITY = "security", _("Security")
    COMMERCIAL = "commercial", _("Commercial")


class State(models.TextChoices):
    """The states of a ticket. `support.tickets.rules` lists the transitions; a trigger checks them."""

    NEW = "new", _("new")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    TRIAGED = "triaged", _("triaged")
    INVESTIGATING = "investigating", _("investigating")
    WAITING_CUSTOMER = "waiting_customer", _("waiting for the customer")
    WAITING_ENGINEERING = "waiting_engineering", _("waiting for engineering")
    WAITING_COMMERCIAL = "waiting_commercial", _("waiting for sales")
    ON_INCIDENT = "on_incident", _("attached to an incident")
    RESOLVED = "resolved", _("resolved")
    CLOSED = "closed", _("closed")
    DUPLICATE = "duplicate", _("duplicate")


#: The states in which a ticket needs work, in the order of the index of open tickets.
OPEN_STATES = [state.value for state in State if state not in {State.RESOLVED, State.CLOSED, State.DUPLICATE}]


class TicketNumber(models.Model):
    """The last number that a ticket got: one row, updated in the transaction that opens the next."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="support_ticketnumber_one_row")]

    def __str__(self) -> str:
        return str(self.last)


class Ticket(models.Model):
    """A case of the desk. `revision` grows with every message and change; a reply is sent for one revision."""

    class Source(models.TextChoices):
        QUESTION = "question", _("question in the product")
        HAND = "hand", _("entered by an agent")
        MAIL = "mail", _("e-mail")
        SYSTEM = "system", _("opened by Asora")

    class IssueType(models.TextChoices):
        BUG = "bug", _("bug")
        QUESTION = "question", _("question")
        CONFIGURATION = "configuration", _("configuration")
        INCIDENT = "incident", _("incident")

    class Environment(models.TextChoices):
        PRODUCTION = "production", _("production")
        TRIAL = "trial", _("trial tenant")
        DEVELOPMENT = "development", _("development")
        UNKNOWN = "unknown", _("unknown")

    class CloseReason(models.TextChoices):
        SOLVED = "solved", _("solved")
        CONFIGURATION = "configuration", _("configuration")
        EXPECTED = "expected", _("expected behaviour")
        KNOWN_ISSUE = "known_issue", _("known issue")
        PLAN_CONSTRAINT = "plan_constraint", _("plan limit")
        COMMERCIAL_ROUTED = "commercial_routed", _("passed to sales")
        EXCEPTION_REFUSED = "exception_refused", _("exception refused")
        FEATURE_LOGGED = "feature_logged", _("feature request logged")
        OUTSIDE_SCOPE = "outside_scope", _("outside the scope of Asora")
        NOT_REPRODUCIBLE = "not_reproducible", _("not reproducible")
        ENGINEERING_FIXED = "engineering_fixed", _("fixed by engineering")
        INCIDENT_RESOLVED = "incident_resolved", _("incident resolved")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(unique=True)
    #: Empty for mail of unknown senders, until an agent assigns a tenant.
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.PROTECT, related_name="tickets")
    source = models.CharField(max_length=8, choices=Source.choices)
    #: The id of the row in the tenant from which the ticket was made: a question, a freeze.
    origin = models.UUIDField(null=True)
    subject = models.CharField(max_length=160)
    subject_length = models.PositiveSmallIntegerField()
    #: The pseudonym of the tenant's person who asked; empty for mail and system.
    reporter = models.CharField(max_length=40, blank=True)
    #: The request that it is about, as the customer named it.
    about = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.NEW)
    queue = models.CharField(max_length=12, choices=Queue.choices, default=Queue.L1)
    assignee = models.CharField(max_length=40, blank=True)
    category = models.CharField(max_length=1, choices=Category.choices, blank=True)
    severity = models.PositiveSmallIntegerField(null=True)
    issue_type = models.CharField(max_length=16, choices=IssueType.choices, blank=True)
    environment = models.CharField(max_length=12, choices=Environment.choices, default=Environment.UNKNOWN)
    #: The part of the product: items, receiving, counts, exports.
    component = models.CharField(max_length=40, blank=True)
    #: Code, action and reason of the event that it is about, for duplicates and incidents.
    code = models.CharField(max_length=32, blank=True)
    action = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=64, blank=True)
    is_security = models.BooleanField(default=False)
    is_doc_gap = models.BooleanField(default=False)
    incident = models.ForeignKey(Incident, null=True, on_delete=models.PROTECT, related_name="tickets")
    known_issue = models.ForeignKey(KnownIssue, null=True, on_delete=models.PROTECT, related_name="tickets")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    close_reason = models.CharField(max_length=20, choices=CloseReason.choices, blank=True)
    is_confirmed = models.BooleanField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("ticket")
        indexes = [
            models.Index(fields=["queue", "state", "opened_at", "id"], name="support_ticket_queue"),
            models.Index(fields=["tenant", "-opened_at", "id"], name="support_ticket_tenant"),
            models.Index(fields=["assignee", "state"], name="support_ticket_assignee"),
            models.Index(
                fields=["queue", "opened_at", "id"],
                condition=Q(state__in=OPEN_STATES),
                name="support_ticket_open",
            ),
            models.Index(fields=["opened_at", "id"], name="support_ticket_newest"),
            models.Index(fields=["code", "action", "reason", "opened_at"], name="support_ticket_signature"),
            models.Index(fields=["about"], name="support_ticket_about", condition=~Q(about="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "origin"], condition=Q(origin__isnull=False), name="support_ticket_origin"
            ),
            models.CheckConstraint(
                condition=Q(category__in=["", *Category.values]), name="support_ticket_category"
            ),
            models.CheckConstraint(
                condition=~Q(category="")
                | Q(state__in=["new", "acknowledged", "duplicate"])
                | Q(state="closed", tenant__isnull=True),
                name="support_ticket_category_before_triage",
            ),
            models.CheckConstraint(
                condition=Q(severity__isnull=True) | Q(severity__in=[1, 2, 3, 4]),
                name="support_ticket_severity",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="support_ticket_state"),
            models.CheckConstraint(
                condition=Q(state="closed") ^ Q(closed_at__isnull=True), name="support_ticket_closed"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["resolved", "closed"], close_reason=""),
                name="support_ticket_says_how",
            ),
            models.CheckConstraint(
                condition=Q(state="duplicate") ^ Q(merged_into__isnull=True), name="support_ticket_merged"
            ),
            models.CheckConstraint(
                condition=~Q(state="on_incident", incident__isnull=True), name="support_ticket_on_incident"
            ),
            models.CheckConstraint(
                condition=Q(subject="") | Q(subject_length=Length("subject")),
                name="support_ticket_subject_length",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """The reference that people read and that pages use."""
        return f"T-{self.number:06d}"


class TicketState(models.Model):
    """What a merge changed on a ticket, so that undoing it restores every value."""

    ticket = models.OneToOneField(
        Ticket, primary_key=True, on_delete=models.PROTECT, related_name="before_merge"
    )
    values_before = models.JSONField()

    class Meta:
        verbose_name = _("state before a merge")

    def __str__(self) -> str:
        return str(self.pk)


class Classification(AppendOnly):
    """What an agent decided about a ticket: category, severity and the other dimensions. The latest row counts."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="classifications")
    category = models.CharField(max_length=1, choices=Category.choices)
    severity = models.PositiveSmallIntegerField()
    issue_type = models.CharField(max_length=16)
    environment = models.CharField(max_length=12)
    component = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    classified_at = models.DateTimeField(default=timezone.now)
    classified_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("classification")
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="support_classification_category"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=[1, 2, 3, 4]), name="support_classification_severity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}{self.severity}"


class Message(models.Model):
    """One text of a ticket. Its text can be emptied when its author is erased; nothing else can change."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("question")
        ANSWER = "answer", _("answer of the customer")
        ACKNOWLEDGEMENT = "acknowledgement", _("acknowledgement")
        INFO_REQUEST = "info_request", _("request for information")
        REPLY = "reply", _("reply")
        REMINDER = "reminder", _("reminder")
        NOTE = "note", _("internal note")
        SYSTEM = "system", _("entry of Asora")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    #: customer, agent, system
    author_type = models.CharField(max_length=10)
    #: "<schema>:<pseudonym>"; for mail of people without an account: "mail:<participant id>".
    author = models.CharField(max_length=80, blank=True)
    #: Markdown.
    text = models.TextField(blank=True)
    length = models.PositiveIntegerField()
    is_internal = models.BooleanField()
    channel = models.CharField(max_length=8, default="web")
    written_at = models.DateTimeField(default=timezone.now)
    #: The id of the row in the tenant, or of the inbound mail, from which it was made.
    origin = models.UUIDField(null=True)
    #: The revision of the ticket that this message made.
    revision = models.PositiveIntegerField()
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("message")
        indexes = [
            models.Index(fields=["ticket", "written_at", "id"], name="support_message_order"),
            models.Index(fields=["author"], name="support_message_author", condition=~Q(text="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "origin"], condition=Q(origin__isnull=False), name="support_message_origin"
            ),
            models.CheckConstraint(
                condition=Q(text="") | Q(length=Length("text")), name="support_message_length"
            ),
            models.CheckConstraint(
                condition=~Q(kind="note") | Q(is_internal=True), name="support_message_note_is_internal"
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class Attachment(models.Model):
    """A file of a message. It is never evidence."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120, blank=True)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("attachment")

    def __str__(self) -> str:
        return self.name or str(self.pk)


class RequiredInfo(models.Model):
    """One piece of information that a category needs, and where it came from."""

    class State(models.TextChoices):
        MISSING = "missing", _("missing")
        REQUESTED = "requested", _("requested")
        GIVEN = "given", _("given")

    class Source(models.TextChoices):
        EVIDENCE = "evidence", _("evidence")
        CUSTOMER = "customer", _("customer")
        AGENT = "agent", _("agent")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="required_info")
    key = models.CharField(max_length=24)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MISSING)
    source = models.CharField(max_length=10, choices=Source.choices, blank=True)
    #: Redacted.
    value = models.TextField(blank=True)
    #: "<schema>:<pseudonym>" of the person whose words it repeats, if any.
    author = models.CharField(max_length=80, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("required information")
        indexes = [
            models.Index(fields=["author"], name="support_requiredinfo_author", condition=~Q(author="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "key"], name="support_requiredinfo_once"),
            models.CheckConstraint(
                condition=~Q(state="given", source=""), name="support_requiredinfo_has_source"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class TicketLink(models.Model):
    """A link between two tickets that belong together. Removing it keeps the row."""

    class Kind(models.TextChoices):
        RELATED = "related", _("related")
        DUPLICATE = "duplicate", _("duplicate")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="links")
    other = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="linked_from")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=40)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("link of tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "other", "kind"],
                condition=Q(removed_at__isnull=True),
                name="support_ticketlink_once",
            ),
            models.CheckConstraint(
                condition=~Q(ticket=models.F("other")), name="support_ticketlink_not_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class Participant(models.Model):
    """Somebody who may write to a ticket by e-mail. The address is erasable; its digest finds it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="participants")
    #: The pseudonym of the tenant's person; empty for people without an account.
    person = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=120, blank=True)
    #: Keyed digest of the folded address.
    digest = models.CharField(max_length=64)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("participant")
        indexes = [
            models.Index(fields=["digest"], name="support_participant_digest"),
            models.Index(fields=["person"], name="support_participant_person", condition=~Q(person="")),
        ]
        constraints = [models.UniqueConstraint(fields=["ticket", "digest"], name="support_participant_once")]

    def __str__(self) -> str:
        return str(self.pk)


class Presence(models.Model):
    """Which agent has a ticket open, and whether they write."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="presences")
    agent = models.CharField(max_length=40)
    seen_at = models.DateTimeField(default=timezone.now)
    is_writing = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("presence")
        constraints = [models.UniqueConstraint(fields=["ticket", "agent"], name="support_presence_once")]

    def __str__(self) -> str:
        return self.agent


class Satisfaction(models.Model):
    """The customer's verdict on a ticket: one click, which can be changed."""

    ticket = models.OneToOneField(
        Ticket, primary_key=True, on_delete=models.PROTECT, related_name="satisfaction"
    )
    is_good = models.BooleanField()
    given_at = models.DateTimeField(default=timezone.now)
    #: "<schema>:<pseudonym>" or "mail:<participant id>".
    given_by = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("satisfaction")

    def __str__(self) -> str:
        return "good" if self.is_good else "bad"
