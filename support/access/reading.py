"""How the desk reads one tenant: with support's rights, inside the agent's open session, and with a recorded look.

The rooms above get evidence only through `inside`. Call it in `derive=` of an action or in a view, never inside a
transaction of the public host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from plans.grants import require_managed
from plans.models import Tenant
from support.access import database_role, looks, queries
from support.access.actions import not_open
from support.access.models import AccessSession


def open_session(act: Act, tenant: Tenant) -> AccessSession:
    """The agent's open access session of a tenant.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN.
    """
    require_managed(act, tenant)
    latest = queries.latest(act, tenant)
    if latest is None or latest.state != "open":
        raise not_open(latest.state if latest else "")
    return latest.session


@contextmanager
def inside(act: Act, tenant: Tenant, *, page: str, address: str) -> Iterator[Act]:
    """Bind a tenant to read it for the desk. Yields the agent's act inside the tenant.

    `page`, `address`: what the tenant's trail says was looked at: a name of the desk's page, and the tenant's own
    address of what is read. Read everything before the block ends: afterwards the connection is closed. The session is
    checked again at the end, and the look is recorded; only then may anybody see what was read.
    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN. Raises Unavailable.
    """
    session = open_session(act, tenant)
    within = looks.act_inside(act, session)
    opened = database_role.open_connection()
    before = binding.tenant()
    refused: Refusal | None = None
    try:
        with _bound(tenant, opened, before):
            try:
                yield within
            except Refusal as refusal:
                refused = refusal
        is_open = queries.is_open(session, act.actor)
        refused = refused if is_open else not_open("ended")
        with _bound(tenant, opened, before):
            looks.record(
                within,
                session,
                outcome="refused" if refused else "allowed",
                refusal=refused,
                address=address,
                page=page,
            )
    finally:
        if opened is not None:
            opened.close()
    if refused is not None:
        raise refused


@contextmanager
def _bound(tenant: Tenant, opened: object, before: object) -> Iterator[None]:
    """Be bound to the tenant on the connection with support's rights; afterwards everything is as before."""
    with ExitStack() as stack:
        if opened is not None:
            stack.enter_context(binding.in_place_of_default(opened))
        else:
            stack.callback(binding.bind, before)
        binding.bind(tenant)
        yield
