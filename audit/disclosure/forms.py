"""The forms about access by support, and the question to support. They check shape only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from audit.disclosure.rules import MAX_QUESTION, MAX_REASON, TOPICS

YES, NO = "yes", "no"
GOOD, BAD = "good", "bad"


class RequirementForm(ActionForm):
    """Whether support needs approval."""

    required = forms.ChoiceField(
        label=_("Approval"),
        choices=[
            (NO, _("Support may look without approval. Every look is recorded here.")),
            (YES, _("Support may look only after somebody here has approved it.")),
        ],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of the options.")},
    )
    seen = forms.ChoiceField(choices=[(NO, NO), (YES, YES)], widget=forms.HiddenInput)

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        return {name: cleaned.get(name) == YES for name in ("required", "seen")}


class ApproveForm(ActionForm):
    """Approve a session. There is nothing to fill in."""

    def __init__(self, data: QueryDict | None = None, *, session: UUID, **options: Any) -> None:
        super().__init__(data, **options)
        self.session = session

    def values(self) -> Values:
        """The arguments of the action."""
        return {"session": self.session, **getattr(self, "cleaned_data", {})}


class ReasonForm(ApproveForm):
    """Refuse or revoke a session, with or without a reason."""

    reason = forms.CharField(
        label=_("Reason for the agent (optional)"),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class QuestionForm(ActionForm):
    """A question to support about one request."""

    about = forms.CharField(
        label=_("Request id"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"class": "is-code", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
        ),
        help_text=_(
            "Every message about a refusal shows its request id. So does every event of the audit trail."
        ),
    )
    topic = forms.ChoiceField(
        label=_("What is it about? (optional)"),
        required=False,
        choices=[("", _("I do not know")), *TOPICS.items()],
        error_messages={"invalid_choice": _("Choose one of the topics.")},
    )
    question = forms.CharField(
        label=_("Question"),
        max_length=MAX_QUESTION,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What did you try, and what did you expect? Leave out passwords."),
    )


class TicketForm(ActionForm):
    """Something about one ticket of the support desk; by itself a confirmation, which needs no more."""

    def __init__(self, data: QueryDict | None = None, *, ticket: str, **options: Any) -> None:
        super().__init__(data, **options)
        self.ticket = ticket

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.ticket, **getattr(self, "cleaned_data", {})}


class MessageForm(TicketForm):
    """An answer in a ticket, or the reason why it is reopened."""

    text = forms.CharField(
        label=_("Message"),
        max_length=MAX_QUESTION,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Leave out passwords. Name the request id of anything that was refused."),
    )


class RatingForm(TicketForm):
    """How support worked on a ticket."""

    rating = forms.ChoiceField(
        label=_("Support's work was"),
        choices=[(GOOD, _("good")), (BAD, _("not good"))],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of the options.")},
    )

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        return {"ticket": self.ticket, "is_good": cleaned.get("rating") == GOOD}
