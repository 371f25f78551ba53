"""Open a ticket by hand, and say to which tenant a ticket without one belongs."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.request_ids import SHAPE, uuid7
from plans.grants import require_managed
from plans.models import Tenant
from support.tickets import participants, required, rules
from support.tickets.changes import change, locked, move
from support.tickets.models import Participant, Ticket
from support.tickets.opening import open_with_message
from support.tickets.receiving import CUSTOMER

WORK_DESK = Permission.SUPPORT_WORK_DESK


@action(
    "support.ticket.open",
    permission=WORK_DESK,
    subject="tenant",
    done=gettext_lazy("opened ticket {label}"),
    tried=gettext_lazy("tried to open a ticket"),
)
def open_by_hand(
    act: Act,
    *,
    tenant: Tenant,
    title: str,
    text: str,
    address: str,
    name: str,
    about: str = "",
    category: str = "",
    component: str = "",
) -> Ticket:
    """Open a ticket for a customer who called or wrote elsewhere. `text`: what they said; `about`: a request id.

    `address`, `name`: the customer's, who takes part by e-mail and is the author of the text.
    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED; VALIDATION_FAILED INVALID_INPUT.
    """
    require_managed(act, tenant)
    if not title.strip() or not text.strip():
        field, message = (
            ("title", _("Enter a subject.")) if not title.strip() else ("text", _("Enter a text."))
        )
        raise ValidationFailed.at_field(field, message, reason=Reason.INVALID_INPUT)
    mailbox, called = _checked_address(address), _checked_name(name)
    _require_own_request(about, tenant)
    if component and component not in required.COMPONENTS:
        raise ValidationFailed.at_field(
            "component", _("Choose one of the parts."), reason=Reason.INVALID_INPUT
        )
    customer = uuid7()
    ticket = open_with_message(
        act,
        tenant=tenant,
        source=Ticket.Source.HAND,
        subject=title,
        text=rules.checked_text(text),
        author=f"mail:{customer}",
        author_type=CUSTOMER,
        answers={"tenant": tenant.slug},
        about=about,
        category=category,
        component=component,
    )
    Participant(
        id=customer, ticket=ticket, address=mailbox, name=called, digest=participants.digest_of(mailbox)
    ).save(force_insert=True)
    return ticket


@action(
    "support.ticket.assign_tenant",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("assigned ticket {label} to a tenant"),
    tried=gettext_lazy("tried to assign ticket {label} to a tenant"),
)
def assign_tenant(act: Act, *, ticket: Ticket, tenant: Tenant, revision: int) -> Ticket:
    """Say to which tenant a ticket belongs that came by mail from somebody unknown. It cannot be changed again.

    Refusals: those of `changes.locked`; PERMISSION_DENIED TENANT_NOT_GRANTED; STATE_CONFLICT TICKET_STATE if it has a
    tenant, or was discarded.
    """
    row = locked(act, ticket, revision=revision)
    require_managed(act, tenant)
    if row.tenant_id is not None:
        raise StateConflict(
            _("This ticket belongs to a tenant already."),
            reason=Reason.TICKET_STATE,
            details={"missing": [_("A ticket without a tenant.")]},
        )
    if row.close_reason == rules.NOT_A_REQUEST:
        raise StateConflict(
            _("This mail was discarded as no request."),
            reason=Reason.TICKET_STATE,
            details={
                "state": row.state,
                "remedy": _("Restore it first."),
                "missing": [_("A mail that is not discarded.")],
            },
        )
    return change(act, row, tenant=tenant)


@action(
    "support.ticket.discard",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("discarded ticket {label}, which is no request"),
    tried=gettext_lazy("tried to discard ticket {label}"),
)
def discard(act: Act, *, ticket: Ticket, revision: int) -> Ticket:
    """Close a ticket that is no request, such as unwanted mail. Nothing is sent. It can be restored.

    Only for mail of somebody unknown that nobody has answered. Refusals: those of `changes.locked`; STATE_CONFLICT
    TICKET_STATE.
    """
    row = locked(act, ticket, revision=revision)
    was_answered = row.messages.filter(is_internal=False).exclude(author_type=CUSTOMER).exists()
    if row.tenant_id is not None or row.source != Ticket.Source.MAIL or was_answered:
        raise StateConflict(
            _("Only mail of somebody unknown that nobody has answered can be discarded."),
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A mail of somebody unknown, without an answer.")]},
        )
    return move(act, row, "closed", close_reason=rules.NOT_A_REQUEST)


@action(
    "support.ticket.restore",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("restored ticket {label}, which had been discarded"),
    tried=gettext_lazy("tried to restore ticket {label}"),
)
def restore(act: Act, *, ticket: Ticket, revision: int) -> Ticket:
    """Restore a ticket that was discarded. Refusals: those of `changes.locked`; STATE_CONFLICT TICKET_STATE."""
    row = locked(act, ticket, revision=revision)
    if row.close_reason != rules.NOT_A_REQUEST:
        raise StateConflict(
            _("This ticket was not discarded."),
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A ticket that was discarded.")]},
        )
    return move(act, row, "new", close_reason="")


def _checked_address(address: str) -> str:
    cleaned = address.strip()
    try:
        validate_email(cleaned)
    except ValidationError as error:
        raise ValidationFailed.at_field(
            "address", _("Enter an e-mail address."), reason=Reason.INVALID_INPUT
        ) from error
    return cleaned


def _checked_name(name: str) -> str:
    cleaned = rules.checked_line(name, field="name", most=participants.MAX_NAME)
    if not cleaned:
        raise ValidationFailed.at_field("name", _("Enter a name."), reason=Reason.INVALID_INPUT)
    return cleaned


def _require_own_request(about: str, tenant: Tenant) -> None:
    if about and not (SHAPE.match(about) and about.rpartition("-")[0] == tenant.slug):
        raise ValidationFailed.at_field(
            "about",
            _("This is not the id of a request of %(tenant)s.") % {"tenant": tenant.name},
            reason=Reason.INVALID_INPUT,
        )
