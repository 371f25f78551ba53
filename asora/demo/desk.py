"""Twelve tickets of the demo's support desk, in all states, about refusals that the demo tenants really had.

Everything happens by the actions of the product: people of the tenants ask, two agents, a lead and an engineer work. It
comes last in the demo's past, late on the evening of yesterday, because times in the trails must not go back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.demo import clock
from asora.kernel.act import Act, new_act
from audit.disclosure.actions.questions import ask_support
from audit.disclosure.actions.tickets import confirm_ticket, rate_ticket, reopen_ticket
from audit.events.models import Event
from audit.seals.sealer import seal_schema
from plans.models import Tenant
from support.access import database_role
from support.access.actions import end_access, request_access
from support.closing.actions import resolve
from support.escalations.actions.cases import propose_case, review_case
from support.escalations.actions.referrals import refer
from support.escalations.rules import CHECKS
from support.incidents.models import Incident
from support.investigations.actions.results import determine
from support.investigations.actions.steps import (
    begin,
    compare_report,
    identify_request,
    interpret_outcome,
    locate_event,
)
from support.oncall.actions import add_contact
from support.replies.actions.drafting import begin_draft, edit_draft
from support.replies.actions.holding import acknowledge, ask_for_information
from support.replies.actions.sending import send_reply
from support.tickets.actions.classifying import triage
from support.tickets.actions.merging import attach, merge
from support.tickets.actions.opening import open_by_hand
from support.tickets.actions.working import assign, inform, note
from support.tickets.following import follow
from support.tickets.models import Ticket

ROUTE = "manage.py serve"
AGENT, OTHER_AGENT, LEAD, ENGINEER = "agent", "second_agent", "support_lead", "engineer"
RECEIPT, ISSUE, EXPORT = "ledger.receipt.post", "ledger.issue.post", "ledger.export.create"

#: Whom the desk calls. They are added last, so that nobody is called about the evening's tickets.
CONTACTS = (
    ("on_call", "Enzo Brandt"),
    ("backup", "Odette Levin"),
    ("platform_lead", "Piet Lindqvist"),
    ("security", "Enzo Brandt"),
    ("support_lead", "Selma Lind"),
)


def make(*, moves_clock: bool) -> None:
    """Make the tickets; nothing if there are any. Where the clock cannot be moved, all of it happens now."""
    with tenant_context(_public()):
        if Ticket.objects.exists():
            return
    evening = (timezone.now() - timedelta(days=1)).replace(hour=21, minute=50, second=0, microsecond=0)
    evening_of_desk = Evening(evening, moves_clock=moves_clock)
    # The desk's own database role has a connection of its own, on which the clock is not moved.
    with (
        mock.patch.object(database_role, "open_connection", return_value=None) if moves_clock else _nothing()
    ):
        _tell(evening_of_desk)


@dataclass
class Evening:
    """The desk at work: each thing that happens takes a minute."""

    moment: datetime
    moves_clock: bool

    @contextlib.contextmanager
    def on(self, tenant: Tenant) -> Iterator[None]:
        """The next minute on the host of a tenant."""
        self.moment += timedelta(minutes=1)
        with tenant_context(tenant), clock.at(self.moment) if self.moves_clock else _nothing():
            yield

    def ask(self, event: tuple[Tenant, str, str], *, question: str, topic: str = "") -> Ticket:
        """The person whose request was refused asks support about it. `event`: tenant, person and request id."""
        tenant, person, request_id = event
        with self.on(tenant):
            act = new_act(tenant, actor_of(User.objects.get(ref=person)), route=ROUTE)
            asked = ask_support(act, about=request_id, question=question, topic=topic)
            follow(tenant, act.request_id)
        with tenant_context(_public()):
            return Ticket.objects.select_related("tenant").get(tenant=tenant, origin=asked.pk)

    def do(self, role: str, action: Callable[..., Any], about: Ticket | None = None, /, **values: Any) -> Any:
        """Somebody of the desk does something, mostly with a ticket."""
        with self.on(_public()):
            found = {"ticket": _again(about)} if about is not None else {}
            if values.get("revision", 0) is None:
                values["revision"] = found["ticket"].revision
            return action(_act(role), **found, **values)

    def classify(self, role: str, ticket: Ticket, *, category: str, severity: int, component: str) -> None:
        """An agent takes and classifies a ticket, and enters what the customer has said besides."""
        self.do(role, assign, ticket, person=_ref(role))
        self.do(
            role,
            triage,
            ticket,
            revision=None,
            category=category,
            severity=severity,
            issue_type="question",
            environment="production",
            component=component,
        )

    def investigate(
        self, role: str, ticket: Ticket, *, result: str = "match", determination: str = ""
    ) -> None:
        """All five steps of an investigation, and what they determine. Inside an access session."""
        assert ticket.tenant is not None  # noqa: S101 - only tickets with a tenant are investigated
        self.do(role, begin, ticket)
        self.do(role, identify_request, ticket, request_ids=[ticket.about], found_by="ticket")
        self.do(role, locate_event, ticket, records=_records(ticket.tenant, ticket.about))
        self.do(role, interpret_outcome, ticket)
        self.do(role, compare_report, ticket, what="match", result=result)
        if determination:
            self.do(role, determine, ticket, key=determination)

    def reply(self, role: str, ticket: Ticket, *, template: str) -> None:
        """A reply from a template, as it comes out of the evidence."""
        draft = self.do(role, begin_draft, ticket, template=template)
        self.do(role, send_reply, ticket, revision=None, draft_revision=draft.revision)

    def resolve(self, role: str, ticket: Ticket, *, template: str, reason: str) -> None:
        """A reply that resolves a ticket."""
        draft = self.do(role, begin_draft, ticket, template=template)
        lines = [line for line in draft.text.splitlines() if "{next_update_at}" not in line]
        draft = self.do(
            role,
            edit_draft,
            ticket,
            draft_revision=draft.revision,
            text="\n".join(lines).strip(),
            follow_up=reason,
            next_update_at=None,
            reasons={},
        )
        self.do(role, resolve, ticket, revision=None, draft_revision=draft.revision)

    def say(self, ticket: Ticket, action: Callable[..., Any], **values: Any) -> None:
        """The person who asked says something about their ticket, and the desk follows."""
        tenant = ticket.tenant
        assert tenant is not None  # noqa: S101 - only people of a tenant say something
        with self.on(tenant):
            person = User.objects.get(ref=ticket.reporter)
            act = new_act(tenant, actor_of(person), route=ROUTE)
            action(act, ticket=ticket.ref, **values)
            follow(tenant, act.request_id)

    @contextlib.contextmanager
    def inside(self, role: str, ticket: Ticket) -> Iterator[None]:
        """An access session of the ticket's tenant, ended afterwards."""
        session = self.do(role, request_access, tenant=ticket.tenant, ticket=ticket.ref, minutes=60)
        yield
        self.do(role, end_access, session=session)


def _tell(desk: Evening) -> None:
    acacia, birch, cedar = (Tenant.objects.get(slug=slug) for slug in ("acacia", "birch", "cedar"))
    for tenant in (acacia, birch, cedar):
        with desk.on(tenant):
            seal_schema()

    _explain(desk, acacia, birch)
    _wait(desk, acacia, birch, cedar)
    _pass_on(desk, acacia, cedar)
    _reopen(desk, cedar)
    for duty, name in CONTACTS:
        desk.do(LEAD, add_contact, duty=duty, name=name, email=f"{duty}@asora.example")


def _explain(desk: Evening, acacia: Tenant, birch: Tenant) -> None:
    """A plan limit that went to sales, with a duplicate; a permission, confirmed and rated; invalid input."""
    limit = _refused(birch, EXPORT, code="PLAN_LIMIT_EXCEEDED")
    plan = desk.ask(
        limit, question="Our exports stopped this week. Can you lift the limit until the month ends?"
    )
    desk.do(AGENT, acknowledge, plan, revision=None)
    desk.classify(AGENT, plan, category="C", severity=4, component="exports")
    with desk.inside(AGENT, plan):
        desk.investigate(AGENT, plan, determination="plan")
        desk.reply(AGENT, plan, template="plan")
        desk.do(AGENT, refer, plan, wish="More exports a month; they close their books every Friday.")

    again = desk.ask(
        _refused(birch, EXPORT, code="PLAN_LIMIT_EXCEEDED", back=1),
        question="The export of the stock list is refused. What does the limit of exports mean?",
    )
    desk.do(OTHER_AGENT, merge, again, into=plan, revision=None)

    rights = desk.ask(
        _refused(acacia, RECEIPT, code="PERMISSION_DENIED"),
        question="Why may I not receive deliveries? A colleague with the same account type can.",
    )
    desk.do(AGENT, acknowledge, rights, revision=None)
    desk.classify(AGENT, rights, category="B", severity=4, component="ledger")
    with desk.inside(AGENT, rights):
        desk.investigate(AGENT, rights, result="mismatch", determination="rbac")
    desk.resolve(AGENT, rights, template="permission", reason="expected")
    desk.say(rights, rate_ticket, is_good=True)
    desk.say(rights, confirm_ticket)

    vendor = desk.ask(
        _refused(acacia, RECEIPT, reason="VENDOR_INELIGIBLE"),
        question="A delivery is at our dock and Asora does not take it. What is wrong with it?",
    )
    desk.classify(OTHER_AGENT, vendor, category="D", severity=3, component="ledger")
    with desk.inside(OTHER_AGENT, vendor):
        desk.investigate(OTHER_AGENT, vendor, determination="validation")
    desk.resolve(OTHER_AGENT, vendor, template="validation", reason="configuration")


def _reopen(desk: Evening, cedar: Tenant) -> None:
    """A permission that was explained, and a customer who wants to know more."""
    vendor = desk.ask(
        _refused(cedar, "inventory.vendor.create", code="PERMISSION_DENIED"),
        question="We need the vendor Petersen today. Who can create it?",
    )
    desk.classify(OTHER_AGENT, vendor, category="B", severity=4, component="inventory")
    with desk.inside(OTHER_AGENT, vendor):
        desk.investigate(OTHER_AGENT, vendor, determination="rbac")
    desk.resolve(OTHER_AGENT, vendor, template="permission", reason="expected")
    desk.say(vendor, reopen_ticket, text="Our manager is on holiday. Who else has this permission?")


def _wait(desk: Evening, acacia: Tenant, birch: Tenant, cedar: Tenant) -> None:
    """Tickets that wait: for somebody of the desk, for a classification, for the next step, for the customer."""
    desk.ask(
        _refused(cedar, RECEIPT, reason="VENDOR_INELIGIBLE"),
        question="Halvorsen has been our vendor for years. Since when may we not receive from them?",
    )
    stock = desk.ask(
        _refused(birch, ISSUE, reason="INSUFFICIENT_STOCK"),
        question="The shelf is full, but Asora says that there is not enough. Which number is right?",
        topic="E",
    )
    desk.do(AGENT, acknowledge, stock, revision=None)

    create = desk.ask(
        _refused(acacia, "inventory.vendor.create", code="PERMISSION_DENIED"),
        question="I cannot create the vendor Petersen. Please create it for us.",
    )
    desk.do(OTHER_AGENT, acknowledge, create, revision=None)
    desk.classify(OTHER_AGENT, create, category="B", severity=4, component="inventory")
    desk.do(OTHER_AGENT, note, create, text="They ask us to create it. Only their own manager can.")

    short = desk.ask(
        _refused(cedar, ISSUE, reason="INSUFFICIENT_STOCK"),
        question="We counted last month, and the quantity in the bin was right. Now an issue is refused.",
        topic="E",
    )
    desk.classify(AGENT, short, category="E", severity=3, component="ledger")
    place = {"place": "The item and bin of the refused issue", "period": "The last six months"}
    desk.do(AGENT, inform, short, values=place)
    with desk.inside(AGENT, short):
        desk.do(AGENT, begin, short)
        desk.do(AGENT, identify_request, short, request_ids=[short.about], found_by="ticket")

    silent = desk.do(
        AGENT,
        open_by_hand,
        tenant=cedar,
        title="Nothing arrives in the ERP since Tuesday",
        name="Paula Winter",
        address="paula@cedar.example",
        text="They called: their ERP no longer gets any movements, and nobody has changed anything there.",
        component="integrations",
    )
    desk.classify(AGENT, silent, category="G", severity=3, component="integrations")
    desk.do(AGENT, ask_for_information, silent, revision=None)


def _pass_on(desk: Evening, acacia: Tenant, cedar: Tenant) -> None:
    """A case for engineering, reviewed by the lead; and an incident that concerns everybody."""
    counted = _allowed(acacia, "ledger.count.approve")
    contradiction = desk.do(
        AGENT,
        open_by_hand,
        tenant=acacia,
        title="A count was posted twice, says the customer",
        name="Ruben Acker",
        address="ruben@acacia.example",
        text="They say that the approval of a count was posted twice, and sent a picture of two entries.",
        about=counted,
        component="counts",
    )
    desk.classify(AGENT, contradiction, category="H", severity=3, component="counts")
    desk.do(
        AGENT,
        inform,
        contradiction,
        values={
            "reproduction": "Open a count, hand it in, approve it, open the posting.",
            "versions": "Firefox 145",
            "frequency": "Once",
        },
    )
    with desk.inside(AGENT, contradiction):
        desk.investigate(AGENT, contradiction, result="mismatch")
        case = desk.do(
            AGENT,
            propose_case,
            contradiction,
            criterion="guarantee",
            confirmed=list(CHECKS),
            reproduction="Open a count, hand it in, approve it, open the posting.",
            affected="One count of this tenant",
            impact="Nobody can say yet whether the stock is right.",
            tried="The ledger was compared with the derived balances.",
        )
    with desk.inside(LEAD, contradiction):
        desk.do(LEAD, review_case, case=case, verdict="open")

    slow = desk.do(
        LEAD,
        open_by_hand,
        tenant=cedar,
        title="Exports take minutes for everybody",
        name="Paula Winter",
        address="paula@cedar.example",
        text="Three customers called: exports that took seconds take minutes since the evening.",
        component="exports",
    )
    desk.classify(LEAD, slow, category="F", severity=2, component="exports")
    with tenant_context(_public()):
        incident = Incident.objects.order_by("-number").first()
    desk.do(LEAD, attach, slow, incident=incident, revision=None)


def _allowed(tenant: Tenant, action: str) -> str:
    """The request id of the latest time that an action was allowed in a tenant."""
    with tenant_context(tenant):
        found = Event.objects.filter(action=action, outcome=Event.Outcome.ALLOWED).order_by("number").last()
        assert found is not None  # noqa: S101 - the demo made it
        return found.request_id


def _refused(tenant: Tenant, action: str, *, back: int = 0, **lookup: str) -> tuple[Tenant, str, str]:
    """The latest refusal of an action in a tenant, or one before it: the tenant, the person, the request id."""
    with tenant_context(tenant):
        rows = Event.objects.filter(action=action, outcome=Event.Outcome.REFUSED, **lookup)
        event = rows.order_by("-number")[back]
        return tenant, event.actor_ref, event.request_id


def _records(tenant: Tenant, request_id: str) -> list[str]:
    with tenant_context(tenant):
        return [str(key) for key in Event.objects.filter(request_id=request_id).values_list("pk", flat=True)]


def _again(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("tenant").get(pk=ticket.pk)


def _act(role: str) -> Act:
    return new_act(_public(), actor_of(_person(role)), route=ROUTE)


def _ref(role: str) -> str:
    with tenant_context(_public()):
        return str(_person(role).ref)


def _person(role: str) -> User:
    return User.objects.get(email=f"{role}@asora.example")


def _public() -> Tenant:
    return Tenant.objects.get(schema_name="public")


def _nothing() -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()
