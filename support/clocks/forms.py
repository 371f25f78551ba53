"""Forms that change promised times and calendars. They do not save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from support.clocks import opening_hours, rules
from support.clocks.actions import MAX_AMOUNT
from support.clocks.models import Calendar, SlaPolicy, SlaTarget
from support.clocks.wording import target_label

MAX_REASON = 500


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON,
        help_text=_("Everybody at the desk reads it in the list of versions."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PolicyForm(ActionForm):
    """All amounts of the present policy. Targets without an amount, such as the end of the day, cannot be changed."""

    reason = _reason()
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, policy: SlaPolicy, **options: Any) -> None:
        options.setdefault("initial", {"seen": policy.version})
        super().__init__(*arguments, **options)
        self.record = policy
        self._targets = [
            target
            for target in sorted(policy.targets.all(), key=_order)
            if target.unit != rules.SAME_BUSINESS_DAY
        ]
        for target in self._targets:
            self.fields[_name(target)] = forms.IntegerField(
                label=target_label(target), min_value=1, max_value=MAX_AMOUNT, initial=target.amount
            )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields of each clock, for the page."""
        found: dict[str, list[forms.BoundField]] = {}
        for target in self._targets:
            found.setdefault(target.clock, []).append(self[_name(target)])
        return list(found.items())

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        given = {name: cleaned[name] for name in ("reason", "seen") if name in cleaned}
        amounts = {str(one.pk): cleaned[_name(one)] for one in self._targets if _name(one) in cleaned}
        return {"amounts": amounts, **given}


class CalendarForm(ActionForm):
    """One calendar: its time zone, the openings of each day of the week, and the days without any."""

    time_zone = forms.CharField(label=_("Time zone"), max_length=60)
    holidays = forms.CharField(
        label=_("Days without business hours"),
        required=False,
        max_length=20_000,
        help_text=_("One a line, as 2026-12-25."),
        widget=forms.Textarea(attrs={"rows": 8, "class": "is-code"}),
    )
    reason = _reason()
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, calendar: Calendar, policy: SlaPolicy, **options: Any) -> None:
        options.setdefault(
            "initial",
            {
                "seen": policy.version,
                "time_zone": calendar.time_zone,
                "holidays": "\n".join(calendar.holidays),
                **{f"day_{day}": opening_hours.write_day(calendar.hours[day]) for day in WEEKDAYS},
            },
        )
        super().__init__(*arguments, **options)
        self.record = calendar
        for day, label in WEEKDAYS.items():
            self.fields[f"day_{day}"] = forms.CharField(label=label, required=False, max_length=200)

    def days(self) -> list[forms.BoundField]:
        """The fields of the week, Monday first."""
        return [self[f"day_{day}"] for day in WEEKDAYS]

    def clean(self) -> Values:
        """Require openings and days that can be read."""
        cleaned: Values = super().clean() or {}
        for name in [f"day_{day}" for day in WEEKDAYS] + ["holidays"]:
            parse = opening_hours.parse_holidays if name == "holidays" else opening_hours.parse_day
            if name in cleaned:
                try:
                    cleaned[name] = parse(cleaned[name])
                except opening_hours.NotValid as error:
                    self.add_error(name, forms.ValidationError(str(error), code=Reason.INVALID_INPUT))
        return cleaned

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        named = {
            name: cleaned[name] for name in ("time_zone", "holidays", "reason", "seen") if name in cleaned
        }
        return {
            "calendar": self.record,
            "hours": [cleaned.get(f"day_{day}", []) for day in WEEKDAYS],
            **named,
        }


def _name(target: SlaTarget) -> str:
    return f"amount_{target.pk}"


def _order(target: SlaTarget) -> tuple[int, int, str, str, str]:
    return (
        rules.CLOCKS.index(target.clock),
        target.severity or 9,
        target.category,
        target.queue,
        target.unit,
    )
