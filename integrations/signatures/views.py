"""How receivers verify signatures, in the browser: the tenant's public key, and programs to copy."""

from __future__ import annotations

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from integrations.signatures.keys import webhook_keys
from integrations.signatures.samples import SAMPLES

VIEW = Permission.INTEGRATIONS_DISPATCH


@page(permission=VIEW)
def verify(request: AsoraRequest) -> HttpResponse:
    """The public key, the steps, and one program; the address chooses the language (`?sample=`)."""
    chosen = SAMPLES.get(request.GET.get("sample", "")) or next(iter(SAMPLES.values()))
    context = {
        "keys": webhook_keys(schema=request.act.tenant.schema_name),
        "samples": SAMPLES.values(),
        "chosen": chosen,
        "source": chosen.source,
    }
    return respond(request, "integrations/verify.html", context)


@page(permission=VIEW)
def sample(request: AsoraRequest, file: str) -> HttpResponse:
    """One program as a file."""
    found = SAMPLES.get(file)
    if found is None:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    return _download(found.source, name=found.file, content_type=found.content_type)


@page(permission=VIEW)
def public_key(request: AsoraRequest) -> HttpResponse:
    """The public keys that are valid now as a text file, one per line, newest first."""
    keys = webhook_keys(schema=request.act.tenant.schema_name)
    if not keys:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    text = "".join(f"{key.public_text}\n" for key in keys)
    return _download(text, name=f"{request.act.tenant.slug}_webhook_key.txt", content_type="text/plain")


def _download(text: str, *, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
