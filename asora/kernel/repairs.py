"""Repairs: what somebody could change so that a refused request would be allowed.

The contexts register a function for each reason that can be repaired (`repairs`). It gets the refusal that a look found
and returns what is needed: a list of needs, each with its alternatives, of which one is enough. A repair is a
supposition of a look (`kernel.looking`): it is proved by looking again, and nothing is ever changed. For every other
reason, `NO_REPAIR` says why there is none; a test walks all reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise

#: The most needs of one reason that are worked out: somebody who has to repair more changes the request instead.
MAX_NEEDS = 10


@dataclass(frozen=True, slots=True)
class Repair:
    """One change that would help. `key`: what it is, so that two of the same are one.

    `by`: the permissions that allow it (one is enough); empty: the person who sends the request can do it. `supposes`:
    what a look supposes instead. `sent`: the values that would be sent instead, if the request itself changes.
    `as_person`: the pseudonym of the person who would send it instead. `hubs`: the ids of the hubs that it names.
    `discreet`: the text for readers who may not see stock.
    """

    key: str
    text: StrOrPromise
    by: tuple[Permission, ...] = ()
    supposes: tuple[object, ...] = ()
    sent: ReadOnlyValues | None = None
    as_person: str = ""
    hubs: tuple[int, ...] = ()
    discreet: StrOrPromise = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A refusal that a look found, and what was asked.

    `person`: the pseudonym of who was refused; empty if the actor has no account. `action`: its name. `inputs`: the
    keys that the body's checks read.
    """

    refusal: Refusal
    reason: Reason
    person: str
    action: str
    values: ReadOnlyValues
    inputs: Sequence[str] = ()

    def ids(self, kind: str) -> list[int]:
        """The ids of the records of one kind that the checks read."""
        read = (key.partition(":")[2] for key in self.inputs if key.startswith(f"{kind}:"))
        return sorted({int(number) for number in read if number.isdecimal()})


class NoRepair(Exception):
    """In this case there is no repair. The text says why."""

    def __init__(self, text: StrOrPromise) -> None:
        self.text = text
        super().__init__(str(text))


#: Alternatives: one of them is enough.
Need = Sequence[Repair]
Finder = Callable[[Found], Iterable[Need]]

REPAIRS: dict[Reason, Finder] = {}


def repairs(*reasons: Reason) -> Callable[[Finder], Finder]:
    """Register the function that finds what is needed against these reasons."""

    def register(find: Finder) -> Finder:
        for reason in reasons:
            if reason in REPAIRS or reason in NO_REPAIR:
                raise RuntimeError(f"{reason} has a repair already, or the text why it has none")
            REPAIRS[reason] = find
        return find

    return register


def needs_of(found: Found) -> list[Need]:
    """What is needed against one reason. Raises NoRepair."""
    find = REPAIRS.get(found.reason)
    if find is None:
        raise NoRepair(NO_REPAIR[found.reason])
    needs = [need for need in find(found) if need]
    if len(needs) > MAX_NEEDS:
        raise NoRepair(_("Too many records would have to be changed. Ask for less at once."))
    if not needs:
        raise NoRepair(_("Nothing that other people could change would help."))
    return needs


_SENDER = _("Only the person who sends the request can correct what was entered.")
_UNKNOWN = _("The request names a record that does not exist. Only its sender knows which one was meant.")
_TAKEN = _("Another record has this code, and codes cannot be reused. The sender chooses another one.")
_DONE = _("It is done already. Sending it again cannot do it a second time.")
_SEEN = _("It was based on an outdated page. The sender reloads the page and decides again.")
_COUNT = _("A person has to count or decide first. What they will find cannot be supposed.")
_SIGN_IN = _("It concerns the sign-in itself, before anybody asked for a change.")
_NO_PAGE = _("There is nothing at this address that could be allowed.")

_DESK = _(
    "The desk's own rules decide here. Nobody can lift them; what is missing is listed with the refusal."
)

NO_REPAIR: Mapping[Reason, StrOrPromise] = {
    Reason.SESSION_EXPIRED: _SIGN_IN,
    Reason.BAD_CREDENTIALS: _SIGN_IN,
    Reason.PERSON_DEACTIVATED: _SIGN_IN,
    Reason.LOCKED_OUT: _("The lock-out ends by itself after a while. Nobody can end it earlier."),
    Reason.STEP_UP_REQUIRED: _("Nothing was refused: the person was asked to confirm their identity first."),
    Reason.BAD_CODE: _SIGN_IN,
    Reason.LINK_INVALID: _("A link is valid once and for a limited time. Somebody can send a new one."),
    Reason.SECOND_FACTOR_REQUIRED: _("Only the person can set up an authenticator app of their own."),
    Reason.CSRF_FAILED: _(
        "The page that sent it was not one of Asora's, or was too old. It is sent again from a new page."
    ),
    Reason.NO_SUCH_PAGE: _NO_PAGE,
    Reason.NO_SUCH_RECORD: _UNKNOWN,
    Reason.NO_SUCH_TENANT: _NO_PAGE,
    Reason.METHOD_NOT_ALLOWED: _NO_PAGE,
    Reason.ALREADY_POSTED: _(
        "It was sent twice: the first one is posted, and the same document is posted only once."
    ),
    Reason.ALREADY_REVERSED: _("A posting is reversed only once, and this one was reversed already."),
    Reason.REQUEST_CLOSED: _("The request was decided, and a decision is final."),
    Reason.COUNT_STATE: _("A count only moves forward. Its page shows what can be done with it now."),
    Reason.READING_SUPERSEDED: _COUNT,
    Reason.STALE_FORM: _SEEN,
    Reason.NOT_ARCHIVED: _DONE,
    Reason.EXPORT_CHANGED: _(
        "The file no longer has the bytes that were exported. An operator has to find out why."
    ),
    Reason.ALREADY_ACTIVE: _DONE,
    Reason.NOT_ACTIVE: _SEEN,
    Reason.ALREADY_FROZEN: _DONE,
    Reason.NOT_FROZEN: _DONE,
    Reason.NOT_SEALED: _(
        "The worker seals by itself, usually within a minute. Then the same request is allowed."
    ),
    Reason.ROOT_CAUSE_MISSING: _(
        "Somebody has to write down the root cause first. Their text cannot be supposed."
    ),
    Reason.ONBOARDING_CLOSED: _("This onboarding has ended, and an end is final."),
    Reason.STEP_DONE: _DONE,
    Reason.PERSON_ERASED: _("The person was erased for good, and nothing brings their name back."),
    Reason.DISPATCH_RUNNING: _("The dispatch under way ends by itself. Then the same request is allowed."),
    Reason.ENDPOINT_DISABLED: _(
        "Somebody disabled the endpoint on purpose. Enabling it concerns more than this request."
    ),
    Reason.ENDPOINT_PAUSED: _(
        "The endpoint receives at most what one person may see, and that person lost a right. "
        "Another person takes it over, and decides what it receives."
    ),
    Reason.ACCESS_ALREADY_OPEN: _(
        "Another session for this tenant is open. The agent works in that one, or ends it."
    ),
    Reason.ACCESS_NOT_OPEN: _("This session has ended or is not approved. The agent requests another one."),
    Reason.INVALID_INPUT: _SENDER,
    Reason.TOO_LARGE: _SENDER,
    Reason.TICKET_STATE: _DESK,
    Reason.TICKET_CHANGED: _DESK,
    Reason.NOT_TRIAGED: _DESK,
    Reason.INFO_MISSING: _DESK,
    Reason.INFO_COMPLETE: _DESK,
    Reason.STEP_MISSING: _DESK,
    Reason.NOT_EVIDENCE: _DESK,
    Reason.NOT_DETERMINABLE: _DESK,
    Reason.ESCALATION_INCOMPLETE: _DESK,
    Reason.NEVER_ESCALATED: _DESK,
    Reason.PHRASE_BLOCKED: _DESK,
    Reason.REPLY_INCOMPLETE: _DESK,
    Reason.CHANNEL_NOT_PRIVATE: _DESK,
    Reason.INCIDENT_ACTIVE: _DESK,
    Reason.APPROVAL_MISSING: _DESK,
    Reason.NOT_CONFIRMED: _DESK,
    Reason.OTHER_TENANT: _DESK,
    Reason.EVIDENCE_DIFFERS: _DESK,
    Reason.FEED_DIFFERS: _(
        "A restore undid payloads that the receiver has. Only the people of the receiver can remove them there."
    ),
    Reason.FEED_EXPIRED: _("The payloads were deleted, as every old payload is. Nothing brings them back."),
    Reason.NO_DATA: _SENDER,
    Reason.CODE_TAKEN: _TAKEN,
    Reason.SKU_TAKEN: _TAKEN,
    Reason.BARCODE_TAKEN: _(
        "Another item has this barcode. Which of the two is right, only a person can see."
    ),
    Reason.CODE_AMBIGUOUS: _UNKNOWN,
    Reason.ROW_DIFFERS: _(
        "Imports only add records. The sender removes the line, or changes the record on its page."
    ),
    Reason.DUPLICATE_ROW: _SENDER,
    Reason.UNKNOWN_PARENT: _UNKNOWN,
    Reason.PARENT_LOOP: _SENDER,
    Reason.UNIT_FIXED: _("The item has entries in the ledger, and entries cannot be removed."),
    Reason.UNKNOWN_ITEM: _UNKNOWN,
    Reason.UNKNOWN_HUB: _UNKNOWN,
    Reason.UNKNOWN_BIN: _UNKNOWN,
    Reason.UNKNOWN_VENDOR: _UNKNOWN,
    Reason.VENDOR_DIFFERS: _SENDER,
    Reason.DATE_DIFFERS: _SENDER,
    Reason.DATE_IN_FUTURE: _("The day has not come yet. Until then, only the sender can choose another day."),
    Reason.QUANTITY_NOT_POSITIVE: _SENDER,
    Reason.QUANTITY_TOO_PRECISE: _SENDER,
    Reason.NUMBER_AMBIGUOUS: _SENDER,
    Reason.COST_NEGATIVE: _SENDER,
    Reason.COST_MISSING: _SENDER,
    Reason.OPENING_TOO_LATE: _(
        "The item has entries at this hub already, and opening stock comes before all others."
    ),
    Reason.QUANTITY_ZERO: _SENDER,
    Reason.SAME_BIN: _SENDER,
    Reason.SAME_PLAN: _SENDER,
    Reason.REASON_DIFFERS: _SENDER,
    Reason.UNKNOWN_REQUEST: _UNKNOWN,
    Reason.COUNT_NEGATIVE: _SENDER,
    Reason.OUT_OF_SCOPE: _(
        "The scope of a count is fixed when it is opened. Another count is opened for the rest."
    ),
    Reason.UNKNOWN_LINE: _SEEN,
    Reason.NOT_COUNTED: _COUNT,
    Reason.COUNTS_DIFFER: _COUNT,
    Reason.VARIANCE_UNDECIDED: _COUNT,
    Reason.ADJUSTED_SINCE: _COUNT,
    Reason.COST_CONSUMED: _(
        "Newer movements used this stock. Which of them were wrong, only a person can decide."
    ),
    Reason.POSITION_UNKNOWN: _SENDER,
    Reason.NAME_RESERVED: _SENDER,
    Reason.ADDRESS_NOT_ALLOWED: _SENDER,
    Reason.STEP_TOO_EARLY: _("Earlier steps are not done yet, and each of them needs a person."),
}
