"""What the buttons send: payloads with the number of attempts that the page showed, and the interval of a schedule."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from integrations.dispatch.actions.schedules import INTERVALS
from integrations.dispatch.plan import Chosen
from integrations.endpoints.models import Endpoint


def chosen_from(sent: Iterable[str]) -> list[Chosen]:
    """The payloads that a form names, each as its id, or as `id:attempts` if it was sent before.

    Refusals: VALIDATION_FAILED NO_DATA, INVALID_INPUT.
    """
    chosen = [_one(text) for text in dict.fromkeys(sent)]
    if not chosen:
        raise ValidationFailed(_("Choose at least one payload."), reason=Reason.NO_DATA)
    return chosen


def _one(text: str) -> Chosen:
    key, _colon, seen = text.partition(":")
    try:
        return Chosen(UUID(key), int(seen or "0"))
    except ValueError as error:
        raise ValidationFailed(_("This payload does not exist.")) from error


class ScheduleForm(ActionForm):
    """How often everything queued is sent."""

    every_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Send everything queued"),
        coerce=int,
        choices=[(minutes, "") for minutes in INTERVALS],
        initial=15,
    )

    def __init__(self, data: object, *, endpoint: Endpoint) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.record = endpoint
        self.fields["every_minutes"].choices = [(minutes, interval(minutes)) for minutes in INTERVALS]  # type: ignore[attr-defined]

    def values(self) -> ReadOnlyValues:
        """The interval, and the endpoint that the page is about."""
        return {"endpoint": self.record, **super().values()}


def interval(minutes: int) -> str:
    """An interval in words."""
    match minutes:
        case 60:
            return _("every hour")
        case 1440:
            return _("once a day")
        case _ if minutes % 60 == 0:
            hours = minutes // 60
            return ngettext("every %(hours)s hour", "every %(hours)s hours", hours) % {"hours": hours}
    return ngettext("every %(minutes)s minute", "every %(minutes)s minutes", minutes) % {"minutes": minutes}
