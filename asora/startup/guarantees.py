"""The guarantees that a process needs to serve: checked at start, by `check --database default`, and by `/readyz`."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, cast

import structlog
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection

from asora import environment
from asora.kernel import append_only, binding, clock, expected_tables
from asora.postgresql import pooling
from asora.startup import preparation
from plans.models import Tenant

WAIT_SECONDS = 0.5
log = structlog.get_logger("asora.startup")
ROLE = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"


def served_schemas() -> list[str]:
    """Public, the template, and every tenant that can be reached."""
    names = Tenant.objects.reachable().values_list("schema_name", flat=True)
    return sorted({"public", "_template", *names})


def problems() -> list[str]:
    """Every guarantee that is not met, as sentences; an empty list if all are met."""
    binding.bind_public()
    try:
        if not cast(Any, connection).keeps_its_session():
            return [pooling.NOT_KEPT]  # behind such a pooler no other check is reliable
    except pooling.SessionNotKept as error:
        return [str(error)]
    if preparation.lacks_migrations():
        return [preparation.UNPREPARED]
    found = [
        f"{tenant.slug}: its schema {tenant.schema_name} is missing"
        for tenant in Tenant.objects.missing().order_by("slug")
    ]
    schemas = served_schemas()
    found += expected_tables.problems(schemas)
    found += append_only.problems(schemas)
    if not settings.EMBEDDED and clock.has_demo_clock():
        found.append(
            "this database was created as a demo, so its clock can be moved; do not use it for real data"
        )
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        is_superuser, bypasses = cursor.fetchone()
        if is_superuser or bypasses:
            found.append(
                "the application's database role is a superuser: it could bypass the append-only triggers"
            )
    return found


def prove() -> None:
    """Refuse to start if a guarantee is not met."""
    if found := problems():
        raise ImproperlyConfigured("Asora does not start: " + "; ".join(found))


def prove_when_it_answers() -> None:
    """Like `prove`, but wait while the database is unreachable.

    A web worker that gave up instead would stop the whole server, because gunicorn ends when a worker cannot boot.
    """
    while True:
        try:
            prove()
        except (OperationalError, InterfaceError):
            log.warning("the database does not answer yet")
            connection.close()
            time.sleep(WAIT_SECONDS)
        else:
            return


@register(Tags.database)
def guarantees(app_configs: object, databases: Sequence[str] | None, **_: object) -> list[CheckMessage]:
    """The guarantees as a system check, once the tables exist."""
    if not databases or "public.plans_domain" not in _tables():
        return []
    return [Error(problem, id="asora.E001") for problem in problems()]


def _tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row[0] for row in cursor.fetchall()}


@register(Tags.security, deploy=True)
def former_names(app_configs: object, **_: object) -> list[CheckMessage]:
    """Warn about variables with the names of earlier releases, which are no longer read."""
    return [
        checks.Warning(f"{name} is set, but Asora reads ASORA_{name} instead.", id="asora.W001")
        for name in environment.FORMER
        if name in os.environ and f"ASORA_{name}" not in os.environ
    ]


@register(Tags.security, deploy=True)
def sealing_key(app_configs: object, **_: object) -> list[CheckMessage]:
    """Warn if nothing is sealed, and payloads have no signature that a public key verifies."""
    if settings.ASORA_SEALING_KEYS:
        return []
    why = (
        "ASORA_SEALING_KEY is not set, so the audit trail and the ledger are not sealed, and payloads of integrations"
        " are signed with shared secrets only."
    )
    return [checks.Warning(why, id="asora.W002")]
