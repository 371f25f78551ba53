"""The six refusals and all their reasons.

The error contract is frozen: there are exactly six codes, and clients rely on them. A `Reason` gives the exact cause
below a code. All reasons are listed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import ReadOnlyValues, Values


class Reason(StrEnum):
    """The exact cause of a refusal, below one of the six codes."""

    # AUTH_REQUIRED
    NO_SESSION = "NO_SESSION"
    SESSION_EXPIRED = "SESSION_EXPIRED"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    PERSON_DEACTIVATED = "PERSON_DEACTIVATED"
    LOCKED_OUT = "LOCKED_OUT"
    STEP_UP_REQUIRED = "STEP_UP_REQUIRED"
    BAD_CODE = "BAD_CODE"
    LINK_INVALID = "LINK_INVALID"
    # PERMISSION_DENIED
    ROLE_LACKS_PERMISSION = "ROLE_LACKS_PERMISSION"
    HUB_NOT_GRANTED = "HUB_NOT_GRANTED"
    TENANT_NOT_GRANTED = "TENANT_NOT_GRANTED"
    FOUR_EYES = "FOUR_EYES"
    ACCESS_NOT_OPEN = "ACCESS_NOT_OPEN"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    CSRF_FAILED = "CSRF_FAILED"
    # ROUTE_NOT_FOUND
    NO_SUCH_PAGE = "NO_SUCH_PAGE"
    NO_SUCH_RECORD = "NO_SUCH_RECORD"
    NO_SUCH_TENANT = "NO_SUCH_TENANT"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    # STATE_CONFLICT
    ALREADY_POSTED = "ALREADY_POSTED"
    REFERENCE_POSTED = "REFERENCE_POSTED"
    ALREADY_REVERSED = "ALREADY_REVERSED"
    REQUEST_CLOSED = "REQUEST_CLOSED"
    COUNT_STATE = "COUNT_STATE"
    READING_SUPERSEDED = "READING_SUPERSEDED"
    FREEZE_ACTIVE = "FREEZE_ACTIVE"
    STALE_FORM = "STALE_FORM"
    ALREADY_ARCHIVED = "ALREADY_ARCHIVED"
    NOT_ARCHIVED = "NOT_ARCHIVED"
    EXPORT_CHANGED = "EXPORT_CHANGED"
    LAST_OWNER = "LAST_OWNER"
    ALREADY_ACTIVE = "ALREADY_ACTIVE"
    NOT_ACTIVE = "NOT_ACTIVE"
    PERSON_ERASED = "PERSON_ERASED"
    ALREADY_FROZEN = "ALREADY_FROZEN"
    NOT_FROZEN = "NOT_FROZEN"
    ROOT_CAUSE_MISSING = "ROOT_CAUSE_MISSING"
    ONBOARDING_CLOSED = "ONBOARDING_CLOSED"
    STEP_DONE = "STEP_DONE"
    ACCESS_ALREADY_OPEN = "ACCESS_ALREADY_OPEN"
    NOT_SEALED = "NOT_SEALED"
    DISPATCH_RUNNING = "DISPATCH_RUNNING"
    ENDPOINT_DISABLED = "ENDPOINT_DISABLED"
    ENDPOINT_PAUSED = "ENDPOINT_PAUSED"
    FEED_DIFFERS = "FEED_DIFFERS"
    # STATE_CONFLICT, of the support desk
    TICKET_STATE = "TICKET_STATE"
    TICKET_CHANGED = "TICKET_CHANGED"
    NOT_TRIAGED = "NOT_TRIAGED"
    INFO_MISSING = "INFO_MISSING"
    INFO_COMPLETE = "INFO_COMPLETE"
    STEP_MISSING = "STEP_MISSING"
    NOT_EVIDENCE = "NOT_EVIDENCE"
    NOT_DETERMINABLE = "NOT_DETERMINABLE"
    ESCALATION_INCOMPLETE = "ESCALATION_INCOMPLETE"
    NEVER_ESCALATED = "NEVER_ESCALATED"
    PHRASE_BLOCKED = "PHRASE_BLOCKED"
    REPLY_INCOMPLETE = "REPLY_INCOMPLETE"
    CHANNEL_NOT_PRIVATE = "CHANNEL_NOT_PRIVATE"
    INCIDENT_ACTIVE = "INCIDENT_ACTIVE"
    APPROVAL_MISSING = "APPROVAL_MISSING"
    NOT_CONFIRMED = "NOT_CONFIRMED"
    OTHER_TENANT = "OTHER_TENANT"
    EVIDENCE_DIFFERS = "EVIDENCE_DIFFERS"
    # VALIDATION_FAILED
    INVALID_INPUT = "INVALID_INPUT"
    TOO_LARGE = "TOO_LARGE"
    NO_DATA = "NO_DATA"
    CODE_TAKEN = "CODE_TAKEN"
    SKU_TAKEN = "SKU_TAKEN"
    BARCODE_TAKEN = "BARCODE_TAKEN"
    CODE_AMBIGUOUS = "CODE_AMBIGUOUS"
    ROW_DIFFERS = "ROW_DIFFERS"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    UNKNOWN_PARENT = "UNKNOWN_PARENT"
    PARENT_LOOP = "PARENT_LOOP"
    UNIT_FIXED = "UNIT_FIXED"
    STILL_IN_USE = "STILL_IN_USE"
    UNKNOWN_ITEM = "UNKNOWN_ITEM"
    UNKNOWN_HUB = "UNKNOWN_HUB"
    UNKNOWN_BIN = "UNKNOWN_BIN"
    UNKNOWN_VENDOR = "UNKNOWN_VENDOR"
    CATEGORY_ARCHIVED = "CATEGORY_ARCHIVED"
    ITEM_ARCHIVED = "ITEM_ARCHIVED"
    BIN_ARCHIVED = "BIN_ARCHIVED"
    HUB_ARCHIVED = "HUB_ARCHIVED"
    VENDOR_ARCHIVED = "VENDOR_ARCHIVED"
    VENDOR_INELIGIBLE = "VENDOR_INELIGIBLE"
    VENDOR_DIFFERS = "VENDOR_DIFFERS"
    DATE_DIFFERS = "DATE_DIFFERS"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    DATE_LONG_AGO = "DATE_LONG_AGO"
    BELOW_ZERO_BY_DATE = "BELOW_ZERO_BY_DATE"
    QUANTITY_NOT_POSITIVE = "QUANTITY_NOT_POSITIVE"
    QUANTITY_TOO_PRECISE = "QUANTITY_TOO_PRECISE"
    NUMBER_AMBIGUOUS = "NUMBER_AMBIGUOUS"
    COST_NEGATIVE = "COST_NEGATIVE"
    COST_MISSING = "COST_MISSING"
    OPENING_TOO_LATE = "OPENING_TOO_LATE"
    QUANTITY_ZERO = "QUANTITY_ZERO"
    SAME_BIN = "SAME_BIN"
    SAME_PLAN = "SAME_PLAN"
    REASON_DIFFERS = "REASON_DIFFERS"
    UNKNOWN_REASON = "UNKNOWN_REASON"
    UNKNOWN_REQUEST = "UNKNOWN_REQUEST"
    COUNT_NEGATIVE = "COUNT_NEGATIVE"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    UNKNOWN_LINE = "UNKNOWN_LINE"
    NOT_COUNTED = "NOT_COUNTED"
    COUNTS_DIFFER = "COUNTS_DIFFER"
    VARIANCE_UNDECIDED = "VARIANCE_UNDECIDED"
    ADJUSTED_SINCE = "ADJUSTED_SINCE"
    COUNTED_SINCE = "COUNTED_SINCE"
    COST_CONSUMED = "COST_CONSUMED"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    POSITION_UNKNOWN = "POSITION_UNKNOWN"
    NAME_RESERVED = "NAME_RESERVED"
    STEP_TOO_EARLY = "STEP_TOO_EARLY"
    ADDRESS_NOT_ALLOWED = "ADDRESS_NOT_ALLOWED"
    FEED_EXPIRED = "FEED_EXPIRED"
    # PLAN_LIMIT_EXCEEDED
    PLAN_ITEMS = "PLAN_ITEMS"
    PLAN_CATEGORIES = "PLAN_CATEGORIES"
    PLAN_HUBS = "PLAN_HUBS"
    PLAN_BINS = "PLAN_BINS"
    PLAN_VENDORS = "PLAN_VENDORS"
    PLAN_EXPORTS = "PLAN_EXPORTS"
    PLAN_INTEGRATIONS = "PLAN_INTEGRATIONS"


class Refusal(Exception):
    """A rule refuses the request: everything is rolled back, the refusal is audited, and shown with its rule and id.

    `details` is ready for JSON. Well-known keys: `fields` (field name to list of {reason, message}), `lines`
    (line number to the same), `limit`, `usage`, `permission`, `remedy` (what would change the answer; default: that
    of the reason in `asora.kernel.remedies`), `who` (the roles that can apply the remedy), `held_by` (the roles with
    the permission), `retry_after` (seconds). `hubs`: the ids of hubs that it mentions; they limit who may read its
    event.
    """

    status: ClassVar[int]
    error: ClassVar[str]
    code: ClassVar[str]
    default_reason: ClassVar[Reason]
    default_message: ClassVar[Any]

    def __init__(
        self,
        message: str | None = None,
        *,
        reason: Reason | None = None,
        details: ReadOnlyValues | None = None,
        hubs: Iterable[int] = (),
        evidence: ReadOnlyValues | None = None,
    ) -> None:
        self.message = str(message if message is not None else self.default_message)
        self.reason = reason or self.default_reason
        self.details: Values = dict(details or {})
        self.hubs = tuple(hubs)
        #: Facts that are written to its event but not shown on its page (`asora.kernel.evidence`).
        self.evidence: Values = dict(evidence or {})
        self.page: tuple[str, ReadOnlyValues] | None = (
            None  # template and context of the page that shows it, if not a page of its own
        )
        #: The address of the page that shows it as a message, if the form that was sent is on that page.
        self.back = ""
        super().__init__(self.message)

    def as_json(self, *, request_id: str) -> Values:
        """The refusal as JSON. Clients rely on this shape, so it never changes."""
        return {
            "error": self.error,
            "code": self.code,
            "reason": str(self.reason),
            "message": self.message,
            "requestId": request_id,
            "details": self.details,
        }


class AuthRequired(Refusal):
    """401: no session, an expired session, or malformed credentials."""

    status, error, code = 401, "UNAUTHORIZED", "AUTH_REQUIRED"
    default_reason, default_message = Reason.NO_SESSION, _("Sign in to see this page.")


class PermissionDenied(Refusal):
    """403: the person's role or object permissions do not allow it."""

    status, error, code = 403, "FORBIDDEN", "PERMISSION_DENIED"
    default_reason = Reason.ROLE_LACKS_PERMISSION
    default_message = _("Your role does not allow this.")


class RouteNotFound(Refusal):
    """404: no such page, or no such record in this tenant."""

    status, error, code = 404, "NOT_FOUND", "ROUTE_NOT_FOUND"
    default_reason, default_message = Reason.NO_SUCH_PAGE, _("This page does not exist.")


class StateConflict(Refusal):
    """409: double submit, illegal state change, frozen tenant, stale form."""

    status, error, code = 409, "CONFLICT", "STATE_CONFLICT"
    default_reason, default_message = Reason.STALE_FORM, _("The record was changed in the meantime.")


class ValidationFailed(Refusal):
    """400: missing or invalid input, missing parent data, no data for the scope."""

    status, error, code = 400, "BAD_REQUEST", "VALIDATION_FAILED"
    default_reason, default_message = Reason.INVALID_INPUT, _("Some of the input is not valid.")

    @classmethod
    def at_field(cls, field: str, message: object, *, reason: Reason) -> ValidationFailed:
        """A refusal about one field of a form or one value of a call."""
        return cls(
            str(message),
            reason=reason,
            details={"fields": {field: [{"reason": str(reason), "message": str(message)}]}},
        )


class PlanLimitExceeded(Refusal):
    """403: a limit of the tenant's plan is reached."""

    status, error, code = 403, "FORBIDDEN", "PLAN_LIMIT_EXCEEDED"
    default_reason, default_message = Reason.PLAN_ITEMS, _("A limit of your plan is reached.")


CODES: tuple[type[Refusal], ...] = (
    AuthRequired,
    PermissionDenied,
    RouteNotFound,
    StateConflict,
    ValidationFailed,
    PlanLimitExceeded,
)


def refusal_of(recorded: ReadOnlyValues) -> Refusal:
    """The refusal, read from the JSON of `as_json`."""
    classes = {cls.code: cls for cls in Refusal.__subclasses__()}
    return classes[recorded["code"]](
        recorded["message"], reason=Reason(recorded["reason"]), details=recorded["details"]
    )
