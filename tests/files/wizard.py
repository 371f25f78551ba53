"""A file on its way through the pages of an import."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

FOREIGN = (
    "PO Number;Date;Supplier;Part number;Warehouse;Location;Qty;Price;Buyer\n"
    "PO-1;2026-03-02;ACME;BOLT;NORTH;A-1;10;2.5;Ann\n"
    "PO-2;2026-03-03;ACME;OIL;SOUTH;A-1;1.25;3;Bob\n"
)


URL = "/receive/import/"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def upload_in(response: Any) -> str:
    """The id of the file that the page holds."""
    found = re.search(r'name="upload" value="([0-9a-f-]{36})"', text_of(response))
    assert found, "the page does not hold the file"
    return found[1]


def chosen(response: Any) -> dict[str, str]:
    """The chosen columns of the mapping step."""
    form = response.context["mapping"]
    return {name: str(form[name].value() or "") for name in form.fields}


def sent_by(response: Any) -> dict[str, str]:
    """The hidden fields of the form below an outcome."""
    form = next(part for part in text_of(response).split("<form")[1:] if 'name="import"' in part)
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form.split("</form>")[0]))


def file(text: str | bytes, name: str = "delivery.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())
