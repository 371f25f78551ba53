"""What each code of a refusal means: the same texts on refusal pages, in the help and at the support desk.

One entry for each of the six codes, and one for each situation whose reasons need words of their own. An entry with
reasons is about these; all other reasons of a code belong to the code's own entry. What would change the answer to one
request is its remedy (`asora.kernel.remedies`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.utils.translation import gettext_lazy as _

from asora.kernel.refusals import CODES, Reason
from asora.kernel.shapes import StrOrPromise

#: Where the guide is, on every host. A reply of support links to it.
ADDRESS = "/help/errors/"


@dataclass(frozen=True, slots=True)
class Guide:
    """One entry of the error guide.

    `codes`, `reasons`: the refusals that it is about (no reasons: all others of its code). `actions`: the starts of the
    names of actions, if it is about these only. `causes`: usual ones. `checks`: what to look at first. `answer`: how
    support answers. `avoid`: what not to do.
    """

    key: str
    title: StrOrPromise
    meaning: StrOrPromise
    causes: tuple[StrOrPromise, ...]
    checks: tuple[StrOrPromise, ...]
    answer: StrOrPromise
    avoid: tuple[StrOrPromise, ...] = ()
    codes: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    actions: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The path of its page."""
        return f"{ADDRESS}{self.key}/"

    @property
    def statuses(self) -> list[tuple[int, str, str]]:
        """HTTP status, error and code of each of its codes."""
        return [(one.status, one.error, one.code) for one in CODES if one.code in self.codes]


_NO_RETRY = _("Do not simply try again: the same request gets the same answer.")

_CODES: Sequence[Guide] = (
    Guide(
        "AUTH_REQUIRED",
        _("Sign-in needed"),
        _("The request came without a valid session, so Asora does not know who sent it."),
        causes=(
            _("The person has not signed in, or has signed out on this device."),
            _("The session has expired."),
            _("The password or the code was wrong, or the account is locked for some minutes."),
            _("A program sent no token, a malformed header, or a token with spaces around it."),
        ),
        checks=(
            _("Look at the sign-ins of this address: they show the time and why one was refused."),
            _("Compare the clock of the device or program with the time on the page."),
        ),
        answer=_("Explain that a person has to sign in, and which of the causes the record shows."),
        avoid=(_NO_RETRY,),
        codes=("AUTH_REQUIRED",),
    ),
    Guide(
        "PERMISSION_DENIED",
        _("Permission missing"),
        _("The person is known, and their role or their hubs do not allow this action."),
        causes=(
            _("The role does not have the permission."),
            _("The record is at a hub where the person does not work."),
            _("The step needs a second person."),
            _("The form was open so long that its protection expired."),
        ),
        checks=(
            _("Read the permission that the refusal names, and the roles that have it."),
            _("Check the person's role and hubs, and that they were in the right company."),
        ),
        answer=_("Name the permission, and who in the company can give a role that has it."),
        avoid=(_NO_RETRY, _("Support gives nobody access.")),
        codes=("PERMISSION_DENIED",),
    ),
    Guide(
        "ROUTE_NOT_FOUND",
        _("Not found"),
        _("The address is not a page of Asora, or the record does not exist in this company."),
        causes=(
            _("The address has a typing error, or an old link was used."),
            _("The code or number of a record was mistyped."),
            _("The record belongs to another company."),
            _("A program used the wrong address or method."),
        ),
        checks=(_("Compare the address in the event with the one that was meant."),),
        answer=_("Say which part of the address does not exist, and how to find the record."),
        codes=("ROUTE_NOT_FOUND",),
    ),
    Guide(
        "STATE_CONFLICT",
        _("Not possible in the present state"),
        _("The request was valid, but the record or the company is in a state that does not allow it."),
        causes=(
            _("The same form was sent twice."),
            _("Another person changed the record in between."),
            _("The step was done already, or its document is closed."),
        ),
        checks=(
            _("Open the record: it shows its state and the last change."),
            _("Read who else changed it between the two requests."),
        ),
        answer=_("Explain the state, who made the change, and what is possible now."),
        avoid=(_("Do not send the same form again. Reload the page first."),),
        codes=("STATE_CONFLICT",),
    ),
    Guide(
        "VALIDATION_FAILED",
        _("Input not valid"),
        _("A value is missing, has the wrong form, or names a record that does not exist."),
        causes=(
            _("A required field is empty, or the whole form is."),
            _("A number has thousands separators or too many decimal places."),
            _("A code has a typing error, or its record is archived."),
            _("The record that this one refers to has not been created yet."),
        ),
        checks=(
            _("Read the fields and lines that the refusal marks."),
            _(
                "During onboarding, check the order of the steps: a record must exist before another refers to it."
            ),
        ),
        answer=_("Name the field, the rule that it broke, and a value that would be accepted."),
        codes=("VALIDATION_FAILED",),
    ),
    Guide(
        "PLAN_LIMIT_EXCEEDED",
        _("Limit of the plan reached"),
        _("The plan of the company sets a limit, and the request would exceed it."),
        causes=(
            _("The company uses all that its plan allows. Archived records count too."),
            _("A file would add more records than are left."),
            _("The month's exports are used up."),
        ),
        checks=(_("Compare usage and limit on the page of the plan."),),
        answer=_("Explain the limit and the usage, and offer to pass a request for a larger plan to sales."),
        avoid=(
            _("Do not delete or split data because of a limit."),
            _("A limit is a commercial matter: engineering does not change it."),
        ),
        codes=("PLAN_LIMIT_EXCEEDED",),
    ),
)

_SITUATIONS: Sequence[Guide] = (
    Guide(
        "onboarding-order",
        _("Onboarding: a step came too early"),
        _(
            "Master data has an order: categories, hubs, bins, vendors, items. The step before is not finished."
        ),
        causes=(
            _("A step was opened before the one in front of it was done."),
            _("A file names a category, hub or vendor that has not been loaded."),
        ),
        checks=(_("Open the onboarding: it shows which steps are done."),),
        answer=_("Name the step that is missing. This is expected and not a fault."),
        codes=("VALIDATION_FAILED",),
        reasons=(Reason.STEP_TOO_EARLY, Reason.UNKNOWN_PARENT),
    ),
    Guide(
        "onboarding-plan",
        _("Onboarding: the data does not fit the plan"),
        _("The files that are loaded have more records than the chosen plan allows."),
        causes=(_("The plan was chosen before the number of records was known."),),
        checks=(_("Compare the number of lines of each file with the limits of the plan."),),
        answer=_("Explain the limit. A larger plan is a commercial decision."),
        avoid=(_("Do not split the files between two companies."),),
        codes=("PLAN_LIMIT_EXCEEDED",),
        actions=("plans.onboarding.",),
    ),
    Guide(
        "onboarding-permission",
        _("Onboarding: the role does not allow it"),
        _("Onboarding is the work of operators. The person who tried it has another role."),
        causes=(_("A person of the company or another member of the staff tried a step."),),
        checks=(_("Read the permission that the refusal names, and who has it."),),
        answer=_("Name the people who can do this step."),
        codes=("PERMISSION_DENIED",),
        actions=("plans.onboarding.",),
    ),
    Guide(
        "lock-freeze",
        _("The company is frozen"),
        _(
            "An operator has frozen the company: every change is refused, and reading and exporting remain possible."
        ),
        causes=(
            _("A check of the ledger failed, and the cause is being looked for."),
            _("A drill is going on."),
        ),
        checks=(_("The page of the company shows the reason, and since when it is frozen."),),
        answer=_(
            "Say that it is frozen and since when. Two people end a freeze: one records the root cause, another "
            "approves."
        ),
        avoid=(_("Do not offer to post anything later for the customer."),),
        codes=("STATE_CONFLICT",),
        reasons=(Reason.FREEZE_ACTIVE, Reason.ALREADY_FROZEN, Reason.NOT_FROZEN, Reason.ROOT_CAUSE_MISSING),
    ),
    Guide(
        "lock-closed",
        _("The document is closed"),
        _("The count, request or onboarding has ended. Its result is recorded and cannot be changed."),
        causes=(
            _("Another person approved, cancelled or declined it first."),
            _("A page that was open for long shows an earlier state."),
        ),
        checks=(_("Open the document: it shows who closed it and when."),),
        answer=_("Name the person and the time of the decision. A correction is a new document."),
        codes=("STATE_CONFLICT",),
        reasons=(
            Reason.COUNT_STATE,
            Reason.REQUEST_CLOSED,
            Reason.ONBOARDING_CLOSED,
            Reason.STEP_DONE,
            Reason.ALREADY_REVERSED,
        ),
    ),
    Guide(
        "lock-changed",
        _("The record was changed in the meantime"),
        _("The form shows an earlier state of the record. It is refused so that no change is overwritten."),
        causes=(
            _("Another person saved a change while the form was open."),
            _("The same record is open in two tabs."),
        ),
        checks=(_("The trail shows who changed the record between the two requests, and what."),),
        answer=_("Say what was changed and by whom. Ask the customer to reload the page and decide again."),
        codes=("STATE_CONFLICT",),
        reasons=(Reason.STALE_FORM, Reason.TICKET_CHANGED, Reason.TICKET_STATE),
    ),
    Guide(
        "lock-sent-twice",
        _("The form was sent twice"),
        _("The first request was successful. The second one was recognised and had no effect."),
        causes=(
            _("A button was pressed twice, or the page was reloaded."),
            _("A document with the same reference was posted before."),
        ),
        checks=(_("Find the posting of the first request: it is complete."),),
        answer=_("Link to the first posting. Nothing has to be repaired."),
        codes=("STATE_CONFLICT",),
        reasons=(Reason.ALREADY_POSTED, Reason.REFERENCE_POSTED),
    ),
    Guide(
        "lock-proof",
        _("A proof is missing or differs"),
        _(
            "An approval, export or closing needs a proof of the stored data, and that proof is not there or does "
            "not match."
        ),
        causes=(
            _("The event is only some minutes old, and its seal has not been made."),
            _("A stored export differs from what the ledger gives today."),
            _("Linked evidence is no longer the same as when it was linked."),
        ),
        checks=(_("Look at the seals and the health of the ledger of this company."),),
        answer=_("Say that the proof is being checked. If it still differs, treat it as a risk for data."),
        avoid=(_("Do not try to make the proof match."),),
        codes=("STATE_CONFLICT",),
        reasons=(Reason.NOT_SEALED, Reason.EXPORT_CHANGED, Reason.EVIDENCE_DIFFERS),
    ),
    Guide(
        "dispatch",
        _("A dispatch was not possible"),
        _("The payload stays in the queue. The stock in Asora is correct, whatever the other system shows."),
        causes=(
            _("The endpoint is disabled or paused."),
            _("Another dispatch to the same endpoint is under way."),
            _("The address of the other system cannot be reached or is not allowed."),
        ),
        checks=(
            _("Look at the state of the endpoint and at its last attempts."),
            _("Read the answer of the other system in the attempt."),
        ),
        answer=_("Explain that integrations only send and never change stock, and what the attempt shows."),
        avoid=(_("Asora does not repeat a failed dispatch by itself. Repeat it once the cause is known."),),
        codes=("STATE_CONFLICT", "VALIDATION_FAILED"),
        reasons=(
            Reason.DISPATCH_RUNNING,
            Reason.ENDPOINT_DISABLED,
            Reason.ENDPOINT_PAUSED,
            Reason.ADDRESS_NOT_ALLOWED,
        ),
    ),
    Guide(
        "feed-expired",
        _("The feed no longer has these payloads"),
        _(
            "Payloads are deleted after their retention time. What another system lost before cannot be sent again."
        ),
        causes=(_("The receiver was away for longer than payloads are kept."),),
        checks=(_("The refusal names the first number that the feed still has."),),
        answer=_("Name that number, and suggest to compare the receiver's records with an export."),
        avoid=(_("Do not promise that deleted payloads come back."),),
        codes=("VALIDATION_FAILED", "STATE_CONFLICT"),
        reasons=(Reason.FEED_EXPIRED, Reason.FEED_DIFFERS),
    ),
    Guide(
        "export-plan",
        _("Exports of this month are used up"),
        _("The plan limits the exports of a calendar month, and the limit is reached."),
        causes=(_("Programs or people requested the same export several times."),),
        checks=(_("The list of exports shows those of this month. They can still be downloaded."),),
        answer=_(
            "Explain the limit. A new month begins on the first day at midnight UTC, or the plan is changed."
        ),
        codes=("PLAN_LIMIT_EXCEEDED",),
        reasons=(Reason.PLAN_EXPORTS,),
    ),
    Guide(
        "export-no-data",
        _("There is no data in this scope"),
        _("The ledger has no entry for the chosen days, hub and items, so the file would be empty."),
        causes=(
            _("The days are before the first entry or in the future."),
            _("A filter excludes everything."),
        ),
        checks=(_("Look at the ledger entries with the same filters."),),
        answer=_("Name the scope and when its first and last entries are."),
        codes=("VALIDATION_FAILED",),
        reasons=(Reason.NO_DATA, Reason.POSITION_UNKNOWN),
    ),
)

#: All entries by key: first the six codes, in the order of their statuses, then the situations.
GUIDES: Mapping[str, Guide] = {one.key: one for one in (*_CODES, *_SITUATIONS)}


def guide_of(code: str, reason: str = "", *, action: str = "") -> Guide | None:
    """The entry for a refusal: that of its action or reason if there is one, else that of its code.

    None if the code is unknown.
    """
    for one in _SITUATIONS:
        if code in one.codes and (str(reason) in _names(one) or _is_about(one, action)):
            return one
    return GUIDES.get(code)


def _is_about(one: Guide, action: str) -> bool:
    return bool(action) and any(action.startswith(start) for start in one.actions)


@cache
def _names(one: Guide) -> frozenset[str]:
    return frozenset(str(reason) for reason in one.reasons)
