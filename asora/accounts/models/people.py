"""The directory of people. A user exists in exactly one schema: a tenant's, or public for operators and agents."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from asora.accounts.models.addresses import AddressKeyField, fold_address
from asora.accounts.roles import grants
from asora.accounts.roles.table import OPERATORS
from asora.kernel import binding
from asora.kernel.request_ids import CROCKFORD


def new_ref() -> str:
    """A pseudonym. Events, postings and labels name a person by it, so that the person can be erased."""
    return "u-" + "".join(secrets.choice(CROCKFORD) for _ in range(10)).lower()


class UserManager(BaseUserManager["User"]):
    """Finds people by address, in any spelling."""

    def with_address(self, typed: str) -> models.QuerySet[User]:
        """The person with this address: none or one."""
        key = fold_address(typed)
        return self.filter(email_key=key) if key else self.none()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.with_address(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """Name and address can be erased; the audit trail contains only `ref`.

    Django groups and per-user codenames are never used: permissions come from the role table and from guardian.
    """

    ref = models.CharField(max_length=20, unique=True, default=new_ref, editable=False)
    email = models.EmailField()
    email_key = AddressKeyField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    #: The person works at every hub; on the public host: for every tenant.
    all_hubs = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    #: When a link to a new password was last sent; the next one is sent only after a while.
    reset_sent_at = models.DateTimeField(null=True, blank=True)
    #: When name and address were erased, for good.
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email_key"], condition=~models.Q(email_key=""), name="accounts_user_email_once"
            ),
            models.CheckConstraint(
                condition=(models.Q(email="") & models.Q(email_key=""))
                | (~models.Q(email="") & ~models.Q(email_key="")),
                name="accounts_user_email_key_made",
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(email="", name="", is_active=False, last_login=None, reset_sent_at=None),
                name="accounts_user_erased_is_empty",
            ),
        ]

    #: The schema that the row was read from; both permission back ends compare it with the current one.
    schema = ""

    def __str__(self) -> str:
        return self.ref

    @property
    def trail_key(self) -> str:
        """The key of this person in gates and events (`kernel.keys`)."""
        return f"person:{self.ref}"

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are for a later Django
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> User:
        """Remember which schema the row came from: ids repeat across tenants."""
        user = super().from_db(db, field_names, values)
        user.schema = binding.schema_name()
        return user

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        """Always False, because guardian and Django both grant a superuser everything."""
        return False

    @property
    def is_staff(self) -> bool:
        """Return True for operators, who exist only in public: Django admin is open to them."""
        return self.role in OPERATORS and self.schema == binding.PUBLIC

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the permission back ends; there is no shortcut for superusers."""
        from django.contrib.auth import get_backends

        return self.is_active and any(
            backend.has_perm(self, perm, obj) for backend in get_backends() if hasattr(backend, "has_perm")
        )

    def granted_places(self) -> models.QuerySet[Any, Any]:
        """A query for the ids of the hubs (on the public host: tenants) that were granted to this person."""
        return grants.granted_places(self).order_by().values_list("pk", flat=True)

    def has_module_perms(self, app_label: str) -> bool:
        """Return True if the person has any permission of an app. Django admin asks this."""
        from django.contrib.auth import get_backends

        return self.is_active and any(
            backend.has_module_perms(self, app_label)
            for backend in get_backends()
            if hasattr(backend, "has_module_perms")
        )
