"""The checks of each playbook, done beforehand from linked events and readings: pure functions, no database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.ladder import GATES
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from support.investigations.determinations import GUARANTEES
from support.investigations.rules import Linked

_NOTHING: ReadOnlyValues = MappingProxyType({})
PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what is asked, and the answer. `verdict`: passed, failed (this is what stopped it), or unknown."""

    text: StrOrPromise
    verdict: str
    answer: StrOrPromise = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """The guided page of a kind of report. `explain`: what an agent tells the customer about how Asora works."""

    key: str
    title: StrOrPromise
    explain: Sequence[StrOrPromise] = ()


CANNOT_CREATE = Playbook(
    "cannot_create",
    gettext_lazy("Something cannot be created or done"),
    (
        gettext_lazy("A refusal is the answer of a rule, not an error. Name the rule that decided."),
        gettext_lazy(
            "Offer the next step that the rule allows: a larger plan, a permission, or corrected input."
        ),
    ),
)
QUANTITY = Playbook(
    "quantity",
    gettext_lazy("A quantity looks wrong"),
    (
        gettext_lazy(
            "Every quantity is the sum of ledger entries. No balance is stored apart from them or edited."
        ),
        gettext_lazy("A count records an adjustment. Earlier entries stay as they are."),
        gettext_lazy("The desk never corrects a quantity. The customer posts what was not recorded."),
    ),
)
EXPORT = Playbook(
    "export",
    gettext_lazy("An export failed or lacks rows"),
    (
        gettext_lazy("The customer can send the same export again: it changes no data."),
        gettext_lazy("The same scope at the same position gives the same file with the same name."),
    ),
)
INTEGRATION = Playbook(
    "integration",
    gettext_lazy("An integration does not work"),
    (
        gettext_lazy("Integrations are outbound only. They observe the ledger and cannot change it."),
        gettext_lazy(
            "Asora sends only when somebody or a schedule dispatches, and never tries again by itself."
        ),
        gettext_lazy(
            "A failed attempt can mean that Asora worked correctly and the receiver did not accept."
        ),
    ),
)
SIGN_IN = Playbook(
    "sign_in",
    gettext_lazy("Somebody cannot sign in"),
    (
        gettext_lazy(
            "Each request needs a session that has not expired. Asora says which of both was missing."
        ),
    ),
)
GUARANTEE = Playbook(
    "guarantee",
    gettext_lazy("A guarantee may be violated"),
    (gettext_lazy("Say nothing about an error of Asora before a check has found one."),),
)
#: A fifth playbook, for any category: the customer wants what a rule forbids.
EXCEPTION = Playbook(
    "exception",
    gettext_lazy("The customer wants an exception"),
    (
        gettext_lazy(
            "Nobody can lift a rule for one customer: every change is decided by the same rules and audited."
        ),
        gettext_lazy(
            "The same input always gives the same result, so an exception would break what others rely on."
        ),
        gettext_lazy("Offer a larger plan by a referral to sales, or log a feature request."),
    ),
)
PLAYBOOKS: Mapping[str, Playbook] = {
    "A": SIGN_IN,
    "B": CANNOT_CREATE,
    "C": CANNOT_CREATE,
    "D": CANNOT_CREATE,
    "E": QUANTITY,
    "F": EXPORT,
    "G": INTEGRATION,
    "H": GUARANTEE,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the checks look at: the deciding event, what was read in the tenant, and the latest checks."""

    event: Linked
    readings: Mapping[str, ReadOnlyValues] = field(default_factory=lambda: _NOTHING)
    checks: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


def checks_of(category: str, seen: Seen) -> list[Check]:
    """The checks of the playbook of a category, in the order of the playbook."""
    return _CHECKS[category](seen) if category in _CHECKS else []


def _gates(seen: Seen) -> list[Check]:
    """One light for each gate that can refuse: passed, stopped here, or not reached."""
    said = {str(gate): str(verdict) for gate, verdict in seen.event.facts.get("gates") or ()}
    asks: Mapping[str, StrOrPromise] = {
        "authenticated": _("Was somebody signed in?"),
        "permitted": _("Did the role and the hubs allow it?"),
        "open": _("Was the tenant open, not frozen?"),
        "valid": _("Was the input valid?"),
        "within_plan": _("Was there room in the plan?"),
        "state": _("Did the state of the record allow it?"),
    }
    details: Mapping[str, str] = {
        "permitted": _permission(seen.event),
        "valid": _fields(seen.event),
        "within_plan": _usage(seen.event),
        "state": seen.event.reason,
    }
    found = []
    for gate in GATES:
        if gate not in asks:
            continue
        verdict = {"passed": PASSED, "stopped": FAILED}.get(said.get(gate, ""), UNKNOWN)
        answers = {PASSED: _("Yes."), FAILED: _("No. This gate refused."), UNKNOWN: _("Not reached.")}
        stopped = details.get(gate, "") if verdict == FAILED else ""
        found.append(Check(asks[gate], verdict, f"{answers[verdict]} {stopped}".strip()))
    return found


def _sign_in(seen: Seen) -> list[Check]:
    event = seen.event
    is_refused = event.refused_with("AUTH_REQUIRED")
    kind = (
        _("An audit event: it is sealed.")
        if event.is_sealed_kind
        else _("A sign-in attempt: it is not sealed.")
    )
    return [
        Check(_("Is there an event or attempt?"), PASSED, kind),
        _asked(_("Was somebody signed in?"), failed=is_refused, answer=event.reason),
        _asked(
            _("Had the session not expired?"),
            failed=event.reason == "SESSION_EXPIRED",
            answer=_("The session had expired.") if event.reason == "SESSION_EXPIRED" else "",
        ),
        _asked(
            _("Were the credentials well-formed and right?"),
            failed=event.reason in {"BAD_CREDENTIALS", "BAD_CODE", "LINK_INVALID"},
            answer=event.reason if is_refused else "",
        ),
        _asked(
            _("Is the account active and not locked out?"),
            failed=event.reason in {"PERSON_DEACTIVATED", "LOCKED_OUT"},
            answer=event.reason if is_refused else "",
        ),
    ]


def _quantity(seen: Seen) -> list[Check]:
    read = seen.readings.get("quantity", _NOTHING)
    if not read or read.get("problem"):
        return [Check(_("Which item, in which hub and bin?"), UNKNOWN, _("Name them in step 2."))]
    sums = read.get("sums") or {}
    reviewed = ", ".join(f"{kind} {net}" for kind, net in sums.items()) or _("none")
    refused, open_differences = (
        len(read.get("refused_requests") or ()),
        int(read.get("open_differences") or 0),
    )
    return [
        _asked(
            _("Is the full ledger history there?"),
            failed=not read.get("entries"),
            answer=_("Entries in this time: %(number)s.") % {"number": read.get("entries", 0)},
        ),
        Check(_("Receipts, issues, adjustments and counts"), PASSED, reviewed),
        _asked(
            _("Are all positions there, without a gap?"),
            failed=bool(read.get("gaps")),
            answer=_listed(read, "gaps"),
        ),
        _asked(
            _("Does the replay give the shown quantity?"),
            failed=not read.get("is_equal"),
            answer=_("Replayed %(replayed)s, shown %(shown)s.")
            % {"replayed": read.get("replayed"), "shown": read.get("shown")},
        ),
        _asked(
            _("Was every document of this item accepted?"),
            failed=bool(refused),
            answer=_("Refused requests: %(number)s.") % {"number": refused},
        ),
        _asked(
            _("Is every counted difference posted?"),
            failed=bool(open_differences),
            answer=_("Differences that are not posted: %(number)s.") % {"number": open_differences},
        ),
    ]


def _export(seen: Seen) -> list[Check]:
    event, read = seen.event, seen.readings.get("export", _NOTHING)
    has_rows = read.get("rows") is not None
    name = str(read.get("file_name", ""))
    reproduced, differing = read.get("reproduced_requests"), read.get("differing_requests")
    same = len(read.get("same_requests") or ())
    return [
        _asked(
            _("May the person export?"),
            failed=event.refused_with("PERMISSION_DENIED"),
            answer=_permission(event),
        ),
        _asked(
            _("Does the plan allow another export?"),
            failed=event.refused_with("PLAN_LIMIT_EXCEEDED"),
            answer=_usage(event),
        ),
        Check(
            _("Does the ledger have data in this scope?"),
            FAILED if event.reason == "NO_DATA" else PASSED if has_rows else UNKNOWN,
            _("Rows: %(number)s.") % {"number": read["rows"]} if has_rows else "",
        ),
        Check(
            _("Do scope and position lead to the file name?"),
            UNKNOWN if not name else PASSED if read.get("is_named_by_scope") else FAILED,
            name,
        ),
        Check(
            _("Does the export give the same rows again?"),
            FAILED if differing else PASSED if reproduced else UNKNOWN,
        ),
        Check(
            _("Is it safe to send it again?"),
            PASSED if same else UNKNOWN,
            _("It was sent again: the same tenant, the same parameters.")
            if same
            else _(
                "Yes, with the same parameters. When the customer has, this line says whether it was the same."
            ),
        ),
    ]


def _integration(seen: Seen) -> list[Check]:
    read = seen.readings.get("integration", _NOTHING)
    if not read or read.get("problem"):
        return [Check(_("Which integration, and when?"), UNKNOWN, _("Name it in step 2."))]
    attempts = _("Delivered %(delivered)s, failed %(failed)s.") % {
        "delivered": read.get("delivered", 0),
        "failed": read.get("failed", 0),
    }
    faults = ", ".join(sorted(read.get("faults") or ()))
    return [
        _asked(
            _("Is the integration enabled?"),
            failed=bool(read.get("is_off")),
            answer=str(read.get("state", "")),
        ),
        Check(
            _("Was something queued?"),
            PASSED if read.get("payloads") else FAILED,
            _("Payloads: %(number)s, waiting: %(waiting)s.")
            % {"number": read.get("payloads", 0), "waiting": read.get("waiting", 0)},
        ),
        Check(
            _("Did somebody dispatch?"),
            PASSED if read.get("dispatches") else FAILED,
            _("Dispatches: %(number)s.") % {"number": read.get("dispatches", 0)},
        ),
        _asked(
            _("Did the receiver accept?"),
            failed=bool(read.get("has_failed")),
            answer=f"{attempts} {faults}".strip(),
        ),
        _asked(
            _("Did sending leave the ledger alone?"),
            failed=bool(read.get("postings")),
            answer=_("Postings by these requests: %(number)s.") % {"number": read.get("postings", 0)},
        ),
    ]


def _guarantees(seen: Seen) -> list[Check]:
    verdicts = {"holds": PASSED, "violated": FAILED}
    return [
        Check(one.label, verdicts.get(seen.checks.get(key, ""), UNKNOWN)) for key, one in GUARANTEES.items()
    ]


_CHECKS: Mapping[str, Callable[[Seen], list[Check]]] = {
    "A": _sign_in,
    "B": _gates,
    "C": _gates,
    "D": _gates,
    "E": _quantity,
    "F": _export,
    "G": _integration,
    "H": lambda seen: [*_gates(seen), *_guarantees(seen)],
}


def _asked(text: StrOrPromise, *, failed: bool, answer: StrOrPromise = "") -> Check:
    return Check(text, FAILED if failed else PASSED, answer)


def _permission(event: Linked) -> str:
    missing, holders = event.facts.get("permission"), event.facts.get("held_by")
    if not missing or not event.refused_with("PERMISSION_DENIED"):
        return ""
    roles = ", ".join(str(role) for role in holders or ())
    return _("Missing: %(permission)s. Roles that have it: %(roles)s.") % {
        "permission": missing,
        "roles": roles or _("none"),
    }


def _usage(event: Linked) -> str:
    limit, usage = event.facts.get("limit"), event.facts.get("usage")
    if limit is None or usage is None:
        return ""
    return _("%(usage)s of %(limit)s in use.") % {"usage": usage, "limit": limit}


def _fields(event: Linked) -> str:
    names = [*(event.facts.get("fields") or ()), *(event.facts.get("lines") or ())]
    return _("Refused: %(names)s.") % {"names": ", ".join(str(name) for name in names[:10])} if names else ""


def _listed(read: ReadOnlyValues, name: str) -> str:
    return ", ".join(str(one) for one in read.get(name) or ())
