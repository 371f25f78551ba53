"""The conditions of determinations: pure functions over linked events, readings of the tenant, and checked guarantees.

A condition either holds, and then names the links and facts on which it holds, or says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel.shapes import ReadOnlyValues, Values
from support.investigations.rules import Interpretation, Linked, interpret

_NOTHING: ReadOnlyValues = MappingProxyType({})
#: The event of a question that a tenant's person asked in the product.
QUESTION = "audit.support.ask"
EXPORT = "ledger.export.create"


@dataclass(frozen=True, slots=True)
class Known:
    """What an investigation knows when somebody determines its result.

    `readings`: what the playbook read in the tenant, by its name (`quantity`, `export`, `integration`).
    `checks`: guarantee to the outcome of its latest check. `mismatches`: claims that the facts contradict.
    """

    links: Sequence[Linked]
    readings: Mapping[str, ReadOnlyValues] = field(default_factory=lambda: _NOTHING)
    checks: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    mismatches: int = 0

    def reading(self, name: str) -> ReadOnlyValues:
        """What a playbook read; empty if it read nothing."""
        return self.readings.get(name, _NOTHING)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds. `links`: the ids of the links on which it does; `missing`: why it does not."""

    holds: bool
    links: tuple[str, ...] = ()
    facts: ReadOnlyValues = field(default_factory=lambda: _NOTHING)
    missing: str = ""


Condition = Callable[[Known], Verdict]


def refused_with(*codes: str, reason: str = "", action: str = "") -> Condition:
    """Holds on linked events that were refused with one of the codes (and the reason, and by the action)."""

    def condition(known: Known) -> Verdict:
        found = [
            link
            for link in known.links
            if link.refused_with(*codes)
            and (not reason or link.reason == reason)
            and (not action or link.action == action)
        ]
        if not found:
            wanted = reason or _(" or ").join(codes)
            return _fails(_("No linked event was refused with %(code)s.") % {"code": wanted})
        return _on(found, _of_event(interpret(found[-1])))

    return condition


def asked_or_refused(known: Known) -> Verdict:
    """Holds on the customer's own question, and on any request that a rule stopped."""
    found = [link for link in known.links if link.action == QUESTION or link.stopped]
    if not found:
        return _fails(_("Link the event of the customer's question, or the refusal that it is about."))
    return _on(found, _of_event(interpret(found[-1])))


def exception_asked(known: Known) -> Verdict:
    """Holds on the question, on the refusal that the customer wants lifted, and on the posting they want edited."""
    found = [
        link
        for link in known.links
        if link.action == QUESTION or link.stopped or link.action.startswith("ledger.")
    ]
    if not found:
        return _fails(
            _("Link the customer's question, the refusal they want lifted, or the posting they want edited.")
        )
    return _on(found, _of_event(interpret(found[-1])))


def expectation_differs(known: Known) -> Verdict:
    """Holds if the ledger replays to the quantity that Asora shows, without a gap, and the report says another."""
    quantity = known.reading("quantity")
    if not quantity.get("entries"):
        return _fails(_("The ledger has no entry of this item in this place and time."))
    if not quantity.get("is_equal"):
        return _fails(_("The replayed quantity differs from the shown one: check the guarantees."))
    if quantity.get("gaps"):
        return _fails(_("The positions of the ledger have a gap: check the guarantees."))
    if not known.mismatches:
        return _fails(_("In step 5, no claim of the report differs from the facts."))
    return _on(known.links, _figures(quantity))


def movement_unrecorded(known: Known) -> Verdict:
    """Holds if a linked posting was refused, or a count found a difference that nobody has posted."""
    quantity = known.reading("quantity")
    refused = set(quantity.get("refused_requests") or ())
    found = [link for link in known.links if link.outcome == "refused" and link.request_id in refused]
    if found:
        return _on(found, {**_figures(quantity), **_of_event(interpret(found[-1]))})
    if quantity.get("open_differences"):
        return _on(known.links, _figures(quantity))
    return _fails(
        _(
            "No linked posting of this item was refused, and no count of it found a difference that is not posted."
        )
    )


def adjustment_reconciled(known: Known) -> Verdict:
    """Holds if a linked event posted an adjustment or a count of the item."""
    quantity = known.reading("quantity")
    reconciled = set(quantity.get("reconciling_requests") or ())
    found = [link for link in known.links if link.outcome == "allowed" and link.request_id in reconciled]
    if not found:
        return _fails(_("No linked event posted an adjustment or a count of this item."))
    return _on(found, {**_figures(quantity), **_of_event(interpret(found[-1]))})


def exported_again(known: Known) -> Verdict:
    """Holds if a linked request exported the same report with the same parameters as another one."""
    export = known.reading("export")
    same = set(export.get("same_requests") or ())
    found = [link for link in known.links if link.request_id in same]
    if not found:
        return _fails(_("No linked request repeats another export with the same parameters."))
    return _on(found, _chosen(export, "export", "file_name", "parameters_sha256", "rows"))


def export_complete(known: Known) -> Verdict:
    """Holds if a linked export, derived again, gives the same rows."""
    export = known.reading("export")
    found = [link for link in known.links if link.request_id in set(export.get("reproduced_requests") or ())]
    if not found:
        return _fails(_("No linked request made an export that was derived again with the same rows."))
    return _on(found, _chosen(export, "export", "file_name", "rows", "rows_sha256"))


def _integration(wanted: str, missing: str) -> Condition:
    def condition(known: Known) -> Verdict:
        integration = known.reading("integration")
        if not integration.get(wanted):
            return _fails(missing)
        return _on(
            known.links,
            _chosen(
                integration, "endpoint", "payloads", "waiting", "dispatches", "delivered", "failed", "faults"
            ),
        )

    return condition


def integration_disabled(known: Known) -> Verdict:
    """Holds if the endpoint was switched off, paused or removed."""
    return _integration("is_off", _("The endpoint was enabled."))(known)


def not_dispatched(known: Known) -> Verdict:
    """Holds if payloads are waiting and nobody has dispatched them."""
    return _integration("is_waiting", _("No payload is waiting for a dispatch."))(known)


def receiver_failed(known: Known) -> Verdict:
    """Holds if attempts were made, and the receiver did not accept them."""
    return _integration("has_failed", _("No attempt of this time failed."))(known)


def internal_correct(known: Known) -> Verdict:
    """Holds if every payload is of a recorded change, and sending it posted nothing."""
    return _integration("is_correct_inside", _("No payload of this time was found."))(known)


def violated(*guarantees: str) -> Condition:
    """Holds if the latest check of one of these guarantees found a violation."""

    def condition(known: Known) -> Verdict:
        found = [name for name in guarantees if known.checks.get(name) == "violated"]
        if not found:
            return _fails(_("No check of such a guarantee found a violation."))
        return _on(known.links, {"guarantees": found})

    return condition


def all_hold(known: Known) -> Verdict:
    """Holds if guarantees were checked and none is violated."""
    outcomes = set(known.checks.values())
    if "violated" in outcomes or "holds" not in outcomes:
        return _fails(_("Check the guarantees first; none may be violated."))
    return _on(known.links, {"guarantees": sorted(known.checks)})


def fails_every_time(known: Known) -> Verdict:
    """Holds if the same action failed with an error of Asora in two requests."""
    failed = [link for link in known.links if link.outcome == "failed"]
    requests: dict[str, set[str]] = {}
    for link in failed:
        requests.setdefault(link.action, set()).add(link.request_id)
    again = [link for link in failed if len(requests[link.action]) > 1]
    if not again:
        return _fails(_("Link two requests in which the same action failed with an error of Asora."))
    return _on(again, _of_event(interpret(again[-1])))


def failed_once(known: Known) -> Verdict:
    """Holds if an error of Asora stopped a linked request."""
    failed = [link for link in known.links if link.outcome == "failed"]
    if not failed:
        return _fails(_("No linked request failed with an error of Asora."))
    return _on(failed, _of_event(interpret(failed[-1])))


def either(*conditions: Condition) -> Condition:
    """Holds if one of the conditions does; otherwise says what is missing for each."""

    def condition(known: Known) -> Verdict:
        verdicts = [one(known) for one in conditions]
        missing = " ".join(verdict.missing for verdict in verdicts)
        return next((verdict for verdict in verdicts if verdict.holds), Verdict(holds=False, missing=missing))

    return condition


def _on(links: Sequence[Linked], facts: ReadOnlyValues) -> Verdict:
    return Verdict(holds=True, links=tuple(link.id for link in links), facts=facts)


def _fails(missing: Any) -> Verdict:
    return Verdict(holds=False, missing=str(missing))


def _of_event(said: Interpretation) -> Values:
    return said.as_json()


def _figures(quantity: ReadOnlyValues) -> Values:
    names = ("item", "place", "unit", "since", "until", "entries", "opening", "replayed", "shown", "sums")
    return _chosen(quantity, *names, "open_differences")


def _chosen(reading: ReadOnlyValues, *names: str) -> Values:
    return {name: reading[name] for name in names if reading.get(name) is not None}
