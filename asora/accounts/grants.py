"""Where somebody works: hubs inside a tenant, tenants on the public host. One shape for both, by guardian's grants.

Accounts stands below inventory and beside plans, so it takes both models by their label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Model, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from guardian.utils import get_user_obj_perms_model

from asora.accounts.models import User
from asora.accounts.roles import MANAGE_TENANT, OPERATE_HUB
from asora.kernel import binding
from asora.kernel.act import Actor
from asora.kernel.refusals import PermissionDenied, Reason, ValidationFailed
from asora.kernel.text import fold_code

ALL = "all"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is granted here: which model, by which of its fields people name it, and the permission on it.

    `folded`: the field in which that name is `fold_code` of itself.
    """

    model: str
    key: str
    folded: str
    permission: str
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


def places() -> QuerySet[Any]:
    """All hubs, archived ones too, or all tenants; by what people name them."""
    here = kind()
    rows: QuerySet[Any] = here.table._default_manager.order_by(here.key)
    return rows.exclude(schema_name=binding.PUBLIC) if here is TENANTS else rows


def held(user: Any) -> QuerySet[Any]:
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
    """What people call these places."""
    return sorted(str(getattr(row, kind().key)) for row in rows)


def described(user: User) -> str:
    """Where somebody works, in one text: two of them are the same exactly if nothing has changed in between."""
    return ALL if user.all_hubs else ",".join(named(held(user)))


def reaches_all(actor: Actor) -> bool:
    """Whether an actor works everywhere. A command or an operator inside a tenant was let in for this very act."""
    return actor.account is None or bool(getattr(actor.account, "all_hubs", False))


def reach(actor: Actor) -> QuerySet[Any]:
    """The places that an actor may give or take: where they work themselves, so that nobody reaches further."""
    return places() if reaches_all(actor) else held(actor.account)


def find(codes: Collection[str], *, field: str = "hubs") -> list[Any]:
    """The places of these names. Refusals: VALIDATION_FAILED UNKNOWN_HUB, INVALID_INPUT for none at all."""
    here = kind()
    if not codes:
        message = _("Choose at least one, or all of them.")
        raise ValidationFailed.at_field(field, message, reason=Reason.INVALID_INPUT)
    wanted = {str(code) for code in codes if "\x00" not in str(code)}
    found = set(places().filter(**{f"{here.key}__in": wanted}))
    # In another case than their own; of two from before that are equal, each has its own spelling only.
    others = {fold_code(code) for code in wanted - set(named(found))}
    known = list(places().filter(**{f"{here.folded}__in": others})) if others else []
    if len(known) != len(others) or not all("\x00" not in str(code) for code in codes):
        raise ValidationFailed.at_field(
            field, _("One of these does not exist here."), reason=Reason.UNKNOWN_HUB
        )
    return sorted({*found, *known}, key=lambda place: str(getattr(place, here.key)))


def require_reach(actor: Actor, changed: Iterable[Any] | None) -> None:
    """Refuse to give or take what the actor does not reach; `changed=None`: all of it.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED.
    """
    if reaches_all(actor):
        return
    mine = set(named(reach(actor)))
    beyond = ALL if changed is None else next((name for name in named(changed) if name not in mine), "")
    if beyond:
        here = kind()
        raise PermissionDenied(
            _("You can give and take only what you were given yourself."),
            reason=Reason.HUB_NOT_GRANTED,
            details={
                "permission": here.permission,
                here.plural: beyond,
                "remedy": _("Somebody who works everywhere can do it."),
            },
        )


def require_reach_of(actor: Actor, person: User) -> None:
    """Refuse to give a person anything who works where the actor does not: they would hold it there, too.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED.
    """
    require_reach(actor, None if person.all_hubs else held(person))
