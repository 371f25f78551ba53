"""The forms about entries and known issues. They check shape only; the actions check the content."""

from __future__ import annotations

import json
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.action import registry
from asora.kernel.forms import ActionForm
from asora.kernel.refusals import CODES, Reason
from asora.kernel.shapes import Values
from support.knowledge.entry_rules import MAX_BODY, MAX_KEY, MAX_RULE, MAX_TITLE, WRITABLE
from support.knowledge.models import Entry, KnownIssue


class EntryForm(ActionForm):
    """A version of an entry."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in WRITABLE])
    key = forms.CharField(
        label=_("Key"),
        max_length=MAX_KEY,
        help_text=_("Lower-case letters, digits, hyphens and underscores. It cannot be changed later."),
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"}),
    )
    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE)
    body = forms.CharField(
        label=_("Text"),
        max_length=MAX_BODY,
        help_text=_("Markdown. Of a phrase rule: the proposed wording."),
        widget=forms.Textarea(attrs={"rows": 16}),
    )
    rule = forms.CharField(
        label=_("Rule"),
        required=False,
        max_length=MAX_RULE,
        help_text=_("JSON that programs read: the patterns of a phrase rule, the categories of a template."),
        widget=forms.Textarea(attrs={"rows": 8, "class": "is-code", "spellcheck": "false"}),
    )
    next_review = forms.DateField(
        label=_("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput, initial=0)

    def __init__(self, *arguments: Any, entry: Entry | None = None, **options: Any) -> None:
        if entry is not None:
            options["initial"] = {
                "kind": entry.kind,
                "key": entry.key,
                "title": entry.title,
                "body": entry.body,
                "rule": json.dumps(entry.rule, indent=2, ensure_ascii=False) if entry.rule else "",
                "next_review": entry.next_review,
                "seen": entry.version,
            }
        super().__init__(*arguments, **options)
        if entry is not None:  # its kind and key are in the address, not in the form
            self.entry: Entry | None = entry
            del self.fields["kind"], self.fields["key"]
        else:
            self.entry = None

    def values(self) -> Values:
        """The arguments of the action."""
        fixed = {"kind": self.entry.kind, "key": self.entry.key} if self.entry else {}
        return {**getattr(self, "cleaned_data", {}), **fixed}


class WithdrawEntryForm(ActionForm):
    """Withdraws the version that was read."""

    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class IssueForm(ActionForm):
    """A known issue, new or changed."""

    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE)
    code = forms.ChoiceField(
        label=_("Code"),
        required=False,
        choices=[("", _("None")), *((code.code, code.code) for code in CODES)],
        help_text=_(
            "Code, action and reason of its events. Without an action or reason it matches all of them."
        ),
    )
    action = forms.ChoiceField(label=_("Action"), required=False)
    reason = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=[("", _("Any")), *((str(one), str(one)) for one in sorted(Reason))],
    )
    since_release = forms.CharField(
        label=_("Since release"),
        required=False,
        max_length=20,
        help_text=_("Leave it empty if it is not known."),
    )
    workaround = forms.CharField(
        label=_("Workaround"),
        required=False,
        max_length=4_000,
        help_text=_("Markdown. Replies contain it as it is."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    is_public = forms.BooleanField(label=_("Customers see it in their help"), required=False)
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput, initial=0, required=False)

    def __init__(self, *arguments: Any, issue: KnownIssue | None = None, **options: Any) -> None:
        if issue is not None:
            names = [name for name in self.base_fields if name != "seen"]
            options["initial"] = {name: getattr(issue, name) for name in names} | {"seen": issue.revision}
        super().__init__(*arguments, **options)
        self.record = issue
        field = cast(forms.ChoiceField, self.fields["action"])
        field.choices = [("", _("Any")), *((name, name) for name in sorted(registry))]

    def values(self) -> Values:
        """The arguments of the action."""
        values = dict(getattr(self, "cleaned_data", {}))
        if self.record is None:
            values.pop("seen", None)
            return values
        return {"issue": self.record, **values}


class OfIssueForm(ActionForm):
    """A decision about one known issue."""

    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, issue: KnownIssue, **options: Any) -> None:
        options["initial"] = {"seen": issue.revision}
        super().__init__(*arguments, **options)
        self.record = issue

    def values(self) -> Values:
        """The arguments of the action."""
        return {"issue": self.record, **getattr(self, "cleaned_data", {})}


class FixForm(OfIssueForm):
    """In which release an issue is fixed."""

    fixed_in = forms.CharField(label=_("Fixed in release"), max_length=20)


class WithdrawIssueForm(OfIssueForm):
    """The issue was none."""
