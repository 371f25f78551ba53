"""The words of investigations: steps, claims, verdicts, outcomes of checks, and reasons to go back."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise
from asora.kernel.words import Badge, register_badges
from support.investigations.rules import StepNumber

STEP_TITLES: Mapping[StepNumber, StrOrPromise] = {
    StepNumber.TENANT: _("Identify the tenant"),
    StepNumber.REQUEST: _("Identify the request"),
    StepNumber.EVENT: _("Locate the audit event"),
    StepNumber.OUTCOME: _("Interpret the outcome"),
    StepNumber.REPORT: _("Compare with the report"),
}
CLAIM_LABELS: Mapping[str, StrOrPromise] = {
    "who": _("Who"),
    "what": _("What was tried"),
    "when": _("When"),
    "where": _("Where"),
    "result": _("What happened"),
}
VERDICT_LABELS: Mapping[str, StrOrPromise] = {
    "match": _("matches"),
    "mismatch": _("differs"),
    "not_claimed": _("not in the report"),
}
#: Why a guarantee cannot be checked: what the linked events or the scope lack.
UNCHECKED_LABELS: Mapping[str, StrOrPromise] = {
    "event_unchanged": _("No seal covers the linked events yet."),
    "ledger_replays": _("The linked events wrote nothing to the ledger, and no item was named in step 2."),
    "refusal_wrote_nothing": _("No linked event is a sealed refusal."),
    "posting_complete": _("The linked events wrote nothing to the ledger."),
    "outbound_only": _("No linked event is of an integration, and no integration was named in step 2."),
    "same_decision": _(
        "The linked events record neither a limit with its figures nor roles that lack a permission."
    ),
    "same_export": _("No linked request made an export that can be made again."),
}
#: Why an agent goes back to an earlier step.
BACK_LABELS: Mapping[str, StrOrPromise] = {
    "wrong_request": _("The request was a different one"),
    "more_evidence": _("More events belong to it"),
    "new_information": _("The customer gave new information"),
    "another_reading": _("The outcome was interpreted wrongly"),
}
#: How an agent found the request.
FOUND_LABELS: Mapping[str, StrOrPromise] = {
    "ticket": _("named in the ticket"),
    "candidate": _("found in the tenant's trail"),
    "question": _("the question itself"),
}

register_badges(
    "support.guarantee",
    {
        "holds": Badge(_("Holds"), "check", "green"),
        "violated": Badge(_("Violated"), "octagon-x", "brick"),
        "unknown": Badge(_("Cannot be checked"), "circle-dashed"),
    },
)
