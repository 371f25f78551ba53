"""Receiving: stock that a vendor delivered goes into bins, by one document or a file of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from ledger.actions.documents import CONSTRAINT_REFUSALS, hubs_of, post_document
from ledger.posting.drafts import Draft


@action(
    "ledger.receipt.post",
    permission=Permission.LEDGER_RECEIVE,
    hubs=hubs_of,
    subject="reference",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("received {label}"),
    tried=gettext_lazy("tried to receive {label}"),
)
def receive(act: Act, *, draft: Draft, hubs: Sequence[Any], reference: str = "") -> int:
    """Post one receipt; returns its position.

    `hubs`: the hubs of its bins, for the door's hub gate. Refusals: STATE_CONFLICT ALREADY_POSTED with the position
    of the first; VALIDATION_FAILED with `lines`: ITEM_ARCHIVED, BIN_ARCHIVED, HUB_ARCHIVED, QUANTITY_NOT_POSITIVE,
    QUANTITY_TOO_PRECISE, COST_NEGATIVE; at the document: VENDOR_INELIGIBLE, VENDOR_ARCHIVED, DATE_IN_FUTURE, NO_DATA.
    """
    return post_document(act, draft)
