"""The action and the record of a request that is refused before any action runs.

A page that changes something names its action (`page(tries=…)`); its URL names the record. So a filter of the audit
trail by action or by resource also finds attempts of people who may not even open the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from asora.kernel import keys
from asora.kernel.pages import is_on_host
from asora.kernel.shapes import Values
from asora.kernel.text import fold_code
from asora.kernel.words import register_sentence

OPEN, DOWNLOAD = "page.open", "list.download"
register_sentence(OPEN, done=_("opened a page"), tried=_("tried to open a page"))
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class RecordAddress:
    """The subject of the URLs under a route: a model, and how the parts of a URL find its record.

    `spans_hubs`: a record may concern several hubs, so the hubs of the event are not known.
    """

    model: str
    lookup: Mapping[str, str] = field(default_factory=dict)
    spans_hubs: bool = False


#: The start of a route → its subject; the longest match decides.
RECORD_ADDRESSES: Mapping[str, RecordAddress] = {
    "items/": RecordAddress("inventory.item"),
    "items/<str:sku>/": RecordAddress("inventory.item", {"sku": "sku_key"}),
    "hubs/": RecordAddress("inventory.hub"),
    "hubs/<str:code>/": RecordAddress("inventory.hub", {"code": "code_key"}),
    "bins/": RecordAddress("inventory.bin"),
    "bins/<str:hub>/": RecordAddress("inventory.bin", {"hub": "hub__code_key", "code": "code_key"}),
    "vendors/": RecordAddress("inventory.vendor"),
    "vendors/<str:code>/": RecordAddress("inventory.vendor", {"code": "code_key"}),
    "categories/": RecordAddress("inventory.category"),
    "categories/<str:code>/": RecordAddress("inventory.category", {"code": "code_key"}),
    "ledger/items/<str:sku>/": RecordAddress("inventory.item", {"sku": "sku_key"}),
    "ledger/hubs/<str:code>/": RecordAddress("inventory.hub", {"code": "code_key"}),
    "ledger/bins/<str:hub>/": RecordAddress("inventory.bin", {"hub": "hub__code_key", "code": "code_key"}),
    "receive/": RecordAddress("ledger.posting"),
    "issue/": RecordAddress("ledger.posting"),
    "transfer/": RecordAddress("ledger.posting"),
    "adjust/": RecordAddress("ledger.posting"),
    "adjust/requests/": RecordAddress("ledger.adjustmentrequest"),
    "adjust/requests/<uuid:asked>/": RecordAddress(
        "ledger.adjustmentrequest", {"asked": "pk"}, spans_hubs=True
    ),
    "adjust/reasons/": RecordAddress("ledger.adjustmentreason"),
    "adjust/reasons/<str:code>/": RecordAddress("ledger.adjustmentreason", {"code": "code"}),
    "counts/": RecordAddress("ledger.countsession"),
    "counts/<int:count>/": RecordAddress("ledger.countsession", {"count": "pk"}),
    "ledger/<int:position>/": RecordAddress("ledger.posting", {"position": "pk"}, spans_hubs=True),
    "ledger/batches/<uuid:batch>/": RecordAddress("ledger.posting", {"batch": "batch"}, spans_hubs=True),
    "reports/": RecordAddress(""),
    "exports/": RecordAddress("ledger.export"),
    "exports/<uuid:export>/": RecordAddress("ledger.export", {"export": "pk"}, spans_hubs=True),
    "jobs/<uuid:job>/": RecordAddress("jobs.job", {"job": "pk"}, spans_hubs=True),
    "audit/requests/": RecordAddress(""),
    "audit/proof/": RecordAddress(""),
    "audit/<uuid:event>/": RecordAddress("audit.event", {"event": "pk"}, spans_hubs=True),
    "audit/searches/": RecordAddress("audit.savedsearch"),
    "audit/searches/<uuid:search>/": RecordAddress("audit.savedsearch", {"search": "pk"}),
    "audit/support-access/": RecordAddress("audit.accesspolicy"),
    "audit/support-access/<uuid:session>/": RecordAddress("audit.accessdecision", {"session": "session"}),
    "audit/seals/": RecordAddress("audit.seal"),
    "audit/seals/receipts/<str:stream>/": RecordAddress(
        "audit.seal", {"stream": "stream_id", "number": "number"}
    ),
    "audit/ask-support/": RecordAddress("audit.supportquestion"),
    "help/tickets/": RecordAddress("audit.ticketstatement"),
    "help/tickets/<str:ref>/": RecordAddress("audit.ticketstatement", {"ref": "ticket_ref"}),
    "integrations/": RecordAddress("integrations.endpoint"),
    "integrations/<uuid:endpoint>/": RecordAddress(
        "integrations.endpoint", {"endpoint": "pk"}, spans_hubs=True
    ),
    "integrations/feed/tokens/<uuid:token>/": RecordAddress("integrations.feedtoken", {"token": "pk"}),
    "integrations/payloads/<uuid:payload>/": RecordAddress(
        "integrations.payload", {"payload": "pk"}, spans_hubs=True
    ),
    "integrations/dispatches/<uuid:dispatch>/": RecordAddress(
        "integrations.dispatch", {"dispatch": "pk"}, spans_hubs=True
    ),
    "settings/staff/": RecordAddress("accounts.user"),
    "settings/staff/<str:ref>/": RecordAddress("accounts.user", {"ref": "ref"}),
    "settings/staff/invite/": RecordAddress("accounts.invitation"),
    "settings/staff/invitations/<str:ref>/": RecordAddress("accounts.invitation", {"ref": "ref"}),
    "support/tenants/<slug:slug>/": RecordAddress("plans.tenant", {"slug": "slug"}),
    "support/tickets/": RecordAddress("support.ticket"),
    "support/tickets/<str:ref>/": RecordAddress("support.ticket", {"ref": "number"}),
    "support/cases/": RecordAddress("support.engineeringcase"),
    "support/cases/<str:ref>/": RecordAddress("support.engineeringcase", {"ref": "number"}),
    "support/features/": RecordAddress("support.featurerequest"),
    "support/incidents/": RecordAddress("support.incident"),
    "support/incidents/<str:ref>/": RecordAddress("support.incident", {"ref": "number"}),
    "support/on-call/contacts/": RecordAddress("support.contact"),
    "support/on-call/contacts/<int:contact>/": RecordAddress("support.contact", {"contact": "pk"}),
    "support/on-call/calls/<uuid:call>/": RecordAddress("support.page", {"call": "pk"}),
    "support/promised-times/": RecordAddress("support.slapolicy"),
    "support/promised-times/calendars/<slug:key>/": RecordAddress("support.calendar", {"key": "key"}),
    "support/evidence/": RecordAddress("support.evidencepack"),
    "support/evidence/packs/<uuid:pack>/": RecordAddress("support.evidencepack", {"pack": "pk"}),
    "support/evidence/links/<uuid:link>/": RecordAddress("support.evidencelink", {"link": "pk"}),
    "support/knowledge/": RecordAddress("support.entry"),
    "support/knowledge/<slug:kind>/<slug:key>/": RecordAddress(
        "support.entry", {"kind": "kind", "key": "key"}
    ),
    "support/known-issues/": RecordAddress("support.knownissue"),
    "support/known-issues/<str:ref>/": RecordAddress("support.knownissue", {"ref": "ref"}),
    "support/sessions/<uuid:session>/": RecordAddress("support.accesssession", {"session": "pk"}),
    "admin/tenants/": RecordAddress("plans.tenant"),
    "admin/tenants/<slug:slug>/": RecordAddress("plans.tenant", {"slug": "slug"}),
    "admin/onboarding/": RecordAddress("plans.onboarding"),
    "admin/onboarding/<int:number>/": RecordAddress("plans.onboarding", {"number": "pk"}),
}


@dataclass(frozen=True, slots=True)
class RequestSubject:
    """The action and the record of a refused request. `hubs`: the ids of the hubs concerned; None: not known."""

    action: str = OPEN
    resource: tuple[str, str, str] = ("", "", "")
    hubs: frozenset[int] | None = frozenset()


def asked_facts(request: object) -> tuple[Values, set[int]]:
    """The facts and the hubs of a refused page's request, if the page declares them (`page(asked=…)`)."""
    match = getattr(request, "resolver_match", None)
    says = getattr(match.func, "asked", None) if match is not None else None
    return says(request) if says is not None else ({}, set())


def subject_of(request: HttpRequest) -> RequestSubject:
    """The action and the record of a request, as far as its URL names them."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return RequestSubject()
    action = str(getattr(match.func, "tries", ""))
    if not action and request.GET.get("format") == "csv":
        action = DOWNLOAD
    found = _record_address(match.route)
    if found is None or not _is_here(request, match.func):  # of another host's page, no table is looked into
        return RequestSubject(action or OPEN)
    wanted = {name: str(value) for name, value in match.kwargs.items() if name in found.lookup}
    label = "/".join(wanted.values())[:MAX_LENGTH]
    record = _record(found, wanted)
    if record is None:
        # The URL of a missing bin or count may still name a hub where the reader does not work.
        return RequestSubject(action or OPEN, (found.model, "", label), None if wanted else frozenset())
    hubs = None if found.spans_hubs else frozenset({keys.hub_of(record)} - {None})
    return RequestSubject(action or OPEN, (found.model, str(record.pk), str(record)[:MAX_LENGTH]), hubs)


def _is_here(request: HttpRequest, view: Any) -> bool:
    act = getattr(request, "act", None)
    return act is None or is_on_host(act.tenant, getattr(view, "host", "both"))


def _record_address(route: str) -> RecordAddress | None:
    fitting = [start for start in RECORD_ADDRESSES if route.startswith(start)]
    return RECORD_ADDRESSES[max(fitting, key=len)] if fitting else None


def _value(field: str, text: str) -> str:
    """A part of a URL as its field has it: folded codes, and references such as T-000012 by their number."""
    if field.endswith("_key"):
        return fold_code(text)
    return text.rpartition("-")[2] if field == "number" else text


def _record(address: RecordAddress, wanted: Mapping[str, str]) -> Any:
    """The record that a URL names; None if it could name two."""
    if not wanted:
        return None
    lookup = {address.lookup[name]: _value(address.lookup[name], text) for name, text in wanted.items()}
    rows = apps.get_model(address.model)._default_manager.all()
    if any("\x00" in text for text in lookup.values()):
        return None
    try:
        found = list(rows.filter(**lookup)[:2])
    except (ValueError, ValidationError):
        return None
    return found[0] if len(found) == 1 or (found and "batch" in lookup) else None
