"""Pages of entries: the list with its search, one entry, a new version, and withdrawing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.error_guide import GUIDES
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond, sent_back
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from support.knowledge import queries
from support.knowledge.actions.entries import publish_entry, withdraw_entry
from support.knowledge.entry_rules import NEEDED, RELEASED
from support.knowledge.forms import EntryForm
from support.knowledge.manuals import clauses_in
from support.knowledge.models import Entry
from support.knowledge.reply_templates import VARIABLES, variables_of
from support.markdown import to_html

WORK_DESK, MANAGE = Permission.SUPPORT_WORK_DESK, Permission.SUPPORT_MANAGE_KNOWLEDGE
LIST, ENTRY, EDIT = (f"support/knowledge/{name}.html" for name in ("list", "entry", "edit"))
MAX_SEARCH = 200


@page(permission=WORK_DESK, host="public")
def entries(request: AsoraRequest) -> HttpResponse:
    """All entries, or those of one kind, with a search in their texts."""
    kind = request.GET.get("kind", "")
    q = request.GET.get("q", "").strip()[:MAX_SEARCH]
    everything = list(queries.found(q=q))
    counts = Counter(row.kind for row in everything)
    shown = [row for row in everything if not kind or row.kind == kind]
    return respond(
        request,
        LIST,
        {
            "rows": [(row, state_of(row, request)) for row in shown],
            "tabs": [
                ("", _("All"), len(everything)),
                *((one.value, one.label, counts[one.value]) for one in Entry.Kind),
            ],
            "kind": kind,
            "q": q,
            "clauses": _clauses_with(q) if q and kind in {"", Entry.Kind.MANUAL.value} else [],
            "may_manage": request.act.actor.may(MANAGE),
        },
        fragment="support/knowledge/_list.html",
    )


@page(permission=WORK_DESK, host="public")
def entry(request: AsoraRequest, kind: str, key: str) -> HttpResponse:
    """One entry in its newest version, or in the version that `?version=` names."""
    newest = _newest(request, kind, key)
    wanted = request.GET.get("version", "")
    versions = queries.versions(kind, key)
    found = newest
    if wanted:
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 6 else 0
        found = load(request, versions, permission=WORK_DESK, version=number)
    return respond(request, ENTRY, _shown(request, found, newest) | {"versions": versions})


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.knowledge.publish", host="public")
def entry_new(request: AsoraRequest) -> HttpResponse:
    """Write a new entry."""
    return _edit(request, None)


@page(permission=MANAGE, methods=["GET", "POST"], tries="support.knowledge.publish", host="public")
def entry_edit(request: AsoraRequest, kind: str, key: str) -> HttpResponse:
    """Write the next version of an entry."""
    return _edit(request, _newest(request, kind, key))


@page(permission=MANAGE, methods=["POST"], tries="support.knowledge.withdraw", host="public")
def entry_withdraw(request: AsoraRequest, kind: str, key: str) -> HttpResponse:
    """Withdraw an entry."""
    seen = request.POST.get("seen", "")
    number = int(seen) if seen.isdecimal() and len(seen) < 6 else 0
    found = load(request, queries.versions(kind, key), permission=MANAGE, version=number)
    try:
        withdraw_entry(request.act, entry=found)
    except Refusal as refusal:
        raise sent_back(refusal, _address(found)) from refusal
    messages.success(request, _("“%(title)s” is withdrawn.") % {"title": found.title})
    return redirect("support:entry", kind=kind, key=key)


def state_of(row: Entry, request: AsoraRequest) -> str:
    """The state of the newest version of an entry, as its badge."""
    if row.is_withdrawn:
        return "withdrawn"
    is_due = row.next_review is not None and row.next_review <= request.act.today
    return "review" if is_due else "current"


def _edit(request: AsoraRequest, found: Entry | None) -> HttpResponse:
    form = EntryForm(request.POST if request.method == "POST" else None, entry=found)
    context: Values = {"entry": found, "variables": VARIABLES}
    if request.method == "POST":
        try:
            made = publish_entry.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, EDIT, form, refusal, context)
        messages.success(
            request,
            _("Version %(version)s of “%(title)s” is published.")
            % {"version": made.version, "title": made.title},
        )
        return redirect("support:entry", kind=made.kind, key=made.key)
    return respond(request, EDIT, {"form": form, **context})


def _shown(request: AsoraRequest, found: Entry, newest: Entry) -> Values:
    is_newest = found.pk == newest.pk
    may_change = request.act.actor.may(MANAGE) and is_newest and found.kind not in RELEASED
    shown: Values = {
        "entry": found,
        "newest": newest,
        "state": state_of(found, request) if is_newest else "earlier",
        "may_change": may_change,
        "may_withdraw": may_change and not found.is_withdrawn and (found.kind, found.key) not in NEEDED,
    }
    return shown | _content(found)


def _content(found: Entry) -> dict[str, Any]:
    """What the page shows of an entry, by its kind."""
    match found.kind:
        case Entry.Kind.MANUAL:
            return {"sections": _sections(found.body)}
        case Entry.Kind.ERROR_GUIDE if found.key in GUIDES and not found.is_withdrawn:
            return {"guide": GUIDES[found.key]}
        case Entry.Kind.REPLY_TEMPLATE:
            return {
                "template": found.body,
                "variables": [(name, VARIABLES.get(name, "")) for name in variables_of(found.body)],
            }
        case Entry.Kind.PHRASE_RULE:
            return {"proposal": found.body}
        case _:
            return {"html": to_html(found.body)}


def _sections(body: str) -> dict[str, list[Any]]:
    sections: dict[str, list[Any]] = {}
    for clause in clauses_in(body):
        sections.setdefault(clause.section, []).append(clause)
    return sections


def _clauses_with(q: str) -> list[tuple[Entry, Any]]:
    """The clauses of manuals that have all words of `q`."""
    words = q.casefold().split()
    return [
        (manual, clause)
        for manual in queries.current(Entry.Kind.MANUAL)
        for clause in clauses_in(manual.body)
        if all(word in f"{clause.key} {clause.text}".casefold() for word in words)
    ]


def _newest(request: AsoraRequest, kind: str, key: str) -> Entry:
    return load(request, queries.newest(kind), permission=WORK_DESK, kind=kind, key=key)


def _address(found: Entry) -> str:
    return redirect("support:entry", kind=found.kind, key=found.key).url
