"""The determinations that an investigation can end with, each with the condition that has to hold on its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise
from support.investigations import conditions
from support.investigations.conditions import Condition, Known, Verdict

#: The criteria by which a case goes to engineering.
CRITERIA = ("guarantee_violated", "determinism_broken", "integrity_risk")


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A guarantee of Asora that an investigation can check. `criterion`: what a violation of it means."""

    key: str
    label: StrOrPromise
    criterion: str


GUARANTEES: Mapping[str, Guarantee] = {
    one.key: one
    for one in (
        Guarantee("event_unchanged", _("The linked events are as they were sealed"), "integrity_risk"),
        Guarantee(
            "ledger_replays", _("The ledger replays to the quantities that are shown"), "integrity_risk"
        ),
        Guarantee("refusal_wrote_nothing", _("A refused request changed nothing"), "guarantee_violated"),
        Guarantee("posting_complete", _("A posting is complete or absent"), "guarantee_violated"),
        Guarantee(
            "outbound_only", _("Integrations only observe: a dispatch posts nothing"), "guarantee_violated"
        ),
        Guarantee(
            "same_decision", _("The recorded facts lead to the recorded decision"), "determinism_broken"
        ),
        Guarantee("same_export", _("The same export gives the same rows"), "determinism_broken"),
    )
}


def _of_criterion(criterion: str) -> tuple[str, ...]:
    return tuple(one.key for one in GUARANTEES.values() if one.criterion == criterion)


@dataclass(frozen=True, slots=True)
class Determinable:
    """A determination: in which categories it is offered, and when it may be chosen."""

    key: str
    label: StrOrPromise
    #: What the condition asks, for the page that offers it.
    asks: StrOrPromise
    categories: str
    condition: Condition

    def verdict(self, known: Known) -> Verdict:
        """Whether the condition holds on what is known."""
        return self.condition(known)


_REFUSED = conditions.refused_with
DETERMINATIONS: Mapping[str, Determinable] = {
    one.key: one
    for one in (
        Determinable(
            "authentication",
            _("Not signed in"),
            _("A linked event or sign-in attempt was refused with AUTH_REQUIRED."),
            "AH",
            _REFUSED("AUTH_REQUIRED"),
        ),
        Determinable(
            "plan",
            _("Plan limit reached"),
            _("A linked event was refused with PLAN_LIMIT_EXCEEDED."),
            "CFGH",
            _REFUSED("PLAN_LIMIT_EXCEEDED"),
        ),
        Determinable(
            "rbac",
            _("Permission missing"),
            _("A linked event was refused with PERMISSION_DENIED."),
            "BEFGH",
            _REFUSED("PERMISSION_DENIED"),
        ),
        Determinable(
            "validation",
            _("Input not valid"),
            _("A linked event was refused with VALIDATION_FAILED or ROUTE_NOT_FOUND."),
            "DEFGH",
            _REFUSED("VALIDATION_FAILED", "ROUTE_NOT_FOUND"),
        ),
        Determinable(
            "state_conflict",
            _("State conflict"),
            _("A linked event was refused with STATE_CONFLICT."),
            "DEFGH",
            _REFUSED("STATE_CONFLICT"),
        ),
        Determinable(
            "expectation_mismatch",
            _("The expected quantity differs"),
            _("The ledger replays to the shown quantity without a gap, and the report says another."),
            "EH",
            conditions.expectation_differs,
        ),
        Determinable(
            "unrecorded_movement",
            _("Movement not recorded"),
            _("A linked posting was refused, or a count found a difference that is not posted."),
            "E",
            conditions.movement_unrecorded,
        ),
        Determinable(
            "reconciled_adjustment",
            _("Reconciled by an adjustment"),
            _("A linked event posted an adjustment or a count of the item."),
            "E",
            conditions.adjustment_reconciled,
        ),
        Determinable(
            "no_data",
            _("No data in this scope"),
            _("A linked export was refused because its scope has no data."),
            "F",
            _REFUSED("VALIDATION_FAILED", reason="NO_DATA"),
        ),
        Determinable(
            "same_export",
            _("The same export again"),
            _("A linked request repeats an export of this tenant with the same parameters."),
            "F",
            conditions.exported_again,
        ),
        Determinable(
            "export_complete",
            _("The export is complete"),
            _("A linked export, derived again, gives the same rows."),
            "FH",
            conditions.export_complete,
        ),
        Determinable(
            "not_enabled",
            _("Integration not enabled"),
            _("The endpoint is switched off, paused or removed."),
            "G",
            conditions.integration_disabled,
        ),
        Determinable(
            "not_dispatched",
            _("Nothing dispatched yet"),
            _("Payloads are waiting, and nobody has dispatched them."),
            "G",
            conditions.not_dispatched,
        ),
        Determinable(
            "receiver_failed",
            _("The receiver did not accept"),
            _("An attempt to deliver in this time failed."),
            "G",
            conditions.receiver_failed,
        ),
        Determinable(
            "internal_correct",
            _("Asora worked correctly"),
            _("Each payload belongs to a recorded change, and sending it posted nothing."),
            "G",
            conditions.internal_correct,
        ),
        Determinable(
            "exception_refused",
            _("An exception is wanted"),
            _("The question, the refusal to be lifted, or the posting to be edited is linked."),
            "ABCDEFGH",
            conditions.exception_asked,
        ),
        Determinable(
            "feature_request",
            _("A new feature is wanted"),
            _("The question or the refusal that it is about is linked."),
            "ABCDEFGH",
            conditions.asked_or_refused,
        ),
        Determinable(
            "outside_scope",
            _("Outside the scope of Asora"),
            _("The question or the refusal that it is about is linked."),
            "ABCDEFGH",
            conditions.asked_or_refused,
        ),
        Determinable(
            "error",
            _("An error of Asora stopped it"),
            _("A linked request failed with an error of Asora."),
            "ABCDEFGH",
            conditions.failed_once,
        ),
        Determinable(
            "guarantee_violated",
            _("A guarantee is violated"),
            _("A check found that a guarantee is violated."),
            "H",
            conditions.violated(*_of_criterion("guarantee_violated")),
        ),
        Determinable(
            "determinism_broken",
            _("The same input gave another result"),
            _("A check found another decision or export, or the same action failed in two requests."),
            "H",
            conditions.either(
                conditions.violated(*_of_criterion("determinism_broken")), conditions.fails_every_time
            ),
        ),
        Determinable(
            "integrity_risk",
            _("Data is at risk"),
            _("A check found an event that changed, or a ledger that does not replay."),
            "H",
            conditions.violated(*_of_criterion("integrity_risk")),
        ),
        Determinable(
            "guarantees_hold",
            _("All guarantees hold"),
            _("Guarantees were checked, and none is violated."),
            "H",
            conditions.all_hold,
        ),
    )
}


def offered(category: str) -> list[Determinable]:
    """The determinations of a category, in the order of the list."""
    return [one for one in DETERMINATIONS.values() if category and category in one.categories]
