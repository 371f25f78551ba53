"""The desk passes tickets on: to engineering, to the product's wishes, and to sales."""

from __future__ import annotations

from django_tenants.utils import tenant_context

from audit.events.models import Event
from audit.seals import sealer
from support.access import reading as access
from support.access.actions import request_access
from support.escalations import rules
from support.escalations.actions.cases import answer_case, propose_case, review_case
from support.escalations.actions.features import log_feature
from support.escalations.actions.referrals import answer_referral, refer
from support.evidence import reading
from support.evidence.linking import link
from support.models import EvidenceLink
from tests.audit.verdicts.company import Company
from tests.factories import tenants
from tests.factories.investigated import investigated
from tests.support.escalations.conftest import check, triaged

ESCALATIONS = {
    "support.case.propose",
    "support.case.review",
    "support.case.answer",
    "support.feature.log",
    "support.referral.open",
    "support.referral.answer",
}


def escalations(company: Company) -> None:
    """A case that engineering solves; a wish that is logged, and passed to sales."""
    company.receive()
    event = Event.objects.latest("number")
    sealer.seal_schema()
    agent = company.public("agent")
    with tenant_context(tenants.public()):
        session = request_access(agent, tenant=company.tenant, ticket="T-000001", minutes=30)
        with access.inside(agent, company.tenant, page="tests", address="/audit/") as within:
            fact = reading.event(within, event.pk)
        ticket = triaged(company.tenant)
        linked: EvidenceLink = link(agent, company.tenant, fact, session)
        check(investigated(ticket, step=5, links=[linked]), outcome="violated")
        entered = dict.fromkeys(rules.ENTERED, "As reported.")
        confirmed = sorted(rules.CHECKS)
        case = propose_case(agent, ticket=ticket, criterion="integrity", confirmed=confirmed, **entered)
        case = review_case(company.public("support_lead"), case=case, verdict="open")
        engineer = company.public("engineer")
        answer_case(engineer, case=case, verdict="solved", answer="Done.", revision=case.revision)
        log_feature(agent, ticket=ticket, title="Wish", segment="pro", use_case="Case", impact="Little")
        answer_referral(agent, referral=refer(agent, ticket=ticket, wish="More"), answer="Yes")
