"""The page of imports: what the person may import, and the imports so far."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext_lazy

from asora.files.kinds import FileKind
from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import RouteNotFound
from inventory.files.kinds import KINDS as RECORD_KINDS
from ledger.actions.movements import needs_four_eyes
from ledger.files import batches
from ledger.files.kinds import MOVEMENT_FILES
from ledger.models import Kind

BATCHES = Listing(
    name="batches",
    columns=(Column("position", gettext_lazy("Position"), lambda row: row.position, kind="code"),),
    order=("position",),
    descending=True,
    query=batches.firsts,
    page_size=20,
    permission=Permission.LEDGER_VIEW_STOCK,
)


@page(permission=Permission.LEDGER_VIEW_STOCK)
def import_list(request: AsoraRequest) -> HttpResponse:
    """What the person may import, and the imports of movements so far, newest first."""
    if "format" in request.GET:
        # The history of the ledger is only downloaded as a counted export, never as a quick CSV.
        raise RouteNotFound()
    asked = {name: request.GET.get(name, "") for name in ("after", "before")}
    found = BATCHES.page(request.act, {}, **asked)
    extents = batches.extents(row.batch for row in found.rows)
    context = {
        "movements": [kind for kind in MOVEMENT_FILES.values() if _may(request.act, kind)],
        "records": [kind for kind in RECORD_KINDS.values() if _may(request.act, kind)],
        "page": found,
        "rows": [(row, extents[row.batch]) for row in found.rows],
        "is_paged": any(asked.values()),
    }
    return respond(request, "ledger/imports.html", context, fragment="ledger/_batch_table.html")


def _may(act: Act, kind: FileKind) -> bool:
    """Whether the person may import files of this kind at all."""
    is_for_two = kind is MOVEMENT_FILES[Kind.ADJUSTMENT] and needs_four_eyes(act)
    return act.actor.may(kind.action.permission) and not is_for_two
