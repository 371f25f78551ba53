"""The remedy of each reason in `asora.kernel.refusals`: what would change the answer, and who can do it.

A refusal that knows more (which line, record or person) has its own text in `details["remedy"]`; all others of its
reason show this text. A test walks all reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.shapes import StrOrPromise

MANAGE_PEOPLE = Permission.ACCOUNTS_MANAGE_STAFF
CHANGE_PLAN = Permission.PLANS_CHANGE_PLAN
MANAGE = Permission.INVENTORY_MANAGE


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would change the answer.

    `by`: the permissions that allow it (one is enough); empty: the refused person can do it, or nobody can.
    `is_final`: nothing changes the answer to this request; the text explains why.
    """

    text: StrOrPromise
    by: tuple[Permission, ...] = ()
    is_final: bool = False


def _larger_plan(text: StrOrPromise) -> Remedy:
    return Remedy(text, by=(CHANGE_PLAN,))


_ARCHIVED_COUNT = _("Ask for a larger plan. Archiving records does not help: archived records count too.")

REMEDIES: Mapping[Reason, Remedy] = {
    # AUTH_REQUIRED
    Reason.NO_SESSION: Remedy(_("Sign in.")),
    Reason.SESSION_EXPIRED: Remedy(_("Sign in again.")),
    Reason.BAD_CREDENTIALS: Remedy(
        _(
            "Check the email address and the password. If you forgot your password, request a link to set a new one."
        )
    ),
    Reason.PERSON_DEACTIVATED: Remedy(
        _("Ask a person who manages users to reactivate the account."), by=(MANAGE_PEOPLE,)
    ),
    Reason.LOCKED_OUT: Remedy(_("Wait until the lock-out ends, then try again.")),
    Reason.STEP_UP_REQUIRED: Remedy(_("Confirm with your password or a code, then continue.")),
    Reason.BAD_CODE: Remedy(
        _("Enter the code that your app shows now, or a recovery code that you have not used.")
    ),
    Reason.LINK_INVALID: Remedy(_("Ask the person who sent you the link for a new one.")),
    # PERMISSION_DENIED
    Reason.ROLE_LACKS_PERMISSION: Remedy(
        _("Ask a person who manages users to give you a role with this permission."), by=(MANAGE_PEOPLE,)
    ),
    Reason.HUB_NOT_GRANTED: Remedy(
        _("Ask a person who manages users to let you work at this hub."), by=(MANAGE_PEOPLE,)
    ),
    Reason.TENANT_NOT_GRANTED: Remedy(
        _("Ask a platform lead to give you access to this tenant."), by=(MANAGE_PEOPLE,)
    ),
    Reason.FOUR_EYES: Remedy(_("Ask another person with this permission to do it.")),
    Reason.ACCESS_NOT_OPEN: Remedy(
        _(
            "Open an access session for this tenant. If the tenant must approve it first, wait for the approval."
        )
    ),
    Reason.SECOND_FACTOR_REQUIRED: Remedy(_("Open Security and set up an authenticator app.")),
    Reason.CSRF_FAILED: Remedy(_("Reload the page, then send the form again.")),
    # ROUTE_NOT_FOUND
    Reason.NO_SUCH_PAGE: Remedy(_("Check the address, or go to the start page.")),
    Reason.NO_SUCH_RECORD: Remedy(_("Check the code or number in the address, or search for the record.")),
    Reason.NO_SUCH_TENANT: Remedy(_("Check the company name at the start of the web address.")),
    Reason.METHOD_NOT_ALLOWED: Remedy(_("Open the page and use its buttons.")),
    # STATE_CONFLICT
    Reason.ALREADY_POSTED: Remedy(
        _(
            "Nothing to do: this form was already posted when it was first sent. To post another, open a new form."
        ),
        is_final=True,
    ),
    Reason.REFERENCE_POSTED: Remedy(
        _("Look at the posting in the message. If yours is a different document, confirm that and post it.")
    ),
    Reason.ALREADY_REVERSED: Remedy(
        _(
            "Nothing to do: a posting can be reversed only once. To move the stock again, post a new document."
        ),
        is_final=True,
    ),
    Reason.REQUEST_CLOSED: Remedy(
        _("Nothing to do: this request is already decided. If you still need it, make a new request."),
        is_final=True,
    ),
    Reason.COUNT_STATE: Remedy(_("Reload the count. Its page shows what you can do with it now.")),
    Reason.FREEZE_ACTIVE: Remedy(
        _(
            "You can still read and export. A platform lead can unfreeze the tenant after another person has "
            "recorded the root cause."
        ),
        by=(Permission.PLANS_UNFREEZE_TENANT,),
    ),
    Reason.STALE_FORM: Remedy(_("Reload the page, then make your change again.")),
    Reason.ALREADY_ARCHIVED: Remedy(
        _("To change the record, restore it first. It is already archived."), by=(MANAGE,)
    ),
    Reason.NOT_ARCHIVED: Remedy(_("Nothing to do: the record is not archived."), is_final=True),
    Reason.EXPORT_CHANGED: Remedy(
        _("Ask an operator of Asora to verify the ledger. Give them the request id."),
        by=(Permission.PLANS_VIEW_TENANT,),
    ),
    Reason.NOT_SEALED: Remedy(
        _(
            "Wait a few minutes, then try again. If it is still not sealed, ask an operator of Asora to check the "
            "sealer. Give them the request id."
        ),
        by=(Permission.PLANS_VIEW_TENANT,),
    ),
    Reason.LAST_OWNER: Remedy(
        _("First give this role to another person who works at all hubs."), by=(MANAGE_PEOPLE,)
    ),
    Reason.ALREADY_ACTIVE: Remedy(_("Nothing to do: it is already active."), is_final=True),
    Reason.NOT_ACTIVE: Remedy(_("Reload the page. It shows what is active now.")),
    Reason.PERSON_ERASED: Remedy(
        _("Nothing to do: a person who was erased stays erased. Invite them again if they come back."),
        is_final=True,
    ),
    Reason.ALREADY_FROZEN: Remedy(
        _("Nothing to do: the tenant is already frozen. Its page shows why and since when."), is_final=True
    ),
    Reason.NOT_FROZEN: Remedy(_("Nothing to do: the tenant is not frozen."), is_final=True),
    Reason.ROOT_CAUSE_MISSING: Remedy(
        _("One person must record the root cause first. Then another person can unfreeze the tenant."),
        by=(Permission.PLANS_EXPLAIN_FREEZE,),
    ),
    Reason.ONBOARDING_CLOSED: Remedy(
        _("Nothing to do: this onboarding has ended. Start a new one for another customer."), is_final=True
    ),
    Reason.STEP_DONE: Remedy(
        _("Nothing to do: this step is already done. Continue with the next step."), is_final=True
    ),
    Reason.ACCESS_ALREADY_OPEN: Remedy(
        _("Use the session that you have, or end it before you request another one.")
    ),
    Reason.DISPATCH_RUNNING: Remedy(
        _(
            "Wait until the dispatch that is under way has finished, then reload the page and send what is left."
        )
    ),
    Reason.ENDPOINT_DISABLED: Remedy(
        _("Enable the endpoint first. A test event can be sent before."), by=(Permission.INTEGRATIONS_MANAGE,)
    ),
    Reason.ENDPOINT_PAUSED: Remedy(
        _(
            "Ask a person who sets up integrations and may see everything that the endpoint receives to take it over. "
            "Or give its present person the missing right again."
        ),
        by=(Permission.INTEGRATIONS_MANAGE, MANAGE_PEOPLE),
    ),
    Reason.FEED_DIFFERS: Remedy(
        _(
            "Find the last payload that is the same here and at the receiver: read the feed without “seen” and compare "
            "the ids. Remove later ones at the receiver, then continue after that payload."
        )
    ),
    # STATE_CONFLICT, of the support desk
    Reason.TICKET_STATE: Remedy(_("Reload the ticket. Its page shows what can be done with it now.")),
    Reason.TICKET_CHANGED: Remedy(_("Read what was added since you opened the ticket, then decide again.")),
    Reason.NOT_TRIAGED: Remedy(_("Classify the ticket first: exactly one category, and a severity.")),
    Reason.INFO_MISSING: Remedy(_("Enter the information that is listed, or ask the customer for it.")),
    Reason.INFO_COMPLETE: Remedy(_("Go on with the investigation: nothing has to be asked.")),
    Reason.STEP_MISSING: Remedy(_("Finish the steps of the investigation that come first.")),
    Reason.NOT_EVIDENCE: Remedy(_("Link an audit event. Screenshots and descriptions are not evidence.")),
    Reason.NOT_DETERMINABLE: Remedy(_("Choose a determination whose condition holds on the linked events.")),
    Reason.ESCALATION_INCOMPLETE: Remedy(_("Add everything that is listed, then propose the case again.")),
    Reason.NEVER_ESCALATED: Remedy(
        _("Use the route that the page offers: a reply, a referral to sales, or a feature request.")
    ),
    Reason.PHRASE_BLOCKED: Remedy(_("Use the proposed wording, or leave the sentence out.")),
    Reason.REPLY_INCOMPLETE: Remedy(_("Add what is listed to the reply.")),
    Reason.CHANNEL_NOT_PRIVATE: Remedy(
        _("Ask for details in the product only, where the connection is encrypted.")
    ),
    Reason.INCIDENT_ACTIVE: Remedy(
        _("Attach the ticket to the incident. Investigate again when the incident is resolved.")
    ),
    Reason.APPROVAL_MISSING: Remedy(_("Let another person approve this version of the reply.")),
    Reason.NOT_CONFIRMED: Remedy(
        _("Wait for the customer's confirmation, or until five business days and two reminders have passed.")
    ),
    Reason.OTHER_TENANT: Remedy(_("Choose a ticket of the same tenant.")),
    Reason.EVIDENCE_DIFFERS: Remedy(
        _("Read the evidence again. If the event has changed, tell a platform lead at once.")
    ),
    # VALIDATION_FAILED
    Reason.INVALID_INPUT: Remedy(_("Correct the marked fields, then send the form again.")),
    Reason.TOO_LARGE: Remedy(_("Split the file, or choose fewer records.")),
    Reason.NO_DATA: Remedy(_("Enter or choose at least one line or record.")),
    Reason.CODE_TAKEN: Remedy(
        _("Choose another code. Codes cannot be reused, even if their record is archived.")
    ),
    Reason.SKU_TAKEN: Remedy(_("Choose another SKU. SKUs cannot be reused, even if their item is archived.")),
    Reason.BARCODE_TAKEN: Remedy(_("Remove the barcode from the other item, or use another barcode.")),
    Reason.CODE_AMBIGUOUS: Remedy(
        _(
            "The codes of two records differ only in upper and lower case. Enter another code of the record you mean."
        ),
        by=(MANAGE,),
    ),
    Reason.ROW_DIFFERS: Remedy(
        _(
            "Imports only add records. Change the existing record on its page, or remove its line from the file."
        )
    ),
    Reason.DUPLICATE_ROW: Remedy(_("Remove one of the two lines from the file.")),
    Reason.UNKNOWN_PARENT: Remedy(_("Check the code, or create the record first."), by=(MANAGE,)),
    Reason.PARENT_LOOP: Remedy(_("Choose a category that is not a subcategory of this one.")),
    Reason.UNIT_FIXED: Remedy(
        _(
            "Nothing to do for this item: its unit and decimal places are fixed. Create a new item with the other unit."
        ),
        is_final=True,
    ),
    Reason.STILL_IN_USE: Remedy(_("Move or archive the records that use it first.")),
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
        _("Choose another vendor, or ask a person with the permission to make this vendor eligible."),
        by=(Permission.INVENTORY_VENDOR_ELIGIBILITY,),
    ),
    Reason.VENDOR_DIFFERS: Remedy(
        _("Give all lines with the same reference the same vendor, or change the reference of some lines.")
    ),
    Reason.DATE_DIFFERS: Remedy(
        _("Give all lines with the same reference the same date, or change the reference of some lines.")
    ),
    Reason.DATE_LONG_AGO: Remedy(_("Check the year. If the date is right, confirm it.")),
    Reason.BELOW_ZERO_BY_DATE: Remedy(
        _("Check the date, or post the missing receipt first. If the date is right, confirm it.")
    ),
    Reason.DATE_IN_FUTURE: Remedy(_("Enter today or an earlier date.")),
    Reason.QUANTITY_NOT_POSITIVE: Remedy(_("Enter a quantity greater than zero, or remove the line.")),
    Reason.NUMBER_AMBIGUOUS: Remedy(
        _("Enter digits only, with a point for decimals and no thousands separators: 1000 or 1.5.")
    ),
    Reason.QUANTITY_TOO_PRECISE: Remedy(_("Enter no more decimal places than the item has.")),
    Reason.COST_NEGATIVE: Remedy(_("Enter a cost of zero or more.")),
    Reason.COST_MISSING: Remedy(_("Enter the cost of one unit. Enter 0 if it costs nothing.")),
    Reason.OPENING_TOO_LATE: Remedy(
        _(
            "Adjust the stock with another reason, or reverse the earlier postings and enter the opening stock again."
        )
    ),
    Reason.QUANTITY_ZERO: Remedy(_("Enter the quantity that was added or removed, or remove the line.")),
    Reason.SAME_BIN: Remedy(_("Choose another destination bin, or remove the line.")),
    Reason.SAME_PLAN: Remedy(_("Choose a different plan.")),
    Reason.REASON_DIFFERS: Remedy(
        _("Give all lines with the same reference the same reason, or change the reference of some lines.")
    ),
    Reason.UNKNOWN_REASON: Remedy(
        _("Choose a reason from the list, or ask a person with the permission to add it."), by=(MANAGE,)
    ),
    Reason.UNKNOWN_REQUEST: Remedy(_("Open the list of requests and choose one there.")),
    Reason.COUNT_NEGATIVE: Remedy(_("Enter the quantity you counted: zero or more.")),
    Reason.OUT_OF_SCOPE: Remedy(
        _("Count only the bins and items of this count. Open another count for the rest.")
    ),
    Reason.UNKNOWN_LINE: Remedy(_("Reload the page. It shows the lines that exist now.")),
    Reason.NOT_COUNTED: Remedy(_("Count the remaining lines, or submit the count without them.")),
    Reason.COUNTS_DIFFER: Remedy(_("Choose one of the readings, or send the line back to be counted again.")),
    Reason.READING_SUPERSEDED: Remedy(
        _("Send the line back to be counted again, or exclude it."), by=(Permission.LEDGER_APPROVE_COUNT,)
    ),
    Reason.ADJUSTED_SINCE: Remedy(
        _(
            "Decide whether the adjustment covered the same difference, or send the line back to be counted again."
        ),
        by=(Permission.LEDGER_APPROVE_COUNT,),
    ),
    Reason.COUNTED_SINCE: Remedy(
        _(
            "If the count already corrected this difference, do nothing. If this is a different one, confirm it."
        )
    ),
    Reason.VARIANCE_UNDECIDED: Remedy(
        _("Accept each variance, or send its line back to be counted again."),
        by=(Permission.LEDGER_APPROVE_COUNT,),
    ),
    Reason.COST_CONSUMED: Remedy(
        _("Reverse the newer movements that used this stock first."), by=(Permission.LEDGER_REVERSE,)
    ),
    Reason.INSUFFICIENT_STOCK: Remedy(
        _(
            "Enter a smaller quantity, choose another bin, or first post the missing receipt, transfer or adjustment."
        ),
        by=(Permission.LEDGER_RECEIVE, Permission.LEDGER_TRANSFER, Permission.LEDGER_ADJUST),
    ),
    Reason.POSITION_UNKNOWN: Remedy(_("Choose a ledger position that exists, or today or an earlier day.")),
    Reason.NAME_RESERVED: Remedy(_("Choose another name.")),
    Reason.STEP_TOO_EARLY: Remedy(_("Complete the earlier steps first.")),
    Reason.ADDRESS_NOT_ALLOWED: Remedy(
        _(
            "Enter an https:// address without spaces, user name and password, whose host can be reached from the "
            "internet, with port 443 or a port from 1024. The operator of Asora can allow other hosts and ports, such "
            "as those of your own network."
        )
    ),
    Reason.FEED_EXPIRED: Remedy(
        _(
            "Continue before the first number that the feed still has. Earlier payloads were deleted: compare the "
            "receiver's records with an export."
        )
    ),
    # PLAN_LIMIT_EXCEEDED
    Reason.PLAN_ITEMS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_CATEGORIES: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_HUBS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_BINS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_VENDORS: _larger_plan(_ARCHIVED_COUNT),
    Reason.PLAN_EXPORTS: _larger_plan(
        _(
            "Ask for a larger plan, or wait: exports are counted per calendar month, and the count starts again at "
            "midnight UTC on the first day of the next month. You can still download your earlier exports."
        )
    ),
    Reason.PLAN_INTEGRATIONS: _larger_plan(
        _("Ask for a larger plan, or remove an endpoint that you no longer need.")
    ),
}


def remedy_of(reason: Reason | str) -> Remedy:
    """The remedy of a reason."""
    return REMEDIES[Reason(reason)]
