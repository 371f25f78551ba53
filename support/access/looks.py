"""What an agent is inside a tenant, and the event of each look, in the tenant's own trail."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from asora.kernel.act import Act, Record
from asora.kernel.events import record_event
from asora.kernel.evidence import explain
from asora.kernel.ladder import Ladder, Outcome, rule_of
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal, ValidationFailed
from audit.explorer.event_query import EventQuery
from support.access.actions import WORK_DESK
from support.access.models import AccessSession
from support.words import LOOK

#: What an agent may see inside a tenant: the audit trail, in all hubs.
GRANTED = frozenset({Permission.AUDIT_VIEW, Permission.INVENTORY_OPERATE_HUB})
MAX_ADDRESS = 1_000
#: Parameters whose values name no person and are no free text. Of all others only the length is recorded.
KEPT = frozenset(
    {
        "outcome",
        "action",
        "code",
        "reason",
        "rule",
        "request",
        "hub",
        "since",
        "until",
        "format",
        "event",
    }
)
CODE = re.compile(r"[\w.:+-]{1,64}")
#: The key of a record or the pseudonym of a person, which name nobody in any parameter.
KEY = re.compile(r"[a-z_]+\.[a-z_]+:[\w-]+|u-[0-9a-z]{10}")


def act_inside(act: Act, session: AccessSession) -> Act:
    """The agent's act inside the tenant of a session: it reads in all hubs, and its session is the access session."""
    actor = replace(
        act.actor,
        schema=session.tenant.schema_name,
        account=None,
        granted=GRANTED,
        proved_at=None,
        session_ref=session.pk.hex,
    )
    return replace(act, tenant=session.tenant, actor=actor, record=None)


def recorded_address(address: str, *, is_valid: bool = True) -> str:
    """An address with its parameters, as the trail keeps it: it can never be erased, and a person can.

    `is_valid`: whether the page could read the parameters. If not, anything may have been typed in any of them.
    """
    path, _mark, query = address.partition("?")
    kept = [
        f"{name}={value if is_code or KEY.fullmatch(value) else f'[{len(value)} characters]'}"
        for name, value in parse_qsl(query)
        if name.isidentifier()
        for is_code in (is_valid and name in KEPT and CODE.fullmatch(value),)
    ]
    return f"{path}?{'&'.join(kept)}" if kept else path


def record(
    act: Act,
    session: AccessSession,
    *,
    outcome: str,
    refusal: Refusal | None,
    address: str,
    page: str,
    method: str = "GET",
) -> None:
    """Write a look to the trail of the bound tenant. `act`: that of `act_inside`. `address`: as on the tenant's host.

    Raises DatabaseError if that is not possible: then nothing may be shown.
    """
    is_valid = not isinstance(refusal, ValidationFailed)
    if refusal is not None and not is_valid:  # its messages repeat what was typed
        refusal = ValidationFailed(_("The page could not read its parameters."), reason=refusal.reason)
    ladder = Ladder()
    ladder.passed("authenticated", actor_type=act.actor.type)
    if refusal is None:
        ladder.passed("permitted", inputs=[session.trail_key], rule=WORK_DESK, roles=list(act.actor.roles))
    else:
        explain(act, refusal)
        ladder.stopped(refusal, rule=rule_of(refusal, asked=LOOK), inputs=[session.trail_key])
    kept = recorded_address(address, is_valid=is_valid)
    facts = {"page": page, "method": method, "address": kept[:MAX_ADDRESS]}
    record_event(
        act,
        Outcome(
            action=LOOK,
            outcome=outcome,
            ladder=ladder.steps if outcome != "failed" else [],
            resource=("", "", kept[:200]),
            record=Record(facts=facts, refs={"ticket": session.ticket} if session.ticket else {}),
            refusal=refusal,
            hubs=_hubs(act, address),
        ),
    )


def _hubs(act: Act, address: str) -> list[int]:
    """The hubs of a look: a filter may name what only people of all hubs may see."""
    asked = dict(parse_qsl(address.partition("?")[2]))
    with contextlib.suppress(ValidationFailed):
        return EventQuery.from_params(asked).concerns(act.actor)
    return []
