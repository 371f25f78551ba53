"""Creating the demo tenants with realistic stock, only by the product's own actions.

They are the same every time: a fixed seed, dates counted back from today. Only a database without tenants gets them.
Where the clock can be moved, they have a past of months, recorded at its own times; elsewhere some weeks, recorded now.
"""

from __future__ import annotations

import contextlib
import csv
import io
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.management import call_command
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora import embedded
from asora.accounts.models import User
from asora.accounts.people.actions.people import create_user
from asora.demo import clock, desk, history, past, story, support_visits
from asora.demo.scenery import CATEGORIES, DEMOS, GOODS, OPERATORS, ROLES, VENDORS, DemoTenant
from asora.kernel import positions
from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from inventory.files.actions import import_bins, import_categories, import_hubs, import_items, import_vendors
from inventory.models import Item
from ledger.models import Posting
from plans.models import Tenant
from plans.onboarding import onboard


def make() -> None:
    """Add the demo tenants to a database that has no tenant yet."""
    if (
        Tenant.objects.customers()
        .filter(domains__isnull=False)
        .exclude(slug__in=[demo.slug for demo in DEMOS])
    ):
        return
    moves_clock = clock.can_be_moved()
    made: list[Tenant] = []
    for number, demo in enumerate(DEMOS):
        # One tenant after another, because times in the platform's own audit trail must not go back.
        began = timezone.now() - timedelta(days=story.DAYS_OF_A_PAST + len(DEMOS) - number)
        tenant, is_new = _make(demo, began=began if moves_clock else None)
        made += [tenant] if is_new else []
    if made:
        support_visits.make(made[0], moves_clock=moves_clock)
    if len(made) == len(DEMOS):
        desk.make(moves_clock=moves_clock)
    for tenant in made:
        with tenant_context(tenant):
            call_command("verify_ledger", tenant=tenant.slug, stdout=io.StringIO())
            if moves_clock:
                past.leave_a_job(tenant)


def sign_ins(*, port: int) -> str:
    """The addresses and sign-ins of the demo, for the terminal."""
    lines = ["", f"Asora runs on http://localhost:{port}", ""]
    password = _password(make=False)
    for demo in DEMOS if password else ():
        lines.append(f"  {demo.name:20} http://{demo.slug}.localhost:{port}")
        lines += [f"    {role:10} {role}@{demo.slug}.example" for role, _name in demo.people]
    if password:
        lines += [
            f"  {'Operators':20} http://localhost:{port}/admin/",
            *(f"    {role:13} {role}@asora.example" for role, _name in OPERATORS),
            "    Each sets up an authenticator app at the first sign-in. Use an app, or this command with the KEY:",
            "    .venv/bin/python -c 'import pyotp, sys; print(pyotp.TOTP(\"\".join(sys.argv[1:])).now())' KEY",
        ]
        lines += [
            "",
            f"  Password for all of them: {password}",
            "  Stop with Ctrl-C; `make stop` also stops the database.",
        ]
    return "\n".join([*lines, ""])


def _make(demo: DemoTenant, *, began: datetime | None) -> tuple[Tenant, bool]:
    """Create a tenant with all its data, or only the missing part. `began`: the start of its past, if it has one.

    Returns the tenant, and whether its history was created.
    """
    password = _password(make=True)
    public = Tenant.objects.get(schema_name="public")
    with clock.at(began) if began else contextlib.nullcontext():
        with tenant_context(public):
            _add_people(public, "asora", OPERATORS, password)
        tenant = Tenant.objects.filter(slug=demo.slug, domains__isnull=False).first() or _onboard(demo)
        with tenant_context(tenant):
            if began:
                positions.wind_back()
            _add_people(tenant, demo.slug, demo.people, password)
            if not Item.objects.exists():
                _add_master_data(tenant, demo)
    with tenant_context(tenant):
        is_new = not Posting.objects.exists()
        if is_new:
            history.add_history(tenant, demo, moves_clock=began is not None)
    return tenant, is_new


def _onboard(demo: DemoTenant) -> Tenant:
    public = Tenant.objects.get(schema_name="public")
    act = new_act(public, system("public", "demo", Permission.PLANS_ONBOARD_TENANT), route="manage.py serve")
    return onboard(
        act,
        slug=demo.slug,
        name=demo.name,
        plan=demo.plan,
        role_model=demo.role_model,
        costing=demo.costing,
        currency=demo.currency,
        time_zone=demo.time_zone,
    )


def _password(*, make: bool) -> str:
    """One password for all demo people, generated once and stored beside the database."""
    path = embedded.home() / "demo_password"
    if not path.exists():
        if not make:
            return ""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(f"stock-{secrets.token_hex(4)}")
    return path.read_text().strip()


def _act(tenant: Tenant, *permissions: Permission) -> Act:
    return new_act(tenant, system(tenant.schema_name, "demo", *permissions), route="manage.py serve")


def _add_people(tenant: Tenant, host: str, people: Iterable[tuple[str, str]], password: str) -> None:
    for login, name in people:
        email = f"{login}@{host}.example"
        if not User.objects.filter(email=email).exists():
            act = _act(tenant, Permission.ACCOUNTS_MANAGE_STAFF)
            create_user(act, email=email, name=name, role=ROLES.get(login, login), password=password)


def _csv(header: str, rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header.split(","), *rows])
    return text.getvalue().encode()


def _bin_codes(count: int) -> list[str]:
    return ["DOCK", *(f"{aisle}-{number}" for aisle in "ABC" for number in range(1, 9))][:count]


def _add_master_data(tenant: Tenant, demo: DemoTenant) -> None:
    act = _act(
        tenant,
        Permission.INVENTORY_MANAGE,
        Permission.INVENTORY_VENDOR_ELIGIBILITY,
        Permission.INVENTORY_OPERATE_HUB,
    )
    bins = [(hub, code) for hub, _name, count in demo.hubs for code in _bin_codes(count)]
    import_categories(act, content=_csv("code,name,parent_code", CATEGORIES))
    import_hubs(act, content=_csv("code,name", [hub[:2] for hub in demo.hubs]))
    import_bins(act, content=_csv("hub_code,code", bins))
    import_vendors(
        act, content=_csv("code,name,eligible", [(code, name, str(ok).lower()) for code, name, ok in VENDORS])
    )
    shelves = [bin_ for bin_ in bins if bin_[1] != "DOCK"]
    header = "sku,name,category_code,unit,decimals,standard_cost,reorder_point,putaway_bin,barcodes"
    rows = [_item(number, shelves) for number in range(demo.items)]
    import_items(act, content=_csv(header, rows))


def _item(number: int, shelves: Sequence[tuple[str, str]]) -> tuple[object, ...]:
    category, stem, name, unit, decimals, cost, reorder = GOODS[number % len(GOODS)]
    series = number // len(GOODS)
    label = name.format(n=8 + series, v=32 + 4 * series)
    hub, bin_ = shelves[number % len(shelves)]
    standard = Decimal(cost) * (10 + series) / 10
    barcode = f"40{number:02d}5512{series:03d}{number % 7}"
    return (
        f"{stem}-{1100 + 10 * series}",
        label,
        category,
        unit,
        decimals,
        standard,
        reorder,
        f"{hub}/{bin_}",
        barcode,
    )
