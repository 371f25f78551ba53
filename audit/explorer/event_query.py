"""The filter of the audit trail: one object for the page, the query bar, saved searches, exports and links.

It has three spellings, which say the same: parameters of a URL (`as_params`), the text of the query bar (`text`), and
the object itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from asora.kernel import binding, days
from asora.kernel.actors import Actor
from asora.kernel.refusals import CODES, Reason, ValidationFailed
from asora.kernel.text import fold_code
from asora.kernel.words import SENTENCES
from audit.events import readers
from audit.events.following import caused_by
from audit.events.models import Event
from audit.explorer import query_text

#: Filters by values that an event shows only to people who work at all its hubs.
CONCEALED = ("code", "reason", "rule", "record", "route", "hub")
#: Filters by what only refused events have. Their indexes cover only refused events.
OF_REFUSALS = ("code", "reason", "rule")
_COLUMNS = {
    "outcome": "outcome",
    "action": "action",
    "code": "code",
    "reason": "reason",
    "actor": "actor_ref",
    "rule": "rule_id",
    "route": "route",
}
_KIND = re.compile(r"[a-z_]+\.[a-z_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events of a trail. An empty value is no filter; all others have to be met.

    `record`: the label of a record, or `inventory.item:5`, which also finds events that only touched the record.
    `request`: also finds what the request caused. `hub`: the code of a hub. `since`, `until`: whole days in the
    tenant's time zone, `until` included; or moments, `until` excluded.
    """

    outcome: str = ""
    actor: str = ""
    action: str = ""
    code: str = ""
    reason: str = ""
    rule: str = ""
    record: str = ""
    request: str = ""
    route: str = ""
    hub: str = ""
    since: date | datetime | None = None
    until: date | datetime | None = None

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> EventQuery:
        """The query of a URL's parameters (or of a form's fields): texts by name. Other names are ignored.

        Refusals: VALIDATION_FAILED INVALID_INPUT, with every error at its filter.
        """
        values: dict[str, Any] = {}
        errors: dict[str, list[dict[str, str]]] = {}
        for name in NAMES:
            try:
                values[name] = _READERS[name](str(params.get(name) or "").strip())
            except ValueError as error:
                errors[name] = [{"reason": str(Reason.INVALID_INPUT), "message": str(error)}]
        if not errors and _is_backwards(values["since"], values["until"]):
            message = _("The last day is before the first day. Enter a later day.")
            errors["until"] = [{"reason": str(Reason.INVALID_INPUT), "message": message}]
        if errors:
            raise ValidationFailed(next(iter(errors.values()))[0]["message"], details={"fields": errors})
        return cls(**values)

    @classmethod
    def parse(cls, text: str) -> EventQuery:
        """The query of a text, as people type it: `outcome:refused record:"Bolt M8" since:2026-03-01`.

        Refusals: VALIDATION_FAILED INVALID_INPUT; at `q` if the text cannot be read, otherwise at the filter.
        """
        return cls.from_params(query_text.read(text, known=NAMES))

    def text(self) -> str:
        """The query as a text that `parse` reads as this query."""
        return query_text.write(self.as_params())

    def recorded(self) -> str:
        """The text for the trail, which can never be erased. A value that Asora did not write appears as its length."""
        shown = self.as_params()
        unknown = [name for name in _TYPED if name in shown and not _is_known(name, shown[name])]
        return query_text.write(shown | {name: f"[{len(shown[name])} characters]" for name in unknown})

    def concerns(self, actor: Actor) -> list[int]:
        """The hubs of an event that names this query: all of the actor's, if the query names what may be concealed."""
        if binding.schema_name() == binding.PUBLIC or not any(getattr(self, name) for name in CONCEALED):
            return []
        hubs = readers.hubs_of(actor)
        return list(_all_hubs().values_list("pk", flat=True)) if hubs is None else hubs

    def as_params(self) -> dict[str, str]:
        """The parameters of a URL, without empty ones; `from_params` reads them as this query."""
        named = {name: getattr(self, name) for name in NAMES}
        return {name: _written(value) for name, value in named.items() if value}

    def period(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """The first moment of the query, and the first moment after it; None: no limit. `zone`: that of days."""
        since = _start(self.since, zone) if self.since else None
        return since, _end(self.until, zone) if self.until else None

    def rows(self, actor: Actor) -> QuerySet[Event]:
        """The events of the bound tenant that match and that the actor may see, in no order.

        Each has `is_whole` (see `audit.events.readers`). A filter by what an event may conceal finds only events that
        conceal nothing. The heavy columns are deferred; `.defer(None)` reads them again.
        """
        rows = readers.readable(actor).defer(*readers.HEAVY)
        if any(getattr(self, name) for name in CONCEALED):
            rows = readers.whole(rows, actor)
        for name, column in _COLUMNS.items():
            if value := getattr(self, name):
                rows = rows.filter(**{column: value})
        if any(getattr(self, name) for name in OF_REFUSALS):
            rows = rows.filter(outcome=Event.Outcome.REFUSED)
        if self.record:
            rows = rows.filter(_concerns(self.record))
        if self.hub:
            rows = rows.filter(hubs__contains=ids_of_hub(self.hub))
        if self.request:
            rows = rows.filter(request_id__in=caused_by(self.request))
        # A bare schema has no tenant's zone.
        since, until = self.period(ZoneInfo(getattr(binding.tenant(), "time_zone", "UTC")))
        if since:
            rows = rows.filter(occurred_at__gte=since)
        if until:
            rows = rows.filter(occurred_at__lt=until)
        return rows


NAMES = tuple(field.name for field in fields(EventQuery))
#: Filters that accept other texts than days and choices: somebody may type a name.
_TYPED = tuple(name for name in NAMES if name not in {"outcome", "code", "since", "until"})


def recorded(text: str) -> str:
    """The text of a stored query for the trail (see `EventQuery.recorded`)."""
    try:
        return EventQuery.parse(text).recorded()
    except ValidationFailed:  # an earlier release understood it
        return f"[{len(text)} characters]"


def _is_known(name: str, value: str) -> bool:
    """Whether a value is a word of Asora, or in the trail already: there are no names and addresses of people."""
    if name == "hub":
        return ids_of_hub(value) != [-1]
    if value in {"action": SENTENCES, "reason": Reason.__members__}.get(name, ()):
        return True
    if name == "record":
        return Event.objects.filter(_concerns(value)).exists()
    rows = Event.objects.filter(**{_COLUMNS.get(name, "request_id"): value})
    return (rows.filter(outcome=Event.Outcome.REFUSED) if name in OF_REFUSALS else rows).exists()


def _concerns(record: str) -> Q:
    """Events of one record: `inventory.item:5` finds its own and those that touched it; other texts match the label."""
    kind, colon, number = record.partition(":")
    if not (colon and _KIND.fullmatch(kind)):
        return Q(resource_label=record)
    key = f"{kind.partition('.')[2]}:{number}"
    touched = Q(outcome=Event.Outcome.ALLOWED, touched__contains=[key])
    return Q(resource_type=kind, resource_id=number) | touched


def ids_of_hub(code: str) -> list[int]:
    """The id of a hub, for a comparison with the hubs of an event; an id that no hub has if there is none."""
    if binding.schema_name() == binding.PUBLIC:
        return [-1]
    hubs = _all_hubs().filter(code_key=fold_code(code))
    return list(hubs.values_list("pk", flat=True)) or [-1]


def _all_hubs() -> QuerySet[Any]:
    # Audit is below inventory, so the model is looked up by its label.
    return apps.get_model("inventory.Hub")._default_manager.all()


def _start(since: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(since, datetime):
        return since if since.tzinfo else since.replace(tzinfo=zone)
    return days.start_of(since, zone)


def _end(until: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(until, datetime):
        return until if until.tzinfo else until.replace(tzinfo=zone)
    return days.end_of(until, zone)


def _is_backwards(since: date | datetime | None, until: date | datetime | None) -> bool:
    """Whether two days, or two moments that can be compared, are in the wrong order."""
    if since is None or until is None or isinstance(since, datetime) is not isinstance(until, datetime):
        return False
    if (
        isinstance(since, datetime)
        and isinstance(until, datetime)
        and bool(since.tzinfo) != bool(until.tzinfo)
    ):
        return False
    return since > until


def _written(value: str | date | datetime) -> str:
    return value if isinstance(value, str) else value.isoformat().replace("+00:00", "Z")


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text and text not in choices:
            raise ValueError(_("This is not one of: %(choices)s.") % {"choices": ", ".join(choices)})
        return text

    return read


def _text(length: int, shape: str = "") -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > length:
            raise ValueError(_("Use at most %(number)s characters.") % {"number": length})
        is_storable = "\x00" not in text and text == text.encode(errors="replace").decode()
        if not is_storable or (text and shape and not re.fullmatch(shape, text)):
            raise ValueError(_("This filter cannot have this value."))
        return text

    return read


def _moment(text: str) -> date | datetime | None:
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
        if re.match(r"\d{4}-\d\d-\d\d[T ]", text):
            found = datetime.fromisoformat(text)
            return found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError):
        pass
    raise ValueError(_("Write a day as 2026-01-31, or a moment as 2026-01-31T14:30."))


_READERS: Mapping[str, Callable[[str], Any]] = {
    "outcome": _one_of(*Event.Outcome.values),
    "actor": _text(40),
    "action": _text(60, r"[a-z_]+(\.[a-z_]+)+"),
    "code": _one_of(*(refusal.code for refusal in CODES)),
    "reason": _text(32, r"[A-Z_]+"),
    "rule": _text(80),
    "record": _text(200),
    "request": _text(64),
    "route": _text(200),
    "hub": _text(40),
    "since": _moment,
    "until": _moment,
}
