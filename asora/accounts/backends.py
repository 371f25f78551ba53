"""The back end that signs people in, and the two back ends that grant permissions.

Both permission back ends refuse a user whose row was read in another schema than the current one, because user ids
repeat across tenants.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from guardian.backends import ObjectPermissionBackend

from asora.accounts.models import User
from asora.accounts.roles.table import MANAGE_TENANT, OPERATE_HUB, current_role_model, granted
from asora.kernel import binding
from asora.kernel.refusals import Reason


def _is_at_home(user: Any) -> bool:
    return isinstance(user, User) and user.is_active and user.schema == binding.schema_name()


class PasswordBackend(BaseBackend):
    """E-mail and password, in the current schema only."""

    def authenticate(
        self, request: HttpRequest | None, *, email: str = "", password: str = "", **other: Any
    ) -> User | None:
        """The active user with this address and password; costs the same whether the address exists or not."""
        user = User.objects.with_address(email).first()
        if user is None:
            User().set_password(password)
            return None
        if not user.check_password(password):
            return None
        if not user.is_active:
            if request is not None:  # for the event only: the response is that of a wrong password
                request.refused_because = Reason.PERSON_DEACTIVATED  # type: ignore[attr-defined]
            return None
        return user

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, while active."""
        return User.objects.filter(pk=user_id, is_active=True).first()


class RoleBackend(BaseBackend):
    """Tenant-wide permissions by role, and access to all hubs for people who work everywhere."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Return True if the role grants `perm` (no object), or the user works at every hub, or for every tenant."""
        if not _is_at_home(user_obj):
            return False
        if obj is not None:
            return user_obj.all_hubs and perm == (
                MANAGE_TENANT if user_obj.schema == binding.PUBLIC else OPERATE_HUB
            )
        return perm in granted(role_model=current_role_model(), role=user_obj.role)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Return True if the role grants any permission of an app."""
        if not _is_at_home(user_obj):
            return False
        permissions = granted(role_model=current_role_model(), role=user_obj.role)
        return any(name.startswith(f"{app_label}.") for name in permissions)


class GrantBackend(ObjectPermissionBackend):
    """Guardian's object permissions (hubs in a tenant, tenants in public), never without an object."""

    def authenticate(  # type: ignore[override]  # a back end may take none
        self, request: HttpRequest | None, **credentials: Any
    ) -> None:
        """Guardian never signs anybody in."""
        return

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Return True if guardian granted `perm` on this object."""
        if obj is None or not _is_at_home(user_obj):
            return False
        return bool(super().has_perm(user_obj, perm, obj))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Always False: object permissions do not open an app."""
        return False
