"""What the outcome of an attempt means, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise
from integrations.dispatch.models import Attempt
from integrations.outbound.faults import ADVICE, Fault


@dataclass(frozen=True, slots=True)
class Meaning:
    """What happened, in words, and what to do next, one sentence each."""

    happened: StrOrPromise
    steps: tuple[StrOrPromise, ...] = ()


SEND_AGAIN = _("Then send the payload again. It keeps its event id, so the receiver can recognise it.")

_DELIVERED = Meaning(_("The receiver accepted it."))
_UNKNOWN = Meaning(
    _("The sender stopped before the answer was recorded, so the receiver may have got the payload or not."),
    (
        _("Ask the people who run the receiver whether it has this event id."),
        _("If it does not, send the payload again. A receiver that has it ignores the second copy."),
    ),
)
_SENDING = Meaning(_("It is being sent now."))


def meaning(attempt: Attempt) -> Meaning:
    """The result of an attempt, explained."""
    if not attempt.outcome:
        return _SENDING
    if attempt.outcome == Attempt.Outcome.DELIVERED:
        return _DELIVERED
    if attempt.outcome == Attempt.Outcome.UNKNOWN:
        return _UNKNOWN
    if attempt.http_status is not None and attempt.fault in {Fault.STATUS, Fault.REDIRECT}:
        return of_status(attempt.http_status)
    return of_fault(Fault(attempt.fault))


def of_fault(fault: Fault) -> Meaning:
    """What a fault means, in the words of `integrations.outbound`."""
    return Meaning(f"{fault.label}.", (ADVICE[fault],))


def of_status(status: int) -> Meaning:
    """What an answer with an HTTP status that is no success means."""
    match status:
        case 401 | 403:
            return Meaning(
                _("The receiver refused the signature or the caller."),
                (_("Check that the receiver has the present secret of this endpoint."), SEND_AGAIN),
            )
        case 404 | 410:
            return Meaning(
                _("The receiver has nothing at this address."),
                (_("Check the path of the endpoint's address."), SEND_AGAIN),
            )
        case 413:
            return Meaning(
                _("The payload is too large for the receiver."),
                (_("Raise the receiver's limit for a request."), SEND_AGAIN),
            )
        case 429:
            return Meaning(
                _("The receiver gets too many requests."),
                (_("Wait, then dispatch fewer payloads at a time."), SEND_AGAIN),
            )
        case _ if 300 <= status < 400:
            return Meaning(
                _("The receiver sent a redirect. Asora never follows redirects."),
                (_("Change the endpoint's address to the final one."), SEND_AGAIN),
            )
        case _ if 400 <= status < 500:
            return Meaning(
                _("The receiver refused the payload."),
                (_("Read the answer, and correct the receiver."), SEND_AGAIN),
            )
    return Meaning(
        _("The receiver failed."), (_("Ask the people who run the receiver to look at its log."), SEND_AGAIN)
    )
