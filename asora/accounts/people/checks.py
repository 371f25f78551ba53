"""Checks of what is stored about a person: the address, the name, the role."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from asora.accounts.models.addresses import fold_address
from asora.accounts.roles.table import GRANTS, current_role_model
from asora.kernel.refusals import Reason, ValidationFailed

ADDRESS_LENGTH, NAME_LENGTH = 254, 120
# They change the reading direction of the text after them, and can make one name look like another (Unicode TR 36).
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def address_taken() -> ValidationFailed:
    """The refusal of an address that a person here already has, in this or another spelling."""
    return ValidationFailed.at_field(
        "email", _("Somebody already has this address."), reason=Reason.CODE_TAKEN
    )


def require_role(role: str) -> None:
    """Refuse a role that is not in this host's role model. VALIDATION_FAILED INVALID_INPUT."""
    roles = GRANTS.get(current_role_model(), {})
    if role not in roles:
        message = _("There is no such role here. Choose one of: %(known)s.") % {"known": ", ".join(roles)}
        raise ValidationFailed.at_field("role", message, reason=Reason.INVALID_INPUT)


def checked_address(typed: str) -> str:
    """An e-mail address in the form that is stored. Refusals: VALIDATION_FAILED INVALID_INPUT at `email`."""
    address = typed.strip()
    with refused_at("email"):
        validate_email(address)
        if len(address) > ADDRESS_LENGTH or len(fold_address(address)) > ADDRESS_LENGTH:
            raise ValidationError(_("This address is too long."))
        # Django's check accepts four letters that only look like ASCII letters, or fold to them.
        if not address.rpartition("@")[0].isascii():
            raise ValidationError(_("Use only the letters a to z before the @."))
    return address


def checked_name(typed: str) -> str:
    """A person's name in the form that is stored: on one line. Refusals: VALIDATION_FAILED INVALID_INPUT at `name`."""
    name = " ".join(typed.split())
    with refused_at("name"):
        if not name:
            raise ValidationError(_("Enter a name."))
        if len(name) > NAME_LENGTH:
            raise ValidationError(_("This name is too long."))
        if any(unicodedata.category(letter) in {"Cc", "Cs"} or letter in _OVERRIDES for letter in name):
            raise ValidationError(_("This name contains invisible characters. Remove them."))
    return name


@contextmanager
def refused_at(field: str) -> Iterator[None]:
    """Turn Django's ValidationError into a refusal at `field`."""
    try:
        yield
    except ValidationError as error:
        raise ValidationFailed.at_field(field, error.messages[0], reason=Reason.INVALID_INPUT) from error
