"""What would let a person do what their rights refuse: another role, a grant, being active again, or another person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission as StoredPermission
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from guardian.utils import get_user_obj_perms_model

from asora.accounts.roles import grants
from asora.accounts.roles.table import GRANTS, MANAGE_STAFF, current_role_model, managing_roles
from asora.kernel.looking import RowAdded, RowChanged
from asora.kernel.refusals import Reason
from asora.kernel.repairs import NO_REPAIR, Found, Need, NoRepair, Repair, repairs

MAX_ALTERNATIVES = 4
MAX_PEOPLE = 5  # who are tried as the other person
NOT_A_PERSON = gettext_lazy("A command or an operator did this, with exactly the permissions of that work.")


@repairs(Reason.ROLE_LACKS_PERMISSION)
def _another_role(found: Found) -> Iterable[Need]:
    """A role with the permission, those with the fewest other permissions first."""
    permission, person = str(found.refusal.details.get("permission", "")), _person(found)
    roles = GRANTS.get(current_role_model(), {})
    having = sorted(
        (role for role, granted in roles.items() if permission in granted), key=lambda role: len(roles[role])
    )
    if not having:
        raise NoRepair(_("No role has this permission: it belongs to a link, a page or a command."))
    yield [_role(person, role) for role in having[:MAX_ALTERNATIVES]]


@repairs(Reason.HUB_NOT_GRANTED, Reason.TENANT_NOT_GRANTED)
def _another_place(found: Found) -> Iterable[Need]:
    """A grant for each place that was refused, or work everywhere."""
    person = _person(found)
    everywhere = Repair(
        key="everywhere",
        text=_("Let this person work everywhere."),
        by=(MANAGE_STAFF,),
        supposes=(RowChanged(get_user_model(), person.pk, {"all_hubs": True}),),
    )
    places = _refused_places(found)
    if not places:
        yield [everywhere]
    for place in places:
        yield [_grant(person, place), everywhere]


@repairs(Reason.NO_SESSION)
def _active_again(found: Found) -> Iterable[Need]:
    person = _person(found)
    if person.is_active:
        raise NoRepair(_("Nobody was signed in."))
    if person.erased_at is not None:
        raise NoRepair(NO_REPAIR[Reason.PERSON_ERASED])
    yield [
        Repair(
            key="active",
            text=_("Reactivate this person."),
            by=(MANAGE_STAFF,),
            supposes=(RowChanged(get_user_model(), person.pk, {"is_active": True}),),
        )
    ]


@repairs(Reason.LAST_OWNER)
def _another_owner(found: Found) -> Iterable[Need]:
    """Somebody else who can manage people, everywhere."""
    concerned: Any = found.values["person"]
    others = get_user_model()._default_manager.filter(is_active=True).exclude(ref=concerned.ref)
    managing = sorted(managing_roles(current_role_model()))
    other: Any = others.exclude(role__in=managing).order_by("pk").first() or others.order_by("pk").first()
    if other is None:
        raise NoRepair(_("There is nobody else here yet. Invite another person first."))
    yield [
        Repair(
            key=f"owner:{role}",
            text=_("Give another person the role “%(role)s”, at all hubs, first.") % {"role": role},
            by=(MANAGE_STAFF,),
            supposes=(RowChanged(get_user_model(), other.pk, {"role": role, "all_hubs": True}),),
        )
        for role in managing
    ]


@repairs(Reason.FOUR_EYES)
def _another_person(found: Found) -> Iterable[Need]:
    """Somebody else with the permission. A look with each of them says whether they could do it."""
    _person(found)
    permission = str(found.refusal.details.get("permission", ""))
    roles = GRANTS.get(current_role_model(), {})
    having = [role for role, granted in roles.items() if permission in granted]
    others = get_user_model()._default_manager.filter(is_active=True, role__in=having)
    refs = others.exclude(ref=found.person).order_by("-all_hubs", "pk").values_list("ref", flat=True)
    if not refs:
        raise NoRepair(_("Nobody else here has this permission yet."))
    yield [
        Repair(key=f"person:{ref}", text=_("Let another person with this permission do it."), as_person=ref)
        for ref in refs[:MAX_PEOPLE]
    ]


def _person(found: Found) -> Any:
    person = get_user_model()._default_manager.filter(ref=found.person).first() if found.person else None
    if person is None:
        raise NoRepair(NOT_A_PERSON)
    return person


def _role(person: Any, role: str) -> Repair:
    return Repair(
        key=f"role:{role}",
        text=_("Give this person the role “%(role)s”.") % {"role": role},
        by=(MANAGE_STAFF,),
        supposes=(RowChanged(get_user_model(), person.pk, {"role": role}),),
    )


def _grant(person: Any, place: Any) -> Repair:
    here = grants.kind()
    table: Any = here.table
    model: Any = get_user_obj_perms_model(table)
    app, _dot, codename = str(here.permission).partition(".")
    stored = StoredPermission.objects.get(content_type__app_label=app, codename=codename)
    values = {
        "id": -place.pk,
        "permission_id": stored.pk,
        "user_id": person.pk,
        "content_object_id": place.pk,
    }
    if model.objects.is_generic():
        values = {
            "id": -place.pk,
            "permission_id": stored.pk,
            "user_id": person.pk,
            "content_type_id": stored.content_type_id,
            "object_pk": str(place.pk),
        }
    return Repair(
        key=f"place:{place.pk}",
        text=_("Let this person work at %(place)s.") % {"place": getattr(place, here.key)},
        by=(MANAGE_STAFF,),
        supposes=(RowAdded(model, values),),
        hubs=(place.pk,) if here is grants.HUBS else (),
    )


def _refused_places(found: Found) -> list[Any]:
    """The places that the refusal names, by id or by name."""
    here, details = grants.kind(), found.refusal.details
    if found.refusal.hubs:
        return list(grants.places().filter(pk__in=found.refusal.hubs))
    named = details.get(here.plural) or details.get("tenant") or ""
    return list(grants.places().filter(**{here.key: named})) if named and named != grants.ALL else []
