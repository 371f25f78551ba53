"""The forms about cases, feature requests and referrals. They check shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from support.escalations import rules
from support.escalations.actions.cases import MAX_ENTERED
from support.escalations.models import CommercialReferral, EngineeringCase
from support.evidence.models import EvidencePack
from support.tickets.models import Ticket


def _text(label: Any, *, most: int, rows: int = 3, required: bool = False, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class OfTicketForm(ActionForm):
    """A form about one ticket."""

    def __init__(self, *arguments: Any, ticket: Ticket, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = ticket

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.record, **getattr(self, "cleaned_data", {})}


class ProposeForm(OfTicketForm):
    """What an agent enters to propose a case. What is missing is decided by the gate, not here."""

    criterion = forms.ChoiceField(
        label=_("Criterion"),
        required=False,
        choices=EngineeringCase.Criterion.choices,
        widget=forms.RadioSelect,
    )
    reproduction = _text(
        _("Steps that reproduce it"), most=MAX_ENTERED, hint=_("Required for a suspected bug.")
    )
    affected = _text(_("How many customers are affected"), most=MAX_ENTERED, rows=1)
    impact = _text(_("Impact on the customer"), most=MAX_ENTERED)
    tried = _text(_("What has been tried already"), most=MAX_ENTERED)
    confirmed = forms.MultipleChoiceField(
        label=_("Checked first"),
        required=False,
        choices=[
            *rules.CHECKS.items(),
            (rules.WISH, _("The customer asks for engineering. This is recorded, and opens nothing.")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    pack = forms.ModelChoiceField(
        label=_("Evidence pack"),
        required=False,
        queryset=EvidencePack.objects.none(),
        empty_label=_("Without a pack"),
        help_text=_("Packs that were made for this ticket."),
    )

    def __init__(self, *arguments: Any, ticket: Ticket, **options: Any) -> None:
        super().__init__(*arguments, ticket=ticket, **options)
        field: Any = self.fields["pack"]
        field.queryset = EvidencePack.objects.filter(tenant=ticket.tenant_id, purpose=ticket.ref).order_by(
            "-made_at"
        )


class OfCaseForm(ActionForm):
    """A form about one case."""

    def __init__(self, *arguments: Any, case: EngineeringCase, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = case

    def values(self) -> Values:
        """The arguments of the action."""
        return {"case": self.record, **getattr(self, "cleaned_data", {})}


class ReviewForm(OfCaseForm):
    """The verdict of the second person."""

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=[
            (EngineeringCase.State.OPEN, _("Pass it on to engineering")),
            (EngineeringCase.State.DECLINED, _("Decline it, with a remark")),
        ],
        widget=forms.RadioSelect,
    )
    remark = _text(_("Remark"), most=MAX_ENTERED)


class AnswerForm(OfCaseForm):
    """Engineering's answer."""

    verdict = forms.ChoiceField(
        label=_("Answer"),
        choices=[
            ("confirmed", _("The fault is Asora's")),
            ("committed", _("A fix is committed for a date")),
            ("returned", _("No guarantee is concerned")),
            ("solved", _("It is solved")),
        ],
        widget=forms.RadioSelect,
    )
    committed_for = forms.DateField(
        label=_("Committed for"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    answer = _text(_("Explanation"), most=4_000, rows=5, required=True)
    revision = forms.IntegerField(widget=forms.HiddenInput)


class FeatureForm(OfTicketForm):
    """A wish for the product."""

    title = forms.CharField(label=_("What is wished for"), max_length=160)
    segment = forms.CharField(
        label=_("Customer segment"), max_length=80, help_text=_("Plan and kind of business.")
    )
    use_case = _text(_("Use case"), most=2_000, rows=4, required=True)
    workaround = _text(_("Present workaround"), most=1_000)
    impact = _text(_("Impact on the customer"), most=1_000, required=True)


class ReferralForm(OfTicketForm):
    """A wish for more than the plan allows."""

    wish = _text(_("What the customer wishes for"), most=1_000, required=True)


class ReferralAnswerForm(ActionForm):
    """What sales answered."""

    answer = _text(_("Answer of sales"), most=1_000, required=True)

    def __init__(self, *arguments: Any, referral: CommercialReferral, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = referral

    def values(self) -> Values:
        """The arguments of the action."""
        return {"referral": self.record, **getattr(self, "cleaned_data", {})}
