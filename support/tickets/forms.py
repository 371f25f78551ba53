"""The forms of a ticket. They check shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from plans.models import Tenant
from support.incidents.models import Incident
from support.knowledge.models import KnownIssue
from support.tickets import required, rules
from support.tickets.models import Category, Queue, Ticket
from support.tickets.participants import MAX_NAME
from support.tickets.required_info import Information

CATEGORIES = [(value, f"{value} · {label}") for value, label in Category.choices]
SEVERITIES = [
    (1, _("1 · data integrity is at risk, such as signs of a corrupted ledger")),
    (2, _("2 · all tenants are blocked")),
    (3, _("3 · one tenant is blocked")),
    (4, _("4 · a misunderstanding, such as a rule that was enforced as designed")),
]
CODE = {"class": "is-code", "autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class TicketForm(ActionForm):
    """A form of one ticket. `action`: its name, which makes the ids of its fields unique on the page."""

    action = ""

    def __init__(self, data: QueryDict | None = None, *, ticket: Ticket, **options: Any) -> None:
        super().__init__(data, auto_id=f"{self.action}_%s", **options)
        self.ticket = ticket

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.ticket, **getattr(self, "cleaned_data", {})}


class RevisedForm(TicketForm):
    """A form that is about the ticket as the agent has seen it."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, ticket: Ticket, **options: Any) -> None:
        initial = {"revision": ticket.revision, **options.pop("initial", {})}
        super().__init__(data, ticket=ticket, initial=initial, **options)


class TriageForm(RevisedForm):
    """The first classification."""

    action = "triage"
    category = forms.ChoiceField(label=_("Category"), choices=[("", _("Choose one")), *CATEGORIES])
    severity = forms.TypedChoiceField(
        label=_("Severity"), coerce=int, choices=[("", _("Choose one")), *SEVERITIES]
    )
    issue_type = forms.ChoiceField(label=_("Kind of issue"), choices=Ticket.IssueType.choices)
    environment = forms.ChoiceField(label=_("Environment"), choices=Ticket.Environment.choices)
    component = forms.ChoiceField(label=_("Part of the product"), choices=list(required.COMPONENTS.items()))


class ReclassifyForm(TriageForm):
    """Another classification, with its reason."""

    action = "reclassify"
    reason = forms.CharField(label=_("Why does it change?"), max_length=rules.MAX_REASON)


class AssignForm(TicketForm):
    """Who works on the ticket."""

    action = "assign"
    person = forms.ChoiceField(label=_("Assigned to"), required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        ticket: Ticket,
        people: Sequence[tuple[str, str]],
        **options: Any,
    ) -> None:
        initial = {"person": ticket.assignee}
        super().__init__(data, ticket=ticket, initial=initial, **options)
        field = self.fields["person"]
        field.choices = [("", _("Nobody")), *people]  # type: ignore[attr-defined]


class RequeueForm(TicketForm):
    """Another queue, with its reason."""

    action = "requeue"
    queue = forms.ChoiceField(label=_("Queue"), choices=Queue.choices)
    reason = forms.CharField(label=_("Reason"), max_length=rules.MAX_REASON)


class NoteForm(TicketForm):
    """An internal note."""

    action = "note"
    text = forms.CharField(
        label=_("Internal note"),
        max_length=rules.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customer never sees it."),
    )


class ReasonForm(TicketForm):
    """A reason, and nothing else."""

    action = "reason"
    reason = forms.CharField(label=_("Reason"), max_length=rules.MAX_REASON)


class SecurityForm(ReasonForm):
    """Why a ticket is, or is not, a security matter."""

    action = "security"


class OtherTicketForm(TicketForm):
    """Another ticket, by its reference."""

    action = "link"
    other = forms.CharField(label=_("Ticket"), max_length=12, widget=forms.TextInput(attrs=CODE))

    def clean_other(self) -> str:
        """Require a reference such as T-000012."""
        ref: str = self.cleaned_data["other"]
        if rules.number_of(ref) is None:
            raise forms.ValidationError(
                _("Enter the reference of a ticket, such as T-000012."), code=Reason.INVALID_INPUT
            )
        return ref.strip().upper()


class MergeForm(OtherTicketForm):
    """The ticket into which this one is merged."""

    action = "merge"
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, ticket: Ticket, **options: Any) -> None:
        super().__init__(data, ticket=ticket, initial={"revision": ticket.revision}, **options)


class AttachForm(RevisedForm):
    """An active incident."""

    action = "attach"
    incident = forms.ModelChoiceField(
        label=_("Incident"), queryset=Incident.objects.none(), empty_label=_("Choose one")
    )

    def __init__(
        self, data: QueryDict | None = None, *, ticket: Ticket, incidents: Any, **options: Any
    ) -> None:
        super().__init__(data, ticket=ticket, **options)
        self.fields["incident"].queryset = incidents  # type: ignore[attr-defined]


class RecogniseForm(TicketForm):
    """A known issue, or none."""

    action = "recognise"
    issue = forms.ModelChoiceField(
        label=_("Known issue"), queryset=KnownIssue.objects.none(), required=False, empty_label=_("None")
    )

    def __init__(self, data: QueryDict | None = None, *, ticket: Ticket, **options: Any) -> None:
        super().__init__(data, ticket=ticket, initial={"issue": ticket.known_issue_id}, **options)
        self.fields["issue"].queryset = KnownIssue.objects.order_by("title")  # type: ignore[attr-defined]


class InformForm(TicketForm):
    """What the category needs and nobody has given yet: one field each."""

    action = "inform"

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        ticket: Ticket,
        information: Sequence[Information],
        **options: Any,
    ) -> None:
        super().__init__(data, ticket=ticket, **options)
        self.keys = [one.needed.key for one in information if not one.is_given]
        for one in information:
            if not one.is_given:
                self.fields[one.needed.key] = forms.CharField(
                    label=one.needed.label,
                    required=False,
                    max_length=2_000,
                    widget=forms.Textarea(attrs={"rows": 2}),
                )
        self.fields["from_customer"] = forms.BooleanField(
            label=_("The customer said this"), required=False, initial=True
        )

    def values(self) -> Values:
        """The arguments of the action: the fields that are filled in."""
        cleaned = getattr(self, "cleaned_data", {})
        return {
            "ticket": self.ticket,
            "values": {key: cleaned[key] for key in self.keys if cleaned.get(key)},
            "from_customer": bool(cleaned.get("from_customer")),
        }


class TenantForm(RevisedForm):
    """To which tenant a ticket belongs."""

    action = "tenant"
    tenant = forms.ModelChoiceField(
        label=_("Tenant"), queryset=Tenant.objects.none(), empty_label=_("Choose one")
    )

    def __init__(
        self, data: QueryDict | None = None, *, ticket: Ticket, tenants: Any, **options: Any
    ) -> None:
        super().__init__(data, ticket=ticket, **options)
        self.fields["tenant"].queryset = tenants  # type: ignore[attr-defined]


class OpenForm(ActionForm):
    """A ticket for a customer who called or wrote elsewhere."""

    tenant = forms.ModelChoiceField(
        label=_("Tenant"), queryset=Tenant.objects.none(), empty_label=_("Choose one")
    )
    title = forms.CharField(label=_("Subject"), max_length=160)
    text = forms.CharField(
        label=_("What did the customer say?"),
        max_length=rules.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Leave out passwords. The text is no evidence: the audit event is."),
    )
    name = forms.CharField(
        label=_("Customer's name"), max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    address = forms.EmailField(
        label=_("Customer's e-mail address"),
        max_length=254,
        help_text=_(
            "Answers are sent there if it is that of an account of the tenant, otherwise only a notice."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    about = forms.CharField(
        label=_("Request id, if known"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs=CODE),
    )
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("Not known yet")), *CATEGORIES]
    )
    component = forms.ChoiceField(
        label=_("Part of the product"),
        required=False,
        choices=[("", _("Not known yet")), *required.COMPONENTS.items()],
    )

    def __init__(self, data: QueryDict | None = None, *, tenants: Any, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["tenant"].queryset = tenants  # type: ignore[attr-defined]
