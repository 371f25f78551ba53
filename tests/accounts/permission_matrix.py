"""The cells of the permission matrix: how a cell is checked through the real gates, and which rows it may write.

Expected is what the one role table says (`asora.accounts.roles.table.GRANTS`), and nothing else.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.test import Client

from asora.accounts.models import User
from asora.accounts.roles.table import GRANTS, PLATFORM
from asora.kernel.act import Act
from asora.kernel.door import Action
from asora.kernel.forms import DoorForm
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import PermissionDenied, Reason, Refusal, ValidationFailed
from audit.events.models import Event
from plans.models import Tenant
from tests.factories import people
from tests.headers import JSON
from tests.tenancy.routes import Route

ROLES = [(model, role) for model, roles in GRANTS.items() for role in roles]
# The rows that a refusal may write: its event, and the time when the session was last seen.
TRACES = {"audit_event", "audit_trailhead", "accounts_session"}


@dataclass
class Tally:
    """The number of checked cells, so that skipped cells are noticed."""

    allowed: int = 0
    refused: int = 0
    by_finer_rule: int = 0
    wrong: list[str] = field(default_factory=list)


class NeverValid(DoorForm):
    """A form that is never valid: an actor who passes the permission gate is stopped at the form."""

    def is_valid(self) -> bool:
        """Always False."""
        return False

    def values(self) -> dict[str, Any]:
        """No facts."""
        return {}

    def refusal(self) -> Refusal:
        """The refusal of this form."""
        return ValidationFailed("Not valid, on purpose.")


def expected(model: str, role: str, permission: str) -> bool:
    """The permissions from the role table."""
    return permission == SIGNED_IN or permission in GRANTS[model][role]


def settle(tenant: Tenant, model: str) -> None:
    """Set the role model of the bound tenant, with a person for each of its roles."""
    if model == PLATFORM:
        return
    Tenant.objects.filter(pk=tenant.pk).update(role_model=model)
    tenant.role_model = model
    for role in GRANTS[model]:
        if not User.objects.filter(email=f"{role}@example.com").exists():
            people.add_person(role)


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Roll back after each cell, so that cells do not affect each other."""
    # Not `atomic`: the door's own block is durable, and Django forbids one inside another block.
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def attempts() -> dict[str, int]:
    """How many rows of each table this transaction has tried to write, including those that were rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_xact_user_tables "
            "WHERE schemaname IN (current_schema(), 'public') AND n_tup_ins + n_tup_upd + n_tup_del > 0 GROUP BY 1"
        )
        return dict(cursor.fetchall())


def written_since(before: dict[str, int]) -> set[str]:
    """The tables with attempted writes since then, except those that a refusal may write."""
    return {name for name, number in attempts().items() if number != before.get(name, 0)} - TRACES


def lacked(response: Any) -> str:
    """The missing permission of a JSON refusal; empty for any other response."""
    if response.status_code != 403:
        return ""
    body = response.json()
    if (body["code"], body["reason"]) != ("PERMISSION_DENIED", "ROLE_LACKS_PERMISSION"):
        return ""
    return str(body["details"].get("permission", "nothing was named"))


def ask(client: Client, route: Route, method: str) -> Any:
    """One request of a client that reads JSON. An exception is raised. Restores the cookie after a sign-out."""
    cookies = copy.deepcopy(client.cookies)
    try:
        return client.generic(method, route.address, headers=JSON)
    finally:
        client.cookies = cookies


def check_route(tally: Tally, client: Client, permissions: frozenset[str], route: Route, method: str) -> None:
    """Check one role at one URL with one method."""
    cell = f"{method} {route}"
    may = route.policy == SIGNED_IN or route.policy in permissions
    response = ask(client, route, method)
    missing = lacked(response)
    if may:
        tally.allowed += 1
        if missing:
            # A rule inside the page requires another permission, which the table denies as well.
            tally.by_finer_rule += 1
            if missing in permissions or missing == route.policy:
                tally.wrong.append(f"{cell}: refused for want of {missing}, which the role has")
        elif response.status_code in {401, 500}:
            tally.wrong.append(f"{cell}: answered {response.status_code}")
        return
    tally.refused += 1
    if missing != route.policy:
        tally.wrong.append(f"{cell}: answered {response.status_code} {response.content[:200]!r}")
    recorded = Event.objects.filter(request_id=response["X-Request-ID"])
    action = getattr(route.view, "tries", "") or "page.open"
    if [(event.action, event.outcome, event.reason, event.decision[-1]["rule"]) for event in recorded] != [
        (action, "refused", "ROLE_LACKS_PERMISSION", route.policy)
    ]:
        tally.wrong.append(f"{cell}: the trail does not say so")


def check_action(tally: Tally, act: Act, permissions: frozenset[str], action: Action[Any, Any]) -> None:
    """Check one role at one action, through the door."""
    caught = None
    may = action.permission == SIGNED_IN or action.permission in permissions
    try:
        action.submit(act, NeverValid())
    except Refusal as refusal:
        caught = refusal
    recorded = [(event.action, event.outcome) for event in Event.objects.filter(request_id=act.request_id)]
    if recorded != [(action.name, "refused")]:
        tally.wrong.append(f"{action.name}: the trail says {recorded}")
    if may:
        tally.allowed += 1
        if not isinstance(caught, ValidationFailed):
            tally.wrong.append(f"{action.name}: stopped by {caught!r}")
        return
    tally.refused += 1
    is_denied = isinstance(caught, PermissionDenied) and caught.reason is Reason.ROLE_LACKS_PERMISSION
    if caught is None or not is_denied or caught.details["permission"] != action.permission:
        tally.wrong.append(f"{action.name}: not refused by its permission, but {caught!r}")
