"""Which category an event suggests, and which information each category needs: pure functions, no database.

The facts are those that a tenant stores with a question (`audit.disclosure.facts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import ReadOnlyValues, StrOrPromise


@dataclass(frozen=True, slots=True)
class Needed:
    """One piece of information: its key, its name, and how the desk asks the customer for it."""

    key: str
    label: StrOrPromise
    question: StrOrPromise
    #: Asked for if there is one; nothing waits for it.
    is_optional: bool = False


MOMENT = Needed(
    "moment", _("Time (UTC)"), _("When did it happen? Give the date, the time and your time zone.")
)
REQUEST = Needed(
    "request", _("Request id"), _("Which request id did the message show? It is also in your audit trail.")
)
ACTION = Needed("action", _("Action attempted"), _("What did you try to do, and on which page?"))
#: Category → what it needs.
REQUIRED: Mapping[str, Sequence[Needed]] = {
    "A": (
        MOMENT,
        Needed("endpoint", _("Page or address"), _("Which page or address did you open?")),
        Needed("request", REQUEST.label, REQUEST.question, is_optional=True),
    ),
    "B": (
        Needed("person", _("Person"), _("Who tried it? Give the address of the account.")),
        ACTION,
        REQUEST,
    ),
    "C": (
        Needed("tenant", _("Tenant"), _("Which tenant is it about? Give its web address.")),
        ACTION,
        REQUEST,
    ),
    "D": (
        Needed(
            "payload", _("Input that was sent"), _("Which fields did you fill in, and with which values?")
        ),
        REQUEST,
    ),
    "E": (
        Needed("place", _("Item, hub and bin"), _("Which item is it about, in which hub and bin?")),
        Needed("period", _("Time range"), _("From which day to which day do the quantities look wrong?")),
    ),
    "F": (
        Needed("export", _("Type of export"), _("Which export or report is it about?")),
        MOMENT,
        REQUEST,
    ),
    "G": (
        Needed("integration", _("Integration"), _("Which integration is it about? Give its name.")),
        Needed("window", _("Time window"), _("From when to when did nothing arrive?")),
    ),
    "H": (
        Needed(
            "reproduction",
            _("Steps to reproduce"),
            _("Which steps lead to it? Write each one from the start."),
        ),
        REQUEST,
        Needed("versions", _("Release and browser"), _("Which browser in which version do you use?")),
        Needed(
            "frequency", _("Frequency"), _("How often does it happen: each time, or how many of ten times?")
        ),
    ),
}
_BY_CODE: Mapping[str, str] = {
    "AUTH_REQUIRED": "A",
    "PERMISSION_DENIED": "B",
    "PLAN_LIMIT_EXCEEDED": "C",
    "VALIDATION_FAILED": "D",
    "ROUTE_NOT_FOUND": "D",
    "STATE_CONFLICT": "D",
}
_RIGHTS = frozenset({"AUTH_REQUIRED", "PERMISSION_DENIED", "PLAN_LIMIT_EXCEEDED"})
_EXPORTS = ("ledger.export.", "audit.export.", "list.download", "ledger.report.")
_STOCK = (
    "ledger.receipt.", "ledger.issue.", "ledger.transfer.", "ledger.adjustment.", "ledger.count.", "ledger.batch.",
    "ledger.reversal.", "ledger.request.",
)  # fmt: skip
#: The first part of an action → the part of the product that agents choose for a ticket.
COMPONENTS: Mapping[str, StrOrPromise] = {
    "accounts": _("People and sign-in"),
    "plans": _("Plan and limits"),
    "inventory": _("Items, hubs, bins and vendors"),
    "ledger": _("Receipts, issues, transfers and adjustments"),
    "counts": _("Cycle counts"),
    "exports": _("Exports and reports"),
    "integrations": _("Integrations and feed"),
    "audit": _("Audit trail"),
    "onboarding": _("Onboarding"),
    "other": _("Another part"),
}


def category_of(facts: ReadOnlyValues) -> str:
    """The category that the facts of an event suggest; that of the customer's topic without one; otherwise empty.

    Missing rights and plan limits decide first, because they say which rule stopped an export or integration.
    """
    code, action = str(facts.get("code", "")), str(facts.get("action", ""))
    if code in _RIGHTS:
        return _BY_CODE[code]
    if action.startswith(_EXPORTS):
        return "F"
    if action.startswith("integrations."):
        return "G"
    if code == "STATE_CONFLICT" and action.startswith(_STOCK):
        return "E"
    if code in _BY_CODE:
        return _BY_CODE[code]
    if topic := str(facts.get("topic", "")):
        return topic
    return "E" if action.startswith(_STOCK) else ""


def component_of(action: str) -> str:
    """The part of the product of an action; empty if unknown."""
    if action.startswith(_EXPORTS):
        return "exports"
    if action.startswith("ledger.count."):
        return "counts"
    if action.startswith("plans.onboarding."):
        return "onboarding"
    first = action.partition(".")[0]
    return first if first in COMPONENTS else ""


def severity_of(facts: ReadOnlyValues) -> int | None:
    """The severity that is proposed: a rule that was enforced is a matter of explaining it. None: no proposal."""
    if facts.get("outcome") == "failed":
        return 3
    return 4 if facts.get("code") else None


def needed(category: str) -> Sequence[Needed]:
    """What a category needs; nothing for a ticket without one."""
    return REQUIRED.get(category, ())


def from_facts(facts: ReadOnlyValues, *, about: str, tenant: str) -> dict[str, str]:
    """What the facts of an event answer, by key: evidence, not the customer's words. Empty answers are left out."""
    if not facts.get("event"):
        return {"tenant": tenant}
    moment = str(facts.get("occurred_at", ""))
    fields = [str(name) for name in facts.get("fields") or []]
    records = [str(record) for record in facts.get("records") or []]
    action = str(facts.get("action", ""))
    is_stock = action.startswith(_STOCK)
    answers = {
        "tenant": tenant,
        "request": about,
        "moment": moment,
        "endpoint": str(facts.get("route", "")),
        "person": str(facts.get("actor", "")),
        "action": action,
        "payload": ", ".join(fields),
        "place": ", ".join(records) if is_stock else "",
        "period": moment if is_stock else "",
        "export": action if action.startswith(_EXPORTS) else "",
        "integration": ", ".join(records) if action.startswith("integrations.") else "",
        "window": moment if action.startswith("integrations.") else "",
        "versions": str(facts.get("release", "")),
    }
    return {key: value for key, value in answers.items() if value}
