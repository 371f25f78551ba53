"""What the tests of onboarding stand on: small files of a small company, and each step as an operator takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from asora.kernel.act import Act
from asora.onboarding import rules
from asora.onboarding.actions.drafts import (
    assign_plan,
    assign_role_model,
    confirm,
    start_onboarding,
)
from asora.onboarding.actions.steps import complete
from asora.onboarding.forms import OwnerForm, TenantForm
from asora.onboarding.seed_form import SeedForm
from asora.onboarding.workflow import tenant_steps
from plans.models import Onboarding

FILES: Mapping[str, bytes] = {
    "categories": b"code,name,parent_code\nPARTS,Parts,\nCHAINS,Chains,PARTS\n",
    "hubs": b"code,name\nNORTH,Northgate\n",
    "bins": b"hub_code,code\nNORTH,A-1\nNORTH,A-2\n",
    "vendors": b"code,name,eligible\nALDER,Alder Components,true\n",
    "items": (
        b"sku,name,category_code,unit,standard_cost,reorder_point,putaway_bin\n"
        b"CH-101,Chain 11-speed,CHAINS,EA,14.20,40,NORTH/A-1\n"
    ),
}
TENANT = {"costing": "average", "currency": "EUR", "time_zone": "Europe/Berlin"}
OWNER = {"email": "first.owner@example.com", "name": "Robin Vale"}


def start(act: Act, slug: str = "newcomer", name: str = "Newcomer Ltd") -> Onboarding:
    return start_onboarding(act, slug=slug, name=name)


def seed_form(onboarding: Onboarding, step: str, content: bytes | None = None) -> SeedForm:
    text = (FILES[step] if content is None else content).decode(errors="surrogateescape")
    return SeedForm({"text": text}, {}, onboarding=onboarding, step=step)


def tenant_form(onboarding: Onboarding, **changes: Any) -> TenantForm:
    given = {"plan": onboarding.plan or "pro", "role_model": onboarding.role_model or "standard"}
    return TenantForm(given | TENANT | changes, onboarding=onboarding)


def take(act: Act, onboarding: Onboarding, step: str, *, plan: str = "pro", files: Any = FILES) -> Any:
    """One step, by whatever the page or the command would call."""
    onboarding = Onboarding.objects.select_related("tenant").get(pk=onboarding.pk)
    if step.startswith(rules.CONFIRM):
        return confirm(act, onboarding=onboarding, kind=step.removeprefix(rules.CONFIRM), note="Seen")
    if step in rules.SEEDED:
        return tenant_steps.seed(act, onboarding, step, seed_form(onboarding, step, files[step]))
    steps: dict[str, Callable[[], Any]] = {
        "plan": lambda: assign_plan(act, onboarding=onboarding, plan=plan),
        "role_model": lambda: assign_role_model(act, onboarding=onboarding, role_model="standard"),
        "tenant": lambda: tenant_steps.create_tenant(act, onboarding, tenant_form(onboarding)),
        "verification": lambda: tenant_steps.verify(act, onboarding),
        "owner": lambda: tenant_steps.invite_owner(act, onboarding, OwnerForm(OWNER, onboarding=onboarding)),
        "completion": lambda: complete(act, onboarding=onboarding),
    }
    return steps[step]()


def go(act: Act, onboarding: Onboarding, *, until: str, plan: str = "pro", files: Any = FILES) -> Onboarding:
    """Every step before `until`, in order."""
    for step in rules.STEPS[: rules.STEPS.index(until)]:
        take(act, onboarding, step, plan=plan, files=files)
    return Onboarding.objects.select_related("tenant").get(pk=onboarding.pk)


def counts(schema: str) -> dict[str, int]:
    """Table to number of rows, of everything in one schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        each = [f'SELECT \'{table}\', count(*) FROM "{schema}"."{table}"' for (table,) in cursor.fetchall()]
        if not each:
            return {}
        cursor.execute(" UNION ALL ".join(each))
        return dict(cursor.fetchall())


def state(onboarding: Onboarding) -> dict[str, Any]:
    """Everything that a step can change in public, but for the trail."""
    row = Onboarding.objects.get(pk=onboarding.pk)
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return values | {"confirmed": sorted(row.confirmations.values_list("kind", flat=True))}
