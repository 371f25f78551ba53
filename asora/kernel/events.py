"""Recording an audit event, by an action or outside of one."""

from __future__ import annotations

from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.database_errors import Unavailable, is_retried, was_cut_off
from asora.kernel.ladder import Outcome
from asora.kernel.plugs import plug


def record_event(act: Act, outcome: Outcome) -> None:
    """Record an event outside of an action (sign-in, a refused page, a download) in a separate transaction."""
    with transaction.atomic(durable=True):
        record_event_inside(act, outcome)


def record_event_inside(act: Act, outcome: Outcome) -> None:
    """Record an event in the caller's transaction, together with the caller's own rows."""
    plug("trail")(act, outcome)


def record_event_or_stop(act: Act, outcome: Outcome) -> None:
    """The same for the door: if the event cannot be written, the action does not happen. Raises Unavailable."""
    try:
        record_event_inside(act, outcome)
    except IntegrityError:
        raise  # a constraint on rows of the body, checked before the event gets its number
    except DatabaseError as error:
        if is_retried(error) or was_cut_off(error):
            raise
        raise Unavailable(
            _("The audit trail cannot be written, so nothing was changed. Try again later.")
        ) from error
