"""The support desk among 100,000 tickets: the inbox, a ticket page, and the clocks of 1,000 open tickets.

Requests go through the product's whole WSGI stack. The goals are times, so the ratio of a line is its time by its goal.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from time import perf_counter

from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from plans.models import Tenant
from support.clocks import queries, recording
from support.desk.inbox import open_tickets
from support.tickets.models import Ticket
from tests.bench.harness import Result, Size
from tests.conftest import TenantClient
from tests.factories import people, tenants

PAGE_GOAL, CLOCKS_GOAL = 0.100, 0.050
#: One ticket of this many is open.
OPEN_EVERY = 50
WITH_CLOCKS = 1_000

TICKETS = """
INSERT INTO support_ticket (
    id, number, tenant_id, source, subject, subject_length, reporter, about, state, queue, assignee, category, severity,
    issue_type, environment, component, code, action, reason, is_security, is_doc_gap, close_reason, is_confirmed,
    reminders, revision, opened_at, changed_at, resolved_at, closed_at, reopened, request_id
)
SELECT gen_random_uuid(), number, %(tenant)s, 'question', 'Question ' || number, length('Question ' || number),
       'u-bench', 'acacia-' || number, CASE WHEN is_open THEN 'triaged' ELSE 'closed' END,
       (ARRAY['l1', 'l2', 'l3', 'commercial'])[1 + number %% 4], '', chr(65 + number %% 8), 1 + number %% 4,
       'question', 'production', '', 'PLAN_LIMIT_EXCEEDED', 'inventory.item.create', 'PLAN_LIMIT_REACHED', false, false,
       CASE WHEN is_open THEN '' ELSE 'solved' END, CASE WHEN is_open THEN NULL ELSE true END,
       0, 1, opened, opened, CASE WHEN is_open THEN NULL ELSE opened END, CASE WHEN is_open THEN NULL ELSE opened END,
       0, 'bench-' || number
FROM (
    SELECT number, number %% %(open_every)s = 0 AS is_open, now() - number * interval '1 minute' AS opened
    FROM generate_series(1, %(tickets)s) AS number
) AS made
"""
MESSAGES = """
INSERT INTO support_message (
    id, ticket_id, kind, author_type, author, text, length, is_internal, channel, written_at, revision, request_id
)
SELECT gen_random_uuid(), id, 'question', 'customer', 'acacia:u-bench', repeat('Why was this refused? ', 20), 440,
       false, 'web', opened_at, 1, request_id
FROM support_ticket, generate_series(1, 3)
"""


def measure(size: Size) -> Iterator[Result]:
    """A line for each: the inbox, two of its filters, a ticket page, the clocks of 1,000 tickets."""
    tickets = size.events // 100
    public = tenants.public()
    with tenant_context(public):
        _fill(tickets)
        agent = TenantClient(public)
        agent.sign_in(people.person("agent", public))
        shown = open_tickets(people.act_of(people.person("agent", public), public).actor).first()
        assert shown is not None
        for name, address in (
            ("inbox", "/support/"),
            ("inbox, closed tickets", "/support/?state=closed"),
            ("inbox, words of a subject", "/support/?state=any&q=question+4711"),
            ("ticket page", f"/support/tickets/{shown.ref}/"),
        ):
            yield _timed(
                f"{name} among {tickets:,} tickets",
                lambda address=address: agent.get(address).status_code == 200,  # type: ignore[misc]
                goal=PAGE_GOAL,
                turns=size.reading_turns * 6,
            )
        timed = list(open_tickets_with_clocks())
        yield _timed(
            f"clocks of {len(timed):,} open tickets",
            lambda: len(queries.states(timed, timezone.now())) == len(timed),
            goal=CLOCKS_GOAL,
            turns=size.reading_turns * 6,
        )


def open_tickets_with_clocks() -> list[object]:
    """The ids of the tickets whose clocks were started."""
    return list(
        Ticket.objects.filter(state="triaged").order_by("number").values_list("pk", flat=True)[:WITH_CLOCKS]
    )


def _timed(work: str, turn: Callable[[], object], *, goal: float, turns: int) -> Result:
    seconds, wrong = [], []
    for _number in range(turns + 2):
        began = perf_counter()
        is_right = turn()
        seconds.append(perf_counter() - began)
        if not is_right:
            wrong.append(work)
    median = statistics.median(seconds[2:])
    return Result(
        work=work,
        ratio=median / goal,
        goal=1.0,
        is_at_most=True,
        detail=f"{median * 1000:,.3g} ms, goal {goal * 1000:g} ms",
        figures={"seconds": seconds, "wrong": wrong},
    )


def _fill(tickets: int) -> None:
    """Tickets as the product would write them. Triggers that demand a history are off while the rows are made."""
    tenant = Tenant.objects.get(slug="acacia")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("support_ticket", "support_message"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        values = {"tenant": tenant.pk, "tickets": tickets, "open_every": OPEN_EVERY}
        cursor.execute(TICKETS, values)
        cursor.execute(MESSAGES)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("support_ticket", "support_message"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    act = new_act(
        tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE), route="make bench"
    ).recording()
    with transaction.atomic():
        for ticket in Ticket.objects.filter(pk__in=open_tickets_with_clocks()):
            recording.start(
                act,
                ticket.pk,
                severity=ticket.severity,
                category=ticket.category,
                queue=ticket.queue,
                at=ticket.opened_at,
            )
            recording.answered(act, ticket.pk, ticket.opened_at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
