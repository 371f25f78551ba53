"""The catalogue of event types, in the browser and as files."""

from __future__ import annotations

import json
from itertools import groupby

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from asora.kernel.words import PERMISSION_LABELS
from integrations.types import document
from integrations.types.catalogue import TYPES
from integrations.types.definition import EventType
from integrations.types.schema import ATTRIBUTES, OPTIONAL, schema, shape
from integrations.types.wording import in_words

VIEW = Permission.INTEGRATIONS_DISPATCH
JSON = "application/json"
SCHEMA_JSON = "application/schema+json"


@page(permission=VIEW)
def event_types(request: AsoraRequest) -> HttpResponse:
    """Every event type by its group, and what all payloads have around their data."""
    groups = [
        (name, list(found)) for name, found in groupby(TYPES.values(), key=lambda each: str(each.group))
    ]
    attributes = [
        (name, in_words(known), meaning, name in OPTIONAL) for name, (known, meaning) in ATTRIBUTES.items()
    ]
    return respond(request, "integrations/event_types.html", {"groups": groups, "attributes": attributes})


@page(permission=VIEW)
def event_type(request: AsoraRequest, name: str) -> HttpResponse:
    """One event type: its fields, its schema and a sample."""
    found = _find(name)
    context = {
        "event_type": found,
        "permission": PERMISSION_LABELS[found.permission].label,
        "fields": [(each, in_words(shape(each.type))) for each in found.fields],
        "sample": _readable(document.sample(found)),
        "schema": _readable(schema(found)),
    }
    return respond(request, "integrations/event_type.html", context)


@page(permission=VIEW)
def catalogue(request: AsoraRequest) -> HttpResponse:
    """The whole catalogue as a file, the same that `manage.py event_types` writes."""
    return _download(document.text(), name=document.FILE_NAME, content_type=JSON)


@page(permission=VIEW)
def schema_file(request: AsoraRequest, name: str) -> HttpResponse:
    """The JSON Schema of one event type as a file."""
    found = _find(name)
    return _download(document.schema_text(found), name=f"{name}.schema.json", content_type=SCHEMA_JSON)


def _find(name: str) -> EventType:
    found = TYPES.get(name)
    if found is None:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    return found


def _readable(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _download(text: str, *, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(text, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
