"""The variables that a reply may contain, and how they are filled. Pure: no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: A variable in a text: `{ticket.ref}`.
VARIABLE = re.compile(r"\{\s*([A-Za-z_][\w.]*)\s*\}")
#: The variables that are known, with what the composer says about them. Every other name is refused.
VARIABLES: Mapping[str, Promise] = {
    "ticket.ref": _("reference of the ticket"),
    "customer.name": _("name of the person who asked"),
    "tenant.name": _("name of the tenant"),
    "request.id": _("id of the request"),
    "event.time_utc": _("time of the event, in UTC"),
    "event.action": _("what was tried or done"),
    "rule.name": _("the rule that decided"),
    "rule.limit": _("limit of the plan"),
    "rule.usage": _("usage at that moment"),
    "rule.permission": _("permission that was missing"),
    "audit.outcome": _("outcome in the audit trail"),
    "doc.link": _("link to the documentation"),
    "next_update_at": _("time of the next update"),
    "missing_info": _("list of the missing information"),
    "known_issue.title": _("title of the known issue"),
    "known_issue.workaround": _("workaround of the known issue"),
    "incident.ref": _("reference of the incident"),
    "incident.state": _("state of the incident"),
    "plan.name": _("name of the tenant's plan"),
    "report.rows": _("number of rows in the report"),
    "ledger.summary": _("totals of the ledger"),
}
#: Characters that Markdown reads as markup. A value is shown as it is, whatever it contains.
MARKUP = re.compile(r"([\\`*\[\]<>~|]|(?<!\w)_|_(?!\w))")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text with its variables filled. A variable without a value remains in the text as it was written."""

    text: str
    #: Names that are no variable, in their order.
    unknown: tuple[str, ...] = ()
    #: Variables that have no value on this ticket, in their order.
    empty: tuple[str, ...] = ()


def literal(value: object) -> str:
    """A value as one line of text in which Markdown finds no markup."""
    return MARKUP.sub(r"\\\1", " ".join(str(value).split()))


def unescaped(text: str) -> str:
    """A Markdown text without the backslashes before its characters, for mail and for comparisons."""
    return ESCAPED.sub(r"\1", text)


def names_in(text: str) -> list[str]:
    """The names of the variables in a text, in their order, each once. Unknown names are among them."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def rendered(text: str, values: Mapping[str, str]) -> Rendered:
    """A text with its variables filled.

    `values`: variable to text, ready for Markdown (`literal`). They are filled in once: what looks like a variable in a
    value stays as it is.
    """
    names = names_in(text)
    return Rendered(
        text=VARIABLE.sub(lambda found: values.get(found[1], "") or found[0], text),
        unknown=tuple(name for name in names if name not in VARIABLES),
        empty=tuple(name for name in names if name in VARIABLES and not values.get(name)),
    )
