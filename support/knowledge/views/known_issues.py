"""Pages of known issues."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from support.knowledge import queries
from support.knowledge.actions.known_issues import add_issue, change_issue, fix_issue, withdraw_issue
from support.knowledge.forms import FixForm, IssueForm, WithdrawIssueForm
from support.knowledge.models import KnownIssue
from support.markdown import to_html

WORK_DESK, MANAGE = Permission.SUPPORT_WORK_DESK, Permission.SUPPORT_MANAGE_KNOWLEDGE
LIST, ISSUE, EDIT = (f"support/knowledge/{name}.html" for name in ("issues", "issue", "issue_edit"))
MAX_SEARCH, MAX_SHOWN = 200, 200


@page(permission=WORK_DESK, host="public")
def issues(request: AsoraRequest) -> HttpResponse:
    """Known issues, open ones unless `?state=` names another state, with a search."""
    state = request.GET.get("state", KnownIssue.State.OPEN.value)
    q = request.GET.get("q", "").strip()[:MAX_SEARCH]
    return respond(
        request,
        LIST,
        {
            "rows": queries.known_issues(state=state, q=q)[:MAX_SHOWN],
            "states": KnownIssue.State.choices,
            "state": state,
            "q": q,
            "may_manage": request.act.actor.may(MANAGE),
        },
    )


@page(permission=WORK_DESK, host="public")
def issue(request: AsoraRequest, ref: str) -> HttpResponse:
    """One known issue."""
    return respond(request, ISSUE, _shown(request, _load(request, ref)))


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.known_issue.add", host="public")
def issue_new(request: AsoraRequest) -> HttpResponse:
    """Add a known issue."""
    form = IssueForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            made = add_issue.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, EDIT, form, refusal, {})
        messages.success(request, _("%(ref)s is added.") % {"ref": made.ref})
        return redirect("support:known-issue", ref=made.ref)
    return respond(request, EDIT, {"form": form})


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.known_issue.change", host="public")
def issue_edit(request: AsoraRequest, ref: str) -> HttpResponse:
    """Change a known issue."""
    found = _load(request, ref)
    form = IssueForm(request.POST if request.method == "POST" else None, issue=found)
    context = {"issue": found}
    if request.method == "POST":
        try:
            change_issue.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, EDIT, form, refusal, context)
        messages.success(request, _("%(ref)s is changed.") % {"ref": ref})
        return redirect("support:known-issue", ref=ref)
    return respond(request, EDIT, {"form": form, **context})


@page(permission=MANAGE, methods=["POST"], tries="support.known_issue.fix", host="public")
def issue_fix(request: AsoraRequest, ref: str) -> HttpResponse:
    """Record the release with the fix."""
    found = _load(request, ref)
    form = FixForm(request.POST, issue=found)
    try:
        fix_issue.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, ISSUE, form, refusal, _shown(request, found) | {"fix": form})
    messages.success(request, _("The fix of %(ref)s is recorded.") % {"ref": ref})
    return redirect("support:known-issue", ref=ref)


@page(permission=MANAGE, methods=["POST"], tries="support.known_issue.withdraw", host="public")
def issue_withdraw(request: AsoraRequest, ref: str) -> HttpResponse:
    """Withdraw a known issue."""
    found = _load(request, ref)
    form = WithdrawIssueForm(request.POST, issue=found)
    try:
        withdraw_issue.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, ISSUE, form, refusal, _shown(request, found))
    messages.success(request, _("%(ref)s is withdrawn.") % {"ref": ref})
    return redirect("support:known-issue", ref=ref)


def _load(request: AsoraRequest, ref: str) -> KnownIssue:
    return load(request, KnownIssue, permission=WORK_DESK, ref=ref)


def _shown(request: AsoraRequest, found: KnownIssue) -> Values:
    is_open = found.state == KnownIssue.State.OPEN
    may_change = is_open and request.act.actor.may(MANAGE)
    return {
        "issue": found,
        "workaround": to_html(found.workaround),
        "fix": FixForm(issue=found) if may_change else None,
        "withdraw": WithdrawIssueForm(issue=found) if may_change else None,
    }
