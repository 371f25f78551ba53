"""Checks of Asora's guarantees on linked evidence, inside the tenant: each holds, is violated, or is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection

from asora.accounts.roles.table import current_role_model, granted
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, Values
from audit.events.models import Event
from integrations.dispatch.models import Dispatch
from ledger.models import Export, Posting
from support.evidence.checking import Checked
from support.investigations.readings.tenant import Readings
from support.investigations.rules import Linked

HOLDS, VIOLATED, UNKNOWN = "holds", "violated", "unknown"
MAX_POSITIONS = 1_000

# Documents whose lines are not numbered from one without a gap, and transfers that do not cancel out.
INCOMPLETE = """
SELECT posting.position
FROM ledger_posting posting LEFT JOIN ledger_entry entry ON entry.position = posting.position
WHERE posting.position = ANY(%(positions)s)
GROUP BY posting.position, posting.kind
HAVING count(entry.line) = 0 OR min(entry.line) <> 1 OR max(entry.line) <> count(entry.line)
    OR posting.kind = 'transfer' AND (sum(entry.quantity) <> 0 OR sum(entry.value) <> 0)
ORDER BY 1 LIMIT 20
"""
# The running balances of every bin that these documents moved, and the derived balance beside the last of each.
UNEQUAL = """
SELECT 'item ' || replayed.item_id || ' in bin ' || replayed.bin_id
FROM (SELECT entry.item_id, entry.bin_id, sum(entry.quantity) AS quantity,
             bool_or(entry.is_gap) AS has_gap
      FROM (SELECT item_id, bin_id, quantity,
                   bin_quantity <> quantity + lag(bin_quantity, 1, 0)
                       OVER (PARTITION BY item_id, bin_id ORDER BY position, line) AS is_gap
            FROM ledger_entry
            WHERE (item_id, bin_id) IN (SELECT item_id, bin_id FROM ledger_entry WHERE position = ANY(%(positions)s))
           ) entry
      GROUP BY entry.item_id, entry.bin_id) replayed
LEFT JOIN ledger_binbalance balance USING (item_id, bin_id)
WHERE replayed.has_gap OR replayed.quantity <> coalesce(balance.quantity, 0)
ORDER BY 1 LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one check. `findings`: what it compared, or what is wrong (`problems`)."""

    guarantee: str
    outcome: str
    findings: ReadOnlyValues = field(default_factory=dict)


def check_guarantees(links: Sequence[Linked], checked: Sequence[Checked], readings: Readings) -> list[Result]:
    """Every guarantee, in the order of `determinations.GUARANTEES`."""
    return [
        _event_unchanged(checked),
        _ledger_replays(links, readings),
        _refusal_wrote_nothing(links),
        _posting_complete(links),
        _outbound_only(links, readings),
        _same_decision(links),
        _same_export(readings),
    ]


def _event_unchanged(checked: Sequence[Checked]) -> Result:
    problems = [problem for one in checked for problem in one.problems]
    proved = sum(one.is_proved for one in checked)
    findings: Values = {"events": len(checked), "proved": proved}
    if problems:
        return Result("event_unchanged", VIOLATED, {**findings, "problems": problems})
    return Result("event_unchanged", HOLDS if proved else UNKNOWN, findings)


def _ledger_replays(links: Sequence[Linked], readings: Readings) -> Result:
    quantity = readings.quantity
    if quantity is not None and not quantity.problem:
        facts = quantity.facts()
        findings = {name: facts[name] for name in ("item", "place", "replayed", "shown", "gaps")}
        holds = quantity.is_equal and not quantity.gaps
        return Result("ledger_replays", HOLDS if holds else VIOLATED, findings)
    positions = _positions(links)
    if not positions:
        return Result("ledger_replays", UNKNOWN)
    problems = _column(UNEQUAL, positions=positions)
    return Result(
        "ledger_replays", VIOLATED if problems else HOLDS, {"positions": len(positions), "problems": problems}
    )


def _refusal_wrote_nothing(links: Sequence[Linked]) -> Result:
    refused = [link for link in links if link.stopped and link.is_sealed_kind]
    if not refused:
        return Result("refusal_wrote_nothing", UNKNOWN)
    requests = {link.request_id for link in refused}
    # A request can contain several actions, and what an allowed one wrote is no sign that the refused one wrote.
    allowed = set(
        Event.objects.filter(request_id__in=requests, outcome=Event.Outcome.ALLOWED).values_list(
            "request_id", flat=True
        )
    )
    alone = requests - allowed
    written = {
        "ledger": Posting.objects.filter(request_id__in=alone).count(),
        "exports": Export.objects.filter(request_id__in=alone).count(),
        "dispatches": Dispatch.objects.filter(request_id__in=alone).count(),
    }
    events = Event.objects.filter(request_id__in=requests, outcome__in=("refused", "failed"))
    changing = [event for event in events if event.changes or event.first_position is not None]
    findings: Values = {"requests": len(requests), "compared": len(alone), "written": written}
    if any(written.values()) or changing:
        return Result("refusal_wrote_nothing", VIOLATED, {**findings, "events": len(changing)})
    return Result("refusal_wrote_nothing", HOLDS, findings)


def _posting_complete(links: Sequence[Linked]) -> Result:
    positions = _positions(links)
    if not positions:
        return Result("posting_complete", UNKNOWN)
    present = set(Posting.objects.filter(position__in=positions).values_list("position", flat=True))
    problems = [f"#{position}" for position in sorted(set(positions) - present)]
    problems += [f"#{position}" for position in _column(INCOMPLETE, positions=positions)]
    findings = {"positions": len(positions), "problems": problems[:20]}
    return Result("posting_complete", VIOLATED if problems else HOLDS, findings)


def _outbound_only(links: Sequence[Linked], readings: Readings) -> Result:
    requests = {link.request_id for link in links if link.action.startswith("integrations.")}
    posted = Posting.objects.filter(request_id__in=requests).count() if requests else 0
    if readings.integration is not None and not readings.integration.problem:
        posted += readings.integration.postings
    elif not requests:
        return Result("outbound_only", UNKNOWN)
    return Result("outbound_only", VIOLATED if posted else HOLDS, {"postings": posted})


def _same_decision(links: Sequence[Linked]) -> Result:
    """Decide again what the events recorded: a ceiling by its figures, a permission by the table of roles."""
    decided: dict[str, bool] = {}
    for link in links:
        if (agrees := decide_again(link, role_model=current_role_model())) is not None:
            decided[link.request_id] = agrees
    if not decided:
        return Result("same_decision", UNKNOWN)
    problems = [request for request, agrees in decided.items() if not agrees]
    findings = {"decisions": len(decided), "problems": problems}
    return Result("same_decision", VIOLATED if problems else HOLDS, findings)


def decide_again(link: Linked, *, role_model: str) -> bool | None:
    """Whether the recorded figures or roles lead to the recorded refusal; None if the event does not record them."""
    facts = link.facts
    if link.refused_with("PLAN_LIMIT_EXCEEDED"):
        limit, usage = facts.get("limit"), facts.get("usage")
        if not isinstance(limit, int) or not isinstance(usage, int):
            return None
        asked = facts.get("asked")
        return usage + (asked if isinstance(asked, int) else 1) > limit
    if link.refused_with("PERMISSION_DENIED") and link.reason == "ROLE_LACKS_PERMISSION":
        permission, roles = facts.get("permission"), facts.get("roles")
        if not roles or permission not in set(Permission):
            return None
        return all(Permission(permission) not in granted(role_model=role_model, role=role) for role in roles)
    return None


def _same_export(readings: Readings) -> Result:
    exports = readings.exports
    if exports is None:
        return Result("same_export", UNKNOWN)
    made: Mapping[str, bool] = {
        one.request_id: one.is_reproduced for one in exports.asked if one.is_reproduced is not None
    }
    if not made:
        return Result("same_export", UNKNOWN)
    problems = [request for request, same in made.items() if not same]
    return Result(
        "same_export", VIOLATED if problems else HOLDS, {"exports": len(made), "problems": problems}
    )


def _positions(links: Sequence[Linked]) -> list[int]:
    """The ledger positions that linked events say they wrote."""
    found: set[int] = set()
    for link in links:
        positions = link.facts.get("positions")
        if link.outcome == "allowed" and positions:
            first, last = positions
            found.update(range(int(first), min(int(last), int(first) + MAX_POSITIONS) + 1))
    return sorted(found)[:MAX_POSITIONS]


def _column(statement: str, *, positions: Sequence[int]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"positions": list(positions)})
        return [str(value) for (value,) in cursor.fetchall()]
