"""Pages of packs: the list, a new one, one pack, its file, and the program that checks it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache

from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from audit.seals.proof.files import VERIFIER
from support.evidence.models import EvidencePack
from support.evidence.packs import queries, signing
from support.evidence.packs.actions import Made, download_pack, make_pack
from support.evidence.packs.forms import PackForm
from support.evidence.packs.listings import PACKS
from support.evidence.words import FILES

WORK_DESK = Permission.SUPPORT_WORK_DESK
NEW = "support/evidence/new_pack.html"


@page(permission=WORK_DESK, host="public")
def pack_list(request: AsoraRequest) -> HttpResponse:
    """The packs of the agent's tenants."""
    return list_page(
        request, PACKS, template="support/evidence/packs.html", fragment="components/listing.html"
    )


@page(permission=WORK_DESK, methods=["GET", "POST"], tries="support.evidence.pack", host="public")
@never_cache
@cache_control(no_transform=True)  # may show a passphrase: never compressed
def pack_create(request: AsoraRequest) -> HttpResponse:
    """Make a pack of some requests. `?tenant=`, `?purpose=` and `?request=` fill the form in."""
    if request.method != "POST":
        known = {"tenant": "tenant", "purpose": "purpose", "requests": "request"}
        initial = {field: request.GET.get(name, "")[:200] for field, name in known.items()}
        return respond(request, NEW, {"form": PackForm(act=request.act, initial=initial)})
    form = PackForm(request.POST, act=request.act)
    try:
        made = make_pack.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, NEW, form, refusal, {})
    return made_page(request, made)


def made_page(request: AsoraRequest, made: Made) -> HttpResponse:
    """The page after a pack was made: that of the pack, or the passphrase, which is shown only here."""
    if made.passphrase:
        return respond(
            request, "support/evidence/passphrase.html", {"pack": made.pack, "passphrase": made.passphrase}
        )
    messages.success(request, _("The evidence pack was made."))
    return redirect("support:evidence-pack", pack=made.pack.pk)


@page(permission=WORK_DESK, host="public")
def pack_detail(request: AsoraRequest, pack: UUID) -> HttpResponse:
    """One pack: what is in it, with hashes, and how it is checked."""
    found = _load(request, pack)
    context = {
        "pack": found,
        "members": [
            (name, what, found.members[name]) for name, what in FILES.items() if name in found.members
        ],
        "has_file": queries.has_file(found),
        "key": signing.public_key(),
    }
    return respond(request, "support/evidence/pack.html", context)


@page(permission=WORK_DESK, methods=["POST"], tries="support.evidence.download", host="public")
def pack_download(request: AsoraRequest, pack: UUID) -> HttpResponse:
    """The file of a pack. Refusals: those of `download_pack`."""
    found = _load(request, pack)
    content = download_pack(request.act, pack=found)
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@page(permission=WORK_DESK, host="public")
def verifier(request: AsoraRequest) -> HttpResponse:
    """The program that checks and opens packs, as a file of its own."""
    response = HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response


def _load(request: AsoraRequest, pack: UUID) -> EvidencePack:
    found: EvidencePack = load(request, queries.visible(request.act), permission=WORK_DESK, pk=pack)
    return found
