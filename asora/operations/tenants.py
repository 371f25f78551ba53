"""The operators' page of a tenant: its facts, usage and state. Opening it changes nothing."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.roles.table import GRANTS
from asora.kernel import positions
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from asora.operations.monitoring import activity
from asora.operations.overview import VIEW
from asora.operations.sealing import sealing_of
from audit.events.models import Event
from audit.explorer.queries import about
from integrations.overview.status import statuses
from ledger.models import VerificationRun
from ledger.proof.actions import record_verification
from ledger.proof.verification import verify
from plans import queries
from plans.limits import usage_table
from plans.models import FreezeToggle, Tenant, TenantFreeze
from plans.views.tenants import load_tenant

LATEST_RUNS = 5
LATEST_EVENTS = 8
#: A longer ledger takes minutes to prove, which is too long for a page.
MAX_POSITIONS = 20_000


@page(permission=VIEW, host="public")
def tenant(request: AsoraRequest, slug: str) -> HttpResponse:
    """Facts, plan and usage, people by role, proofs of the ledger, seals, and the operators' events about it."""
    found = load_tenant(request, slug, permission=VIEW)
    act = request.act
    context: Values = {
        "tenant": found,
        "state": queries.state_of(found),
        "host": found.domains.filter(is_primary=True).first(),
        "history": queries.plan_history(found),
        "freeze": TenantFreeze.objects.filter(tenant=found, is_active=True).first(),
        "freezes": FreezeToggle.objects.filter(tenant=found).order_by("-toggled_at", "-pk")[:LATEST_RUNS],
        "may_change_plan": act.actor.may(Permission.PLANS_CHANGE_PLAN),
        "events": _events(found) if act.actor.may(Permission.AUDIT_VIEW) else None,
    }
    if found.is_reachable:
        context |= _inside(found)
        [context["sealing"]] = sealing_of([found])
    return respond(request, "operations/tenant.html", context)


@page(permission=VIEW, methods=["POST"], tries="ledger.verification.record", host="public")
def tenant_verify(request: AsoraRequest, slug: str) -> HttpResponse:
    """Prove the tenant's ledger now. The proof is recorded in the tenant and changes nothing else.

    Refusals: STATE_CONFLICT for a tenant that is not open, VALIDATION_FAILED TOO_LARGE.
    """
    found = load_tenant(request, slug, permission=VIEW)
    if not found.is_reachable:
        raise StateConflict(_("This tenant is not open, so there is no ledger to prove."))
    act = request.act.in_tenant(found, Permission.LEDGER_REPORT)
    with tenant_context(found):
        if positions.current() > MAX_POSITIONS:
            raise ValidationFailed(
                _("This ledger is too long to be proved on this page."),
                reason=Reason.TOO_LARGE,
                details={"remedy": f"manage.py verify_ledger --tenant {found.slug}"},
            )
        started_at = timezone.now()
        run = record_verification(act, started_at=started_at, checks=list(verify()))
    if run.is_proved:
        messages.success(request, _("The ledger of %(tenant)s is proved.") % {"tenant": found.name})
    else:
        broken = _("The ledger of %(tenant)s is broken. See the failed checks below.")
        messages.error(request, broken % {"tenant": found.name})
    return redirect("operations:tenant", slug=slug)


def _inside(tenant: Tenant) -> Values:
    """Numbers from the tenant's own schema: usage, activity, people by role, proofs.

    They contain no names, addresses or quantities.
    """
    with tenant_context(tenant):
        runs = VerificationRun.objects.order_by("-finished_at", "-pk")[:LATEST_RUNS]
        position = positions.current()
        return {
            "usage": usage_table(tenant),
            "activity": activity(),
            "people": _people(tenant),
            "runs": [_run_facts(run) for run in runs],
            "position": position,
            "may_verify": position <= MAX_POSITIONS,
            "integrations": statuses(),
        }


def _run_facts(run: VerificationRun) -> Values:
    return {
        "run": run,
        "compared": sum(check["rows"] for check in run.checks),
        "broken": [check for check in run.checks if check["broken"]],
    }


def _people(tenant: Tenant) -> list[Values]:
    """How many people have each role of the tenant's role model, and how many of them can sign in."""
    rows = User.objects.values("role").annotate(active=Count("pk", filter=Q(is_active=True)), all=Count("pk"))
    numbers = {row["role"]: row for row in rows}
    none = {"active": 0, "all": 0}
    return [{"role": role, **(numbers.get(role) or none)} for role in GRANTS[tenant.role_model]]


def _events(tenant: Tenant) -> list[Event]:
    return list(about([tenant]).order_by("-occurred_at", "-id")[:LATEST_EVENTS])
