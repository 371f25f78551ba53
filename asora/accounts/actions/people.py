"""Adding people. Inviting, changing and deactivating them is the staff page's later work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm

from asora.accounts.backends import current_role_model
from asora.accounts.models import User
from asora.accounts.roles import GRANTS, OPERATE_HUB
from asora.kernel.act import Act
from asora.kernel.door import action
from asora.kernel.refusals import Reason, ValidationFailed


def _address_taken() -> ValidationFailed:
    return ValidationFailed.at_field(
        "email", _("Somebody has this address already."), reason=Reason.CODE_TAKEN
    )


@contextmanager
def _at(field: str) -> Iterator[None]:
    """Turn Django's word for invalid into a refusal at `field`."""
    try:
        yield
    except ValidationError as error:
        raise ValidationFailed.at_field(field, error.messages[0], reason=Reason.INVALID_INPUT) from error


@action(
    "accounts.user.create", permission="accounts.manage_staff", nets={"accounts_user_email": _address_taken}
)
def create_user(
    act: Act, *, email: str, name: str, role: str, password: str, hubs: Iterable[Any] | None = None
) -> User:
    """Add a person with a role of the tenant's role model; `hubs=None`: works at all of them.

    Refusals: VALIDATION_FAILED INVALID_INPUT (unknown role, weak password, no address), CODE_TAKEN.
    """
    roles = GRANTS.get(current_role_model(), {})
    if role not in roles:
        known = ", ".join(roles)
        message = _("There is no role “%(role)s” here, but: %(known)s.") % {"role": role, "known": known}
        raise ValidationFailed.at_field("role", message, reason=Reason.INVALID_INPUT)
    user = User(email=email.strip(), name=name.strip(), role=role, all_hubs=hubs is None)
    with _at("email"):
        validate_email(user.email)
    with _at("password"):
        validate_password(password, user)
    if User.objects.filter(email__iexact=user.email).exists():
        raise _address_taken()
    user.set_password(password)
    user.save()
    granted = list(hubs or [])
    for hub in granted:
        assign_perm(OPERATE_HUB, user, hub)
    act.changed(
        user, after={"role": role, "all_hubs": user.all_hubs, "hubs": sorted(str(hub) for hub in granted)}
    )
    return user
