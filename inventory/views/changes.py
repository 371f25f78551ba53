"""The steps of a page that changes a record: show the form, submit it to its action, redirect to the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest, refused_form, respond
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import ReadOnlyValues
from inventory.forms import RecordForm
from inventory.views.records import Noun

FORM = "inventory/form.html"


def form_page(
    request: AsoraRequest,
    *,
    form: type[RecordForm],
    action: Action[Any, Any],
    noun: Noun,
    url: Callable[[Any], str],
    record: Any = None,
    initial: ReadOnlyValues | None = None,
) -> HttpResponse:
    """Show or submit the form of a new record (with `record`: of an edit).

    `url`: gives the URL of a record's page. `initial`: the first values of a new record.
    """
    context = {"noun": noun, "record": record, "back": url(record) if record else ""}
    if request.method != "POST":
        empty = form(act=request.act, record=record)
        empty.initial = {**(initial or {}), **empty.initial}
        return respond(request, FORM, {**context, "form": empty})
    filled = form(request.POST, act=request.act, record=record)
    try:
        saved = action.submit(request.act, filled)
    except Refusal as refusal:
        return refused_form(request, FORM, filled, refusal, context)
    if record is None:
        messages.success(request, _("%(record)s was created.") % {"record": saved})
    elif saved.version == record.version:
        messages.info(request, _("You changed nothing, so nothing was saved."))
    else:
        messages.success(request, _("%(record)s was changed.") % {"record": saved})
    return HttpResponseRedirect(url(saved))


def done(request: AsoraRequest, message: str, target: str) -> HttpResponse:
    """Show a message and redirect."""
    messages.success(request, message)
    return HttpResponseRedirect(target)
