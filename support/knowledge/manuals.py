"""The clauses of the manuals. Pure: a manual is a text of headings and table rows, `| key | text | page |`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).parent / "shipped" / "manuals"
_ROW = re.compile(r"^\| (?P<key>[0-9A-H.]+[a-z]?) \| (?P<text>.+?) \| (?P<page>\w+) \|$")
_HEADING = "## "


@dataclass(frozen=True, slots=True)
class Place:
    """A page that enforces or shows a clause. `host`: on which it is; those of a tenant have no link at the desk."""

    label: Promise
    view: str
    host: Literal["public", "tenant"] = "public"
    query: str = ""

    @property
    def address(self) -> str:
        """The address of the page on the public host; "" if it is in a tenant's console."""
        if self.host == "tenant":
            return ""
        path = reverse(self.view, urlconf="asora.urls_public")
        return f"{path}?{self.query}" if self.query else path


#: The pages that clauses name.
PLACES: Mapping[str, Place] = {
    # the desk
    "inbox": Place(_("Inbox"), "support:inbox"),
    "investigation": Place(_("Ticket, investigation"), "support:inbox"),
    "replies": Place(_("Ticket, reply"), "support:inbox"),
    "escalations": Place(_("Engineering cases"), "support:case-list"),
    "access": Place(_("Access sessions"), "support:access"),
    "incidents": Place(_("Incidents"), "support:incidents"),
    "on_call": Place(_("On-call contacts"), "support:calls"),
    "promised_times": Place(_("Promised times"), "support:promised-times"),
    "staff_checklist": Place(_("Checklist for agents"), "support:rules"),
    "manuals": Place(_("Manuals"), "support:knowledge", query="kind=manual"),
    "playbooks": Place(_("Playbooks"), "support:knowledge", query="kind=playbook"),
    "phrase_rules": Place(_("Phrase rules"), "support:knowledge", query="kind=phrase_rule"),
    "reply_templates": Place(_("Reply templates"), "support:knowledge", query="kind=reply_template"),
    "error_guide": Place(_("Error guide"), "support:knowledge", query="kind=error_guide"),
    "onboarding": Place(_("Onboarding"), "onboarding:list"),
    "tenants": Place(_("Tenants"), "plans:tenant-list"),
    # a tenant's console
    "adjust": Place(_("Adjust stock"), "ledger:adjust", host="tenant"),
    "attempts": Place(_("Sign-in attempts"), "accounts:attempts", host="tenant"),
    "counts": Place(_("Counts"), "ledger:count-list", host="tenant"),
    "exports": Place(_("Exports"), "ledger:export-list", host="tenant"),
    "health": Place(_("Ledger health"), "ledger:health", host="tenant"),
    "history": Place(_("Ledger entries"), "ledger:entry-list", host="tenant"),
    "integrations": Place(_("Integrations"), "integrations:endpoint-list", host="tenant"),
    "items": Place(_("Items"), "inventory:item-list", host="tenant"),
    "ledger": Place(_("Ledger"), "ledger:posting-list", host="tenant"),
    "plan": Place(_("Plan and usage"), "plans:usage", host="tenant"),
    "receive": Place(_("Receive stock"), "ledger:receive", host="tenant"),
    "reports": Place(_("Reports"), "ledger:report-list", host="tenant"),
    "roles": Place(_("Roles"), "accounts:roles", host="tenant"),
    "seals": Place(_("Seals"), "audit:seals", host="tenant"),
    "trail": Place(_("Audit trail"), "audit:event-list", host="tenant"),
    "vendors": Place(_("Vendors"), "inventory:vendor-list", host="tenant"),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. `section`: the heading above it. `page`: a name in `PLACES`."""

    key: str
    section: str
    text: str
    page: str

    @property
    def place(self) -> Place:
        """The page that enforces or shows the clause."""
        return PLACES[self.page]


@cache
def clauses(manual: str) -> list[Clause]:
    """The clauses of a shipped manual ("support-playbook" or "operations"), in their order."""
    return clauses_in((FOLDER / f"{manual}.md").read_text(encoding="utf-8"))


def clauses_in(text: str) -> list[Clause]:
    """The clauses in the text of a manual. Raises ValueError for a row that is not well formed or a key used twice."""
    found = list(_read(text))
    keys = [clause.key for clause in found]
    if len(keys) != len(set(keys)):
        raise ValueError(f"used twice: {sorted({key for key in keys if keys.count(key) > 1})}")
    return found


def _read(text: str) -> Iterator[Clause]:
    section = ""
    for line in text.splitlines():
        if line.startswith(_HEADING):
            section = line.removeprefix(_HEADING)
        elif line.startswith("|"):
            row = _ROW.match(line)
            if row is None or row["page"] not in PLACES:
                raise ValueError(f"not a clause: {line}")
            yield Clause(row["key"], section, row["text"], row["page"])
