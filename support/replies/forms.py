"""The forms of the composer and of the second person. They do not save."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from asora.kernel.text import StrOrPromise
from support.knowledge import queries as knowledge
from support.replies import queries
from support.replies.actions.drafting import MAX_TEXT
from support.replies.actions.reviewing import MAX_REMARK
from support.replies.models import Draft
from support.tickets.models import Ticket

REASON = "reason-"
MOMENT = "%Y-%m-%dT%H:%M"


class OfTicket(ActionForm):
    """A form about one ticket. `revision`: that of the ticket as its page was made."""

    def __init__(self, *arguments: Any, ticket: Ticket, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = ticket

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.record, **getattr(self, "cleaned_data", {})}


class HoldingForm(OfTicket):
    """A message that goes out as its template says."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class BeginForm(OfTicket):
    """The template from which a draft begins."""

    template = forms.ChoiceField(label=_("Template"), required=False)

    def __init__(self, *arguments: Any, ticket: Ticket, determination: str = "", **options: Any) -> None:
        super().__init__(*arguments, ticket=ticket, **options)
        found = knowledge.reply_templates(category=ticket.category, determination=determination)
        fitting = [
            row
            for row in found
            if "reminder" not in row.rule
            and (
                row.rule["draft"] != Draft.Kind.ACKNOWLEDGEMENT
                or queries.may_acknowledge(ticket, template=row.key)
            )
        ]
        own = [
            row for row in fitting if determination and determination in row.rule.get("determinations", [])
        ]
        others = [row for row in fitting if row not in own]
        groups: list[tuple[StrOrPromise, list[tuple[str, str]]]] = [
            (_("For the determination"), _titles(own)),
            (_("For the category"), _titles(others)),
        ]
        field: Any = self.fields["template"]
        if own:
            field.initial = own[0].key
        field.choices = [("", _("Blank reply")), *((title, rows) for title, rows in groups if rows)]


class DraftForm(OfTicket):
    """A draft: its text, what follows, when the desk writes again, and reasons for phrases with a warning."""

    draft_revision = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Reply"),
        required=False,
        max_length=MAX_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}),
    )
    follow_up = forms.ChoiceField(
        label=_("After sending"),
        choices=[
            *Draft.FollowUp.choices,
            (_("resolve the ticket as"), list(Ticket.CloseReason.choices)),
        ],
    )
    next_update_at = forms.DateTimeField(
        label=_("We write again by (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
    )

    @classmethod
    def of(cls, draft: Draft) -> DraftForm:
        """The form with what a draft says."""
        when = draft.next_update_at
        return cls(
            ticket=draft.ticket,
            initial={
                "draft_revision": draft.revision,
                "text": draft.text,
                "follow_up": draft.follow_up,
                "next_update_at": when.astimezone(UTC).strftime(MOMENT) if when else "",
            },
        )

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Key of a phrase rule to the reason that was typed for it."""
        return {
            name.removeprefix(REASON): str(self.data[name])[:1_000]
            for name in self.data
            if name.startswith(REASON)
        }

    def clean_next_update_at(self) -> datetime | None:
        """Read the moment as UTC, whatever the zone of the server is."""
        found: datetime | None = self.cleaned_data["next_update_at"]
        return found.replace(tzinfo=UTC) if found else None

    def values(self) -> Values:
        """The arguments of the action. A reply after which the customer is next needs no next update."""
        values = super().values()
        return {**values, "reasons": self.reasons} if "text" in values else values


class RevisionForm(OfTicket):
    """A step of a draft that changes nothing in its text."""

    draft_revision = forms.IntegerField(widget=forms.HiddenInput)


class SeenForm(RevisionForm):
    """Sending or approving: what the agent has seen of the ticket and of the draft."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class ReturnForm(RevisionForm):
    """Returning a draft to its author."""

    remark = forms.CharField(
        label=_("What has to change"), max_length=MAX_REMARK, widget=forms.Textarea(attrs={"rows": 2})
    )


def _titles(rows: Iterable[Any]) -> list[tuple[str, str]]:
    return [(row.key, row.title) for row in rows]
