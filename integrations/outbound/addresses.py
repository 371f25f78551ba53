"""The addresses that people enter, checked by the rules and by what the operator allows."""

from __future__ import annotations

from django.conf import settings

from asora.kernel.refusals import Reason, ValidationFailed
from integrations.outbound import rules


def check_url(url: str, *, field: str = "url") -> str:
    """Check the address of a receiver; returns it in its one spelling (host in lower case, no needless port).

    Nothing is looked up: the addresses of the host's name are checked each time that something is sent.
    Refusals: VALIDATION_FAILED ADDRESS_NOT_ALLOWED, at `field`.
    """
    try:
        return rules.target(
            url, allowed=settings.ASORA_OUTBOUND_ALLOWED, denied=settings.ASORA_OUTBOUND_DENIED
        ).url
    except rules.NotAllowed as error:
        raise ValidationFailed.at_field(field, error, reason=Reason.ADDRESS_NOT_ALLOWED) from error
