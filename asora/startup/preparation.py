"""Migrates a database: public, the template, then every tenant. Takes one query if no migration is missing."""

from __future__ import annotations

import hashlib
import sys
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from asora.kernel import binding, locks
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from plans import schemas
from plans.models import Domain, Tenant
from support.access import database_role, readable
from support.clocks import publishing
from support.knowledge import shipped_texts
from support.knowledge.actions.shipping import publish_shipped

UNPREPARED = "the database is not prepared for this release of Asora; run manage.py prepare"


def prepare() -> None:
    """Apply missing migrations everywhere, and make sure that the public host exists. Safe to call at every start."""
    if _is_prepared():
        return
    sys.stderr.write("Preparing the database …\n")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [locks.key("prepare", "database")])
    try:
        schemas.migrate("public")
        public_tenant()
        schemas.make_template()
        # A tenant that is not open yet has no schema, or half of one. It will be made again from the template.
        for name in Tenant.objects.customers().reachable().values_list("schema_name", flat=True):
            schemas.migrate(name)
        database_role.prepare()
        publish_knowledge()
        binding.bind_public()
        publishing.publish_shipped()
        _mark_prepared()
    finally:
        # The migrations may have opened a new connection. Closing the session releases the lock in any case.
        binding.bind_public()
        connection.close()


def public_tenant() -> Tenant:
    """The row of the public host."""
    tenant, _ = Tenant.objects.get_or_create(
        schema_name="public",
        defaults={"slug": "public", "name": "Asora", "plan": "enterprise", "role_model": "platform"},
    )
    Domain.objects.get_or_create(domain=settings.DOMAIN, defaults={"tenant": tenant, "is_primary": True})
    return tenant


def publish_knowledge() -> None:
    """Publish the entries of the knowledge room that this release has changed."""
    binding.bind_public()
    actor = system("public", "release", Permission.SUPPORT_MANAGE_KNOWLEDGE)
    publish_shipped(new_act(public_tenant(), actor, route="manage.py prepare"))


def fingerprint() -> str:
    """A digest of the code's migrations, of what support's database role may read, and of the shipped knowledge."""
    names = sorted(".".join(key) for key in _migrations())
    content = [settings.DOMAIN, readable.digest(), shipped_texts.digest(), *names]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def lacks_migrations() -> bool:
    """Return True if the code has a migration that the database lacks.

    The database may have more than the code: during a deployment, processes of the earlier release are still running.
    """
    binding.bind_public()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return True
        cursor.execute("SELECT app, name FROM public.django_migrations")
        return not _migrations() <= set(cursor.fetchall())


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _is_prepared() -> bool:
    binding.bind_public()
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('public'::regnamespace)")
        (comment,) = cursor.fetchone()
    return bool(comment == _comment())


def _mark_prepared() -> None:
    binding.bind_public()
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON SCHEMA public IS '{_comment()}'")


def _comment() -> str:
    return f"asora prepared {fingerprint()}"
