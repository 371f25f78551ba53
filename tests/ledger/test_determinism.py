"""Determinism: the same report of the same scope is the same file, byte by byte, whatever else has changed.

One committed history, and every report of it in every format. Later changes by the tests are rolled back.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import time_machine
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone, translation

from asora.accounts.people.actions.people import change_hubs
from asora.accounts.roles.grants import described
from asora.kernel import positions
from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from inventory.actions.bins import create_bin, edit_bin
from inventory.actions.categories import create_category, edit_category
from inventory.actions.hubs import create_hub, edit_hub
from inventory.actions.items import archive_item, create_item, edit_item
from inventory.actions.vendors import archive_vendor, edit_vendor
from inventory.models import Category, Item, Vendor
from ledger.exports.actions import create_export
from ledger.exports.requests import EXTENSIONS, Requested
from ledger.models import Export
from ledger.proof.actions import rebuild
from ledger.reports import REPORTS
from ledger.reports.derivation import Derived, derive, file_name
from ledger.reports.scope import Scope
from plans.models import Tenant
from tests.conftest import TenantClient, throwaway_tenants
from tests.factories import people
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.factories.random_past import FIRST_DAY, post_at_random, set_high_reorder_points
from tests.ledger.report_fixtures import HUBS, name_items

REPOSITORY = Path(__file__).resolve().parents[2]
ELSEWHERE = {"LANGUAGE_CODE": "de", "USE_THOUSAND_SEPARATOR": True, "TIME_ZONE": "Asia/Kathmandu"}


@dataclass(frozen=True)
class ExportedTenant:
    """A tenant with a history; for every file its scope, its first derivation, and its export."""

    tenant: Tenant
    master_data: MasterData
    scopes: dict[str, Scope]
    files: dict[tuple[str, str], tuple[Derived, bytes]]
    exports: dict[tuple[str, str], Export]

    def act(self, role: str = "owner") -> Act:
        return people.act_of(people.person(role, self.tenant), self.tenant)


@pytest.fixture(scope="module")
def lived(django_db_setup: None, django_db_blocker: Any) -> Iterator[ExportedTenant]:
    with django_db_blocker.unblock(), throwaway_tenants() as make:
        tenant = make(plan="enterprise")
        master_data = make_master_data()
        act = people.act_of(people.person("owner", tenant), tenant)
        name_items(master_data)
        create_item(act, sku="NEVER", name="Never moved", category=Category.objects.get(), unit="pcs",
                    reorder_point=Decimal(5))  # fmt: skip
        set_high_reorder_points(act, master_data)
        post_at_random(act, master_data, seed=21, steps=40)
        scopes = {slug: _scope(slug) for slug in REPORTS}
        files = {
            (slug, extension): derived(slug, scopes[slug], extension)
            for slug in REPORTS
            for extension in EXTENSIONS
        }
        exports = {
            (slug, extension): create_export(
                act, report=REPORTS[slug], hubs=[master_data.north, master_data.south],
                requested=Requested(
                    REPORTS[slug], scopes[slug], extension,
                    file_name(REPORTS[slug], scopes[slug], tenant=tenant.slug, extension=extension), done,
                ),
            )
            for (slug, extension), (done, _content) in files.items()
        }  # fmt: skip
        yield ExportedTenant(tenant, master_data, scopes, files, exports)


@pytest.fixture
def past(lived: ExportedTenant) -> Iterator[ExportedTenant]:
    """The past, bound, in a transaction that is rolled back; the database session is closed afterwards."""
    connection.set_tenant(lived.tenant)
    undone: Any = transaction.atomic()
    # As in Django's own test cases: the door's transactions must not be durable here.
    undone._from_testcase = True
    with undone:
        yield lived
        transaction.set_rollback(True)
    connection.close()


def _scope(slug: str) -> Scope:
    """A period by effective date if the report has one; otherwise a position in the middle."""
    head = positions.current()
    if not REPORTS[slug].has_period:
        return Scope(position=2 * head // 3, hubs=HUBS, categories=("PARTS",))
    days = {"since": FIRST_DAY + dt.timedelta(days=3), "until": FIRST_DAY + dt.timedelta(days=14)}
    return Scope(position=head, hubs=HUBS, **days)


def derived(slug: str, scope: Scope, extension: str) -> tuple[Derived, bytes]:
    file = io.BytesIO()
    done = derive(REPORTS[slug], scope, extension=extension, into=file)
    return done, file.getvalue()


def test_hashes_are_those_of_the_bytes_and_of_the_rows(past: ExportedTenant) -> None:
    for (slug, extension), (done, content) in past.files.items():
        assert done.rows > 0, slug
        assert done.file_sha256 == hashlib.sha256(content).hexdigest()
        assert done.rows_sha256 == past.files[slug, "csv"][0].rows_sha256, (slug, extension)
    assert len({done.file_sha256 for done, _content in past.files.values()}) == len(past.files)


# The place and time of the derivation


@contextlib.contextmanager
def zone_of_the_process(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


@contextlib.contextmanager
def session(**settings: str) -> Iterator[None]:
    """Different settings of the database session, which is closed after the test."""
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    yield


@contextlib.contextmanager
def after_two_seconds() -> Iterator[None]:
    """An archive stores times in steps of two seconds, a document in steps of one."""
    time.sleep(2.1)
    yield


CIRCUMSTANCES: dict[str, Callable[[], Any]] = {
    "again": contextlib.nullcontext,
    "a moment later": after_two_seconds,
    "in another year": lambda: time_machine.travel("2041-07-01"),
    "before the past": lambda: time_machine.travel("1999-12-31"),
    "in German": lambda: translation.override("de"),
    "German settings": lambda: override_settings(**ELSEWHERE),
    "right to left": lambda: translation.override("ar"),
    "in Kathmandu": lambda: timezone.override("Asia/Kathmandu"),
    "process in Kathmandu": lambda: zone_of_the_process("Asia/Kathmandu"),
    "session in Kathmandu": lambda: session(TimeZone="Asia/Kathmandu"),
    "days as in Germany": lambda: session(DateStyle="German, DMY"),
    "days as in SQL": lambda: session(DateStyle="SQL, MDY", IntervalStyle="sql_standard"),
    "few digits": lambda: session(extra_float_digits="-15", bytea_output="escape"),
    "other locales": lambda: session(lc_numeric="C.utf8", lc_time="C.utf8", lc_monetary="C.utf8"),
    "Latin": lambda: session(client_encoding="LATIN1"),
    "sorting by hand": lambda: session(
        enable_indexscan="off", enable_nestloop="off", enable_sort="off", jit="on", work_mem="64kB"
    ),
    "one by one": lambda: session(enable_hashjoin="off", enable_hashagg="off", enable_mergejoin="off"),
}


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_the_same_bytes(past: ExportedTenant, circumstance: str) -> None:
    with CIRCUMSTANCES[circumstance]():
        found = {file: derived(file[0], past.scopes[file[0]], file[1]) for file in past.files}
    assert [file for file in past.files if found[file] != past.files[file]] == []


SCRIPT = """
import django, io, json, sys; django.setup()
import time_machine
from django.db import connection
from django.test import override_settings
from plans.models import Tenant
from ledger.reports import REPORTS
from ledger.reports.derivation import derive
from ledger.reports.scope import Scope
asked = json.load(sys.stdin)
found = []
with time_machine.travel(asked["day"]), override_settings(**asked["settings"]):
    connection.set_tenant(Tenant.objects.get(slug=asked["tenant"]))
    for slug, extension, parameters, position in asked["files"]:
        done = derive(REPORTS[slug], Scope.of(parameters, position=position), extension=extension)
        found.append([slug, extension, done.rows, done.rows_sha256, done.file_sha256])
print(json.dumps(found))
"""


@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_another_process_comes_to_the_same(past: ExportedTenant, place: str) -> None:
    is_far = place == "elsewhere"
    asked = {
        "tenant": past.tenant.slug,
        "day": "2041-07-01" if is_far else dt.datetime.now(dt.UTC).isoformat(),
        "settings": ELSEWHERE if is_far else {},
        "files": [
            (slug, extension, past.scopes[slug].parameters(), past.scopes[slug].position)
            for slug, extension in past.files
        ],
    }
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": _url_of(connection.settings_dict),
        "SECRET_KEY": "only-for-tests",
        "PYTHONHASHSEED": "7" if is_far else "0",
    }
    if is_far:
        environment |= {
            "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "de_DE.UTF-8", "LANGUAGE": "de",
            "PGTZ": "Asia/Kathmandu",
        }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=REPOSITORY,
        env=environment,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        [*file, here.rows, here.rows_sha256, here.file_sha256]
        for file, (here, _content) in past.files.items()
    ]


def _url_of(settings: dict[str, Any]) -> str:
    where = {"host": settings["HOST"], "port": settings["PORT"]}
    given = urlencode({name: value for name, value in where.items() if value})
    user = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
    return f"postgresql://{user}@/{settings['NAME']}?{given}"


# Later changes in the tenant


def more_of_everything(past: ExportedTenant) -> None:
    """More documents, backdated into every period, with reversals and counts."""
    post_at_random(past.act(), past.master_data, seed=77, steps=25)


def other_names(past: ExportedTenant) -> None:
    act = past.act()
    for item in past.master_data.items.values():
        item.refresh_from_db()
        edit_item(act, item=item, version=item.version, name=f"={item.name} renamed")
    for hub in (past.master_data.north, past.master_data.south):
        edit_hub(act, hub=hub, version=hub.version, name="Elsewhere")
    for bin_ in past.master_data.bins.values():
        edit_bin(act, bin=bin_, version=bin_.version, name="Renamed")
    for vendor in Vendor.objects.all():
        edit_vendor(act, vendor=vendor, version=vendor.version, name=f"{vendor.name} & Sons")


def other_categories(past: ExportedTenant) -> None:
    act = past.act()
    above = create_category(act, code="ABOVE", name="Above")
    below = create_category(act, code="BELOW", name="Below", parent=above)
    parts = Category.objects.get(code="PARTS")
    edit_category(act, category=parts, version=parts.version, name="Pieces", parent=below)
    for item in past.master_data.items.values():
        item.refresh_from_db()
        edit_item(act, item=item, version=item.version, category=below)


def archived(past: ExportedTenant) -> None:
    for item in past.master_data.items.values():
        archive_item(past.act(), item=item)
    for vendor in Vendor.objects.all():
        archive_vendor(past.act(), vendor=vendor)


def another_hub(past: ExportedTenant) -> None:
    act = past.act()
    hub = create_hub(act, code="WEST", name="West")
    past.master_data.bins["WEST/A-1"] = create_bin(act, hub=hub, code="A-1")
    try:
        day = FIRST_DAY + dt.timedelta(days=5)
        deliver(
            act,
            past.master_data,
            receipt(past.master_data, line(past.master_data, "BOLT", "WEST/A-1", "5", "9"), day=day),
        )
    finally:
        del past.master_data.bins["WEST/A-1"]


def other_points_and_units(past: ExportedTenant) -> None:
    act = past.act()
    want = {"reorder_point": Decimal(1), "standard_cost": Decimal(77)}
    for item in past.master_data.items.values():
        item.refresh_from_db()
        edit_item(
            act, item=item, version=item.version, **want, reorder_points={past.master_data.north: Decimal(3)}
        )
    never = Item.objects.get(sku="NEVER")
    edit_item(act, item=never, version=never.version, unit="box", decimals=2)


def other_grants(past: ExportedTenant) -> None:
    owner, manager = (people.person(role, past.tenant) for role in ("owner", "manager"))
    change_hubs(people.act_of(owner, past.tenant), person=manager, hubs=["SOUTH"], seen=described(manager))


def rebuilt(past: ExportedTenant) -> None:
    rebuild(new_act(past.tenant, system(past.tenant.schema_name, "rebuild_ledger", "ledger.rebuild")))


DEEDS = [
    more_of_everything,
    other_names,
    other_categories,
    another_hub,
    other_points_and_units,
    other_grants,
    archived,
    rebuilt,
]


@pytest.mark.parametrize("deed", [*DEEDS, None], ids=lambda deed: deed.__name__ if deed else "all_of_it")
def test_the_same_file_whatever_happened_since(
    past: ExportedTenant, deed: Callable[[ExportedTenant], None] | None
) -> None:
    """Derived again and downloaded again, in every format."""
    for each in [deed] if deed else DEEDS:
        each(past)
    client = TenantClient(past.tenant)
    client.sign_in(people.person("owner", past.tenant))
    connection.set_tenant(past.tenant)
    for (slug, extension), before in past.files.items():
        assert derived(slug, past.scopes[slug], extension) == before, (slug, extension)
        answer = client.get(f"/exports/{past.exports[slug, extension].pk}/download/")
        assert answer.status_code == 200, answer.content
        assert b"".join(answer.streaming_content) == before[1], (slug, extension)
        assert answer["X-Asora-Rows-SHA256"] == before[0].rows_sha256
