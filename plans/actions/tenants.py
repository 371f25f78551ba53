"""Creating tenants. Public rows only; `plans.schemas` makes the schema between the two actions."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from plans import schemas
from plans.models import RESERVED_SLUGS, Domain, PlanChange, Tenant, schema_name_of

FIRST_PLAN = "The plan that the tenant was created with"


def _slug_taken() -> ValidationFailed:
    return ValidationFailed.at_field("slug", _("This name is already taken."), reason=Reason.CODE_TAKEN)


@action(
    "plans.tenant.create",
    permission=Permission.PLANS_ONBOARD_TENANT,
    subject="slug",
    constraint_refusals={"plans_tenant_slug_key": _slug_taken, "plans_tenant_schema_name_key": _slug_taken},
    step_up=True,
    done=gettext_lazy("created tenant {label}"),
    tried=gettext_lazy("tried to create tenant {label}"),
)
def create_tenant(
    act: Act,
    *,
    slug: str,
    name: str,
    plan: str,
    role_model: str,
    costing: str = Tenant.Costing.AVERAGE,
    currency: str = "EUR",
    time_zone: str = "UTC",
) -> Tenant:
    """Create the row of a tenant and its first plan. Nobody can reach the tenant before `open_tenant`.

    Refusals: VALIDATION_FAILED NAME_RESERVED, CODE_TAKEN, INVALID_INPUT.
    """
    if slug in RESERVED_SLUGS:
        raise ValidationFailed.at_field("slug", _("This name is reserved."), reason=Reason.NAME_RESERVED)
    if role_model == Tenant.RoleModel.PLATFORM:
        message = _("This role model is only for the public host.")
        raise ValidationFailed.at_field("role_model", message, reason=Reason.INVALID_INPUT)
    if Tenant.objects.filter(slug=slug).exists():
        raise _slug_taken()
    tenant = Tenant(
        slug=slug,
        schema_name=schema_name_of(slug),
        name=name,
        plan=plan,
        role_model=role_model,
        costing=costing,
        currency=currency,
        time_zone=time_zone,
    )
    try:
        tenant.full_clean(exclude=["schema_name"])
    except ValidationError as error:
        raise _invalid(error) from error
    tenant.save()
    PlanChange.objects.create(
        tenant=tenant,
        to_plan=plan,
        reason=FIRST_PLAN,
        changed_by=act.actor.ref,
        request_id=act.request_id,
    )
    act.touched(keys.PLAN, keys.ROLE_MODEL, keys.COSTING)
    act.changed(
        tenant,
        after={
            "slug": slug,
            "name": name,
            "plan": plan,
            "role_model": role_model,
            "costing": costing,
            "currency": currency,
            "time_zone": time_zone,
        },
    )
    return tenant


@action(
    "plans.tenant.open",
    permission=Permission.PLANS_ONBOARD_TENANT,
    subject="tenant",
    done=gettext_lazy("opened tenant {label}"),
    tried=gettext_lazy("tried to open tenant {label}"),
)
def open_tenant(act: Act, *, tenant: Tenant) -> Domain:
    """Give a tenant its host name, after its schema was checked. Does nothing if the tenant already has one.

    Refusals: STATE_CONFLICT when the schema lacks something that the template has.
    """
    act.reads(tenant)
    Tenant.objects.select_for_update().get(pk=tenant.pk)
    known: Domain | None = Domain.objects.filter(tenant=tenant).first()
    if known is not None:
        act.noop("it is already open")
        return known
    if found := schemas.problems(tenant.schema_name):
        raise StateConflict(_("The tenant's schema is incomplete."), details={"problems": found})
    domain = Domain(domain=f"{tenant.slug}.{settings.DOMAIN}", tenant=tenant, is_primary=True)
    domain.save()
    act.changed(tenant, before={"host": None}, after={"host": domain.domain})
    return domain


def _invalid(error: ValidationError) -> ValidationFailed:
    fields = {
        name: [{"reason": str(Reason.INVALID_INPUT), "message": message} for message in messages]
        for name, messages in error.message_dict.items()
    }
    first = next(iter(fields.values()))[0]["message"]
    return ValidationFailed(first, details={"fields": fields})
