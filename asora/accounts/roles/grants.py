"""Where a person works: hubs inside a tenant, tenants on the public host. Both are stored as guardian's grants.

Accounts is below inventory and beside plans and must not import them, so it gets both models by their labels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Model
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from guardian.utils import get_user_obj_perms_model

from asora.accounts.roles.table import MANAGE_TENANT, OPERATE_HUB
from asora.kernel import binding
from asora.kernel.actors import Account, Actor
from asora.kernel.permissions import Permission
from asora.kernel.reach import reach, works_everywhere
from asora.kernel.refusals import PermissionDenied, Reason, ValidationFailed
from asora.kernel.shapes import Rows
from asora.kernel.text import fold_code

ALL = "all"


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of place that is granted: its model, the field with its name, and the permission on it.

    `folded`: the field that contains `fold_code` of the name.
    """

    model: str
    key: str
    folded: str
    permission: Permission
    plural: str

    @property
    def table(self) -> type[Model]:
        """The model itself."""
        return apps.get_model(self.model)


HUBS = Kind("inventory.Hub", "code", "code_key", OPERATE_HUB, "hubs")
TENANTS = Kind("plans.Tenant", "slug", "slug", MANAGE_TENANT, "tenants")


def kind() -> Kind:
    """Hubs inside a tenant, tenants on the public host."""
    return TENANTS if binding.schema_name() == binding.PUBLIC else HUBS


def places() -> Rows:
    """All hubs, including archived ones, or all tenants, in the order of their names."""
    here = kind()
    rows: Rows = here.table._default_manager.order_by(here.key)
    return rows.exclude(schema_name=binding.PUBLIC) if here is TENANTS else rows


def granted_places(user: object) -> Rows:
    """The places granted to `user`: to a person, or as an `OuterRef` to each person of an outer query."""
    here = kind()
    guarded: Any = here.table
    granting: Any = get_user_obj_perms_model(guarded)
    rows = granting.objects.filter(user=user, permission__codename=here.permission.partition(".")[2])
    if not granting.objects.is_generic():
        return places().filter(pk__in=rows.values("content_object_id"))
    rows = rows.filter(content_type=ContentType.objects.get_for_model(guarded))
    return places().filter(pk__in=rows.annotate(place=Cast("object_pk", BigIntegerField())).values("place"))


def named(rows: Iterable[Any]) -> list[str]:
    """The names of these places, sorted."""
    return sorted(str(getattr(row, kind().key)) for row in rows)


def described(user: Account) -> str:
    """Where a person works, as one text. Two texts are equal exactly if the places are the same."""
    return ALL if user.all_hubs else ",".join(named(granted_places(user)))


def within_reach(actor: Actor) -> Rows:
    """The places that an actor may grant or revoke: only those where they work themselves."""
    return reach(actor).of(places())


def find(codes: Collection[str], *, field: str = "hubs") -> list[Any]:
    """The places with these names. Refusals: VALIDATION_FAILED UNKNOWN_HUB, INVALID_INPUT if there are no names."""
    here = kind()
    if not codes:
        message = _("Choose at least one, or all of them.")
        raise ValidationFailed.at_field(field, message, reason=Reason.INVALID_INPUT)
    wanted = {str(code) for code in codes if "\x00" not in str(code)}
    found = set(places().filter(**{f"{here.key}__in": wanted}))
    # Names in another spelling. Two old names that fold to the same form are found by their exact spelling only.
    others = {fold_code(code) for code in wanted - set(named(found))}
    known = list(places().filter(**{f"{here.folded}__in": others})) if others else []
    if len(known) != len(others) or not all("\x00" not in str(code) for code in codes):
        raise ValidationFailed.at_field(
            field, _("One of these does not exist here."), reason=Reason.UNKNOWN_HUB
        )
    return sorted({*found, *known}, key=lambda place: str(getattr(place, here.key)))


def require_reach(actor: Actor, changed: Iterable[Any] | None) -> None:
    """Refuse to grant or revoke places where the actor does not work; `changed=None`: all places.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED.
    """
    if works_everywhere(actor):
        return
    mine = set(named(within_reach(actor)))
    beyond = ALL if changed is None else next((name for name in named(changed) if name not in mine), "")
    if beyond:
        here = kind()
        raise PermissionDenied(
            _("You can give or take away only places where you work yourself."),
            reason=Reason.HUB_NOT_GRANTED,
            details={
                "permission": here.permission,
                here.plural: beyond,
                "remedy": _("Ask somebody who works everywhere to do it."),
            },
        )


def require_reach_of(actor: Actor, person: Account) -> None:
    """Refuse to change the rights of a person who works where the actor does not: the change would apply there, too.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED.
    """
    require_reach(actor, None if person.all_hubs else granted_places(person))
