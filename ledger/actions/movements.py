"""Issuing, transferring and adjusting stock: one document, or a file of them.

Adjustments are posted directly only where one person is enough; see `ledger.adjustments.actions.requests`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason
from ledger.actions.documents import CONSTRAINT_REFUSALS, hubs_of, post_document
from ledger.posting.drafts import Draft


@action(
    "ledger.issue.post",
    permission=Permission.LEDGER_ISSUE,
    hubs=hubs_of,
    subject="reference",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("issued {label}"),
    tried=gettext_lazy("tried to issue {label}"),
)
def issue(act: Act, *, draft: Draft, hubs: Sequence[Any], reference: str = "") -> int:
    """Post one issue; returns its position.

    Refusals: STATE_CONFLICT ALREADY_POSTED; VALIDATION_FAILED with `lines`: INSUFFICIENT_STOCK, QUANTITY_NOT_POSITIVE,
    QUANTITY_TOO_PRECISE; at the document: DATE_IN_FUTURE, NO_DATA.
    """
    return post_document(act, draft)


@action(
    "ledger.transfer.post",
    permission=Permission.LEDGER_TRANSFER,
    hubs=hubs_of,
    subject="reference",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("transferred {label}"),
    tried=gettext_lazy("tried to transfer {label}"),
)
def transfer(act: Act, *, draft: Draft, hubs: Sequence[Any], reference: str = "") -> int:
    """Move stock between bins, of one hub or of two; both hubs must be granted. Returns its position.

    Refusals: those of `issue`, and with `lines`: SAME_BIN, BIN_ARCHIVED, HUB_ARCHIVED (where it should go).
    """
    return post_document(act, draft)


@action(
    "ledger.adjustment.post",
    permission=Permission.LEDGER_ADJUST,
    hubs=hubs_of,
    subject="reference",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("adjusted {label}"),
    tried=gettext_lazy("tried to adjust {label}"),
)
def adjust(act: Act, *, draft: Draft, hubs: Sequence[Any], reference: str = "") -> int:
    """Adjust stock, with a reason from the tenant's list; returns the position.

    Refusals: PERMISSION_DENIED FOUR_EYES where adjustments start as a request; VALIDATION_FAILED UNKNOWN_REASON; with
    `lines`: INSUFFICIENT_STOCK, QUANTITY_ZERO, QUANTITY_TOO_PRECISE, COST_NEGATIVE; STATE_CONFLICT ALREADY_POSTED.
    """
    refuse_alone(act)
    return post_document(act, draft)


def needs_four_eyes(act: Act) -> bool:
    """Whether adjustments of this tenant always start as a request (the segregated role model)."""
    return act.tenant.role_model == "segregated"


def refuse_alone(act: Act) -> None:
    """Refuse an adjustment by one person where two are needed."""
    if needs_four_eyes(act):
        raise PermissionDenied(
            _("Your company requires two people for an adjustment: one requests it, another posts it."),
            reason=Reason.FOUR_EYES,
            details={
                "permission": Permission.LEDGER_ADJUST,
                "remedy": _("Request the adjustment. Someone else can then post it."),
            },
        )
