"""What would change a refusal, and who can do it: data, one entry for each reason of `asora.kernel.refusals`.

A refusal that knows more (which line, which record, which person) says so itself, in `details["remedy"]`; this is what
every other one of its reason says. A test walks all reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from asora.kernel.refusals import Reason

MANAGE_PEOPLE = "accounts.manage_staff"
CHANGE_PLAN = "plans.change_plan"
MANAGE = "inventory.manage"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would change the answer.

    `by`: the permissions of which somebody needs one to do it; empty: who was refused can do it, or nobody can.
    `is_final`: nothing changes the answer to this request, and the text says why.
    """

    text: Any
    by: tuple[str, ...] = ()
    is_final: bool = False


def _larger_plan(text: Any) -> Remedy:
    return Remedy(text, by=(CHANGE_PLAN,))


_ARCHIVED_COUNT = _("A larger plan would allow it. Archiving makes no room: archived records count too.")

REMEDIES: Mapping[Reason, Remedy] = {
    # AUTH_REQUIRED
    Reason.NO_SESSION: Remedy(_("Sign in.")),
    Reason.SESSION_EXPIRED: Remedy(_("Sign in again.")),
    Reason.BAD_CREDENTIALS: Remedy(
        _("Check the address and the password. If you forgot the password, ask for a link to a new one.")
    ),
    Reason.PERSON_DEACTIVATED: Remedy(
        _("Somebody who manages people here can reactivate the person."), by=(MANAGE_PEOPLE,)
    ),
    Reason.LOCKED_OUT: Remedy(_("Wait until the time is over, then try again.")),
    Reason.STEP_UP_REQUIRED: Remedy(_("Confirm with your password or a code; then go on.")),
    Reason.BAD_CODE: Remedy(
        _("Type the code that your app shows now, or a recovery code that you have not used.")
    ),
    Reason.LINK_INVALID: Remedy(_("Ask the person who sent you the link for a new one.")),
    # PERMISSION_DENIED
    Reason.ROLE_LACKS_PERMISSION: Remedy(
        _("Somebody who manages people here can give you a role that includes it."), by=(MANAGE_PEOPLE,)
    ),
    Reason.HUB_NOT_GRANTED: Remedy(
        _("Somebody who manages people here can grant you this hub."), by=(MANAGE_PEOPLE,)
    ),
    Reason.TENANT_NOT_GRANTED: Remedy(_("A platform lead can grant you this tenant."), by=(MANAGE_PEOPLE,)),
    Reason.FOUR_EYES: Remedy(_("Ask somebody else who holds the permission to do it.")),
    Reason.SECOND_FACTOR_REQUIRED: Remedy(_("Set up an authenticator app, under Security.")),
    Reason.CSRF_FAILED: Remedy(_("Load the page again, then send the form once more.")),
    # ROUTE_NOT_FOUND
    Reason.NO_SUCH_PAGE: Remedy(_("Check the address, or begin at the start page.")),
    Reason.NO_SUCH_RECORD: Remedy(_("Check the code or number in the address, or search for the record.")),
    Reason.NO_SUCH_TENANT: Remedy(_("Check the company's name at the beginning of the address.")),
    Reason.METHOD_NOT_ALLOWED: Remedy(_("Open the page, and use its buttons.")),
    # STATE_CONFLICT
    Reason.ALREADY_POSTED: Remedy(
        _("Nothing: this form was posted the first time it was sent. To post another one, open a new form."),
        is_final=True,
    ),
    Reason.REFERENCE_POSTED: Remedy(
        _("Look at the posting that is named. If this is another document, confirm that and post it.")
    ),
    Reason.ALREADY_REVERSED: Remedy(
        _("Nothing: a posting can be reversed once. To move the stock again, post a new document."),
        is_final=True,
    ),
    Reason.REQUEST_CLOSED: Remedy(
        _("Nothing: this request has been decided. If it is still needed, request it again."), is_final=True
    ),
    Reason.COUNT_STATE: Remedy(_("Open the count again. Its page shows what can be done with it now.")),
    Reason.FREEZE_ACTIVE: Remedy(
        _(
            "You can still read and export. A platform lead can open the tenant again, after somebody else has "
            "written down why it had to be frozen."
        ),
        by=("plans.unfreeze_tenant",),
    ),
    Reason.STALE_FORM: Remedy(_("Load the page again, and repeat your change on what it shows now.")),
    Reason.ALREADY_ARCHIVED: Remedy(
        _("To change the record, restore it first. To archive it, nothing is left to do."), by=(MANAGE,)
    ),
    Reason.NOT_ARCHIVED: Remedy(
        _("Nothing: the record is in use, so there is nothing to restore."), is_final=True
    ),
    Reason.EXPORT_CHANGED: Remedy(
        _("Ask somebody who runs this installation to verify the ledger, and name the request id."),
        by=("plans.view_tenant",),
    ),
    Reason.LAST_OWNER: Remedy(
        _("Give somebody else this role first, and let them work everywhere."), by=(MANAGE_PEOPLE,)
    ),
    Reason.ALREADY_ACTIVE: Remedy(_("Nothing: it is active already."), is_final=True),
    Reason.NOT_ACTIVE: Remedy(_("Open the page again. It shows what is active now.")),
    Reason.ALREADY_FROZEN: Remedy(
        _("Nothing: the tenant is frozen already. Its page shows why, and since when."), is_final=True
    ),
    Reason.NOT_FROZEN: Remedy(_("Nothing: the tenant is open already."), is_final=True),
    Reason.ROOT_CAUSE_MISSING: Remedy(
        _("Somebody writes down the root cause first; then another person opens the tenant."),
        by=("plans.explain_freeze",),
    ),
    Reason.ONBOARDING_CLOSED: Remedy(
        _("Nothing: this onboarding has ended. Begin a new one for another customer."), is_final=True
    ),
    Reason.STEP_DONE: Remedy(
        _("Nothing: this step was done already. Go on with the next one."), is_final=True
    ),
    # VALIDATION_FAILED
    Reason.INVALID_INPUT: Remedy(_("Correct what is marked, then send it again.")),
    Reason.TOO_LARGE: Remedy(_("Send less at a time: split the file, or choose fewer records.")),
    Reason.NO_DATA: Remedy(_("Choose or enter at least one line or record that exists.")),
    Reason.CODE_TAKEN: Remedy(
        _("Choose another code. A code stays taken for ever, also by an archived record.")
    ),
    Reason.SKU_TAKEN: Remedy(_("Choose another SKU. A SKU stays taken for ever, also by an archived item.")),
    Reason.BARCODE_TAKEN: Remedy(_("Remove the barcode from the other item first, or choose another one.")),
    Reason.CODE_AMBIGUOUS: Remedy(
        _(
            "Two records have the same code but for upper and lower case. Scan or type another code of this record."
        ),
        by=(MANAGE,),
    ),
    Reason.ROW_DIFFERS: Remedy(
        _(
            "A file only adds records. Change the existing record on its page, or take its line out of the file."
        )
    ),
    Reason.DUPLICATE_ROW: Remedy(_("Keep one of the two lines, and take the other one out.")),
    Reason.UNKNOWN_PARENT: Remedy(_("Check the code, or create the record first."), by=(MANAGE,)),
    Reason.PARENT_LOOP: Remedy(_("Choose a category that is not below this one.")),
    Reason.UNIT_FIXED: Remedy(
        _(
            "Nothing: unit and decimals are fixed by an item's first entry. Create a new item with the other unit."
        ),
        is_final=True,
    ),
    Reason.STILL_IN_USE: Remedy(_("Move or archive what uses it first.")),
    Reason.UNKNOWN_ITEM: Remedy(_("Check the SKU or barcode, or create the item first."), by=(MANAGE,)),
    Reason.UNKNOWN_HUB: Remedy(_("Check the hub's code, or create the hub first."), by=(MANAGE,)),
    Reason.UNKNOWN_BIN: Remedy(_("Check the bin's code and its hub, or create the bin first."), by=(MANAGE,)),
    Reason.UNKNOWN_VENDOR: Remedy(_("Check the vendor's code, or create the vendor first."), by=(MANAGE,)),
    Reason.CATEGORY_ARCHIVED: Remedy(_("Choose another category, or restore this one."), by=(MANAGE,)),
    Reason.ITEM_ARCHIVED: Remedy(_("Restore the item first."), by=(MANAGE,)),
    Reason.BIN_ARCHIVED: Remedy(_("Choose another bin, or restore this one."), by=(MANAGE,)),
    Reason.HUB_ARCHIVED: Remedy(_("Choose another hub, or restore this one."), by=(MANAGE,)),
    Reason.VENDOR_ARCHIVED: Remedy(_("Choose another vendor, or restore this one."), by=(MANAGE,)),
    Reason.VENDOR_INELIGIBLE: Remedy(
        _("Choose another vendor, or ask somebody who decides which vendors may deliver."),
        by=("inventory.vendor_eligibility",),
    ),
    Reason.VENDOR_DIFFERS: Remedy(
        _("Give all lines of one reference the same vendor, or another reference to some of them.")
    ),
    Reason.DATE_DIFFERS: Remedy(
        _("Give all lines of one reference the same date, or another reference to some of them.")
    ),
    Reason.DATE_LONG_AGO: Remedy(_("Check the year. If the date is right, confirm it.")),
    Reason.BELOW_ZERO_BY_DATE: Remedy(
        _("Check the date, or post the receipt that is missing first. If the date is right, confirm it.")
    ),
    Reason.DATE_IN_FUTURE: Remedy(_("Enter today, or the earlier day on which it happened.")),
    Reason.QUANTITY_NOT_POSITIVE: Remedy(_("Enter a quantity of more than zero, or leave the line out.")),
    Reason.NUMBER_AMBIGUOUS: Remedy(
        _(
            "Write the number with digits and, for decimals, one point: 1000 or 1.5, without thousands separators."
        )
    ),
    Reason.QUANTITY_TOO_PRECISE: Remedy(_("Enter no more decimal places than the item's unit has.")),
    Reason.COST_NEGATIVE: Remedy(_("Enter a cost of zero or more.")),
    Reason.COST_MISSING: Remedy(_("Enter what one unit costs; 0 if it costs nothing.")),
    Reason.OPENING_TOO_LATE: Remedy(
        _("Adjust the stock with another reason, or reverse what was posted and open the item again.")
    ),
    Reason.QUANTITY_ZERO: Remedy(_("Enter what was added or taken away, or leave the line out.")),
    Reason.SAME_BIN: Remedy(_("Choose another bin to move it to, or leave the line out.")),
    Reason.SAME_PLAN: Remedy(_("Choose another plan than the present one.")),
    Reason.REASON_DIFFERS: Remedy(
        _("Give all lines of one reference the same reason, or another reference to some of them.")
    ),
    Reason.UNKNOWN_REASON: Remedy(
        _("Choose a reason from the list, or ask somebody to add it to the list."), by=(MANAGE,)
    ),
    Reason.UNKNOWN_REQUEST: Remedy(_("Open the list of requests, and choose one from there.")),
    Reason.COUNT_NEGATIVE: Remedy(_("Enter what you counted: zero or more.")),
    Reason.OUT_OF_SCOPE: Remedy(
        _("Count only what this count is about, or open another count for the rest.")
    ),
    Reason.UNKNOWN_LINE: Remedy(_("Load the page again. It shows the lines that exist now.")),
    Reason.NOT_COUNTED: Remedy(_("Count the lines that are left, or hand the count in without them.")),
    Reason.COUNTS_DIFFER: Remedy(_("Choose one of the readings, or send the line back to be counted again.")),
    Reason.READING_SUPERSEDED: Remedy(
        _("Send the line back to be counted again, or leave it out."), by=("ledger.approve_count",)
    ),
    Reason.ADJUSTED_SINCE: Remedy(
        _("Decide whether the adjustment was the same loss, or send the line back to be counted again."),
        by=("ledger.approve_count",),
    ),
    Reason.COUNTED_SINCE: Remedy(
        _("Leave it as the count booked it, or confirm that this is another difference.")
    ),
    Reason.VARIANCE_UNDECIDED: Remedy(
        _("Accept each variance, or send its line back to be counted again."), by=("ledger.approve_count",)
    ),
    Reason.COST_CONSUMED: Remedy(
        _("Reverse the newer movements that used this stock first."), by=("ledger.reverse",)
    ),
    Reason.INSUFFICIENT_STOCK: Remedy(
        _(
            "Enter less, choose another bin, or post first what is missing: a receipt, a transfer or an adjustment."
        ),
        by=("ledger.receive", "ledger.transfer", "ledger.adjust"),
    ),
    Reason.POSITION_UNKNOWN: Remedy(
        _("Choose a position that the ledger has reached, or a day that has begun.")
    ),
    Reason.NAME_RESERVED: Remedy(_("Choose another name.")),
    Reason.STEP_TOO_EARLY: Remedy(_("Do the steps before this one first.")),
    # PLAN_LIMIT_EXCEEDED
    Reason.PLAN_ITEMS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_CATEGORIES: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_HUBS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_BINS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_VENDORS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_EXPORTS: _larger_plan(
        _(
            "A larger plan would allow it. Exports are counted per calendar month: the count begins again at "
            "midnight UTC on the first day of the next month. Downloading an earlier export again is not counted."
        )
    ),
    Reason.PLAN_INTEGRATIONS: _larger_plan(_("A larger plan would allow it.")),
}


def remedy_of(reason: Reason | str) -> Remedy:
    """What would change a refusal of this reason."""
    return REMEDIES[Reason(reason)]
