"""Files with hostile headers, names and shapes on the pages of an import."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.kernel.csv.writing import csv_bytes
from audit.events.models import Event
from plans.models import Tenant
from tests.factories.master_data import MasterData
from tests.files.test_wizard import MAPPED
from tests.files.wizard import URL, file, text_of, upload_in
from tests.inventory.nouns import NOUNS

HEADERS = [
    '"<script>alert(1)</script>",name',
    "\u202ename\u202c,code",
    "__proto__,constructor",
    "'=cmd()|' /C calc'!A0,name",
    ",".join(f"c{number}" for number in range(200)),
    ",,,",
    "code,name,code,name",
    "x" * 50_000 + ",y",
]


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_hostile_headers_are_shown_as_text_and_not_at_length(
    acacia: Tenant, client_as: Any, header: str
) -> None:
    width = header.count(",") + 1
    answer = client_as("manager").post(
        "/hubs/import/", {"file": file(f"{header}\n{',' * (width - 1)}\n"), "check": "1"}
    )
    page = text_of(answer)
    assert answer.status_code == 400
    assert "<script>alert" not in page
    assert "x" * 100 not in page
    event = Event.objects.get(request_id=answer["X-Request-ID"])
    assert len(str(event.decision)) < 5_000


@pytest.mark.parametrize("url", ["/hubs/import/", URL])
@pytest.mark.parametrize(
    "content",
    [
        ",".join(f"c{number}" for number in range(1_000)).encode(),
        b"h" * 1_000_000,
        "code,name\nA,B".encode("utf-16"),
        b"code\x00,name\nA,B",
        b"\x89PNG\r\n\x1a\n",
        b"",
        b" \n",
    ],
    ids=["1000", "1MB", "utf-16", "nul", "png", "empty", "blank"],
)
@pytest.mark.parametrize("extra", [{}, MAPPED, {"map": "1"}], ids=["plain", "mapped", "map"])
def test_what_is_no_table_is_refused_whatever_is_asked(
    master_data: MasterData, client_as: Any, url: str, content: bytes, extra: dict[str, str]
) -> None:
    answer = client_as("manager").post(url, {"file": file(content), "check": "1"} | extra)
    assert answer.status_code == 400
    assert Event.objects.get(request_id=answer["X-Request-ID"]).outcome == "refused"


NASTY = [
    *("=cmd()", "+1", "-2", "@x", 'say "so"', "🚲 Räder", "שלום עולם", "a;b,c	d", "'quoted'", "''", "<b>"),
    "x" * 300,
]


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_nasty_names_come_back_by_the_list_as_they_were(
    noun: Any, acacia: Tenant, birch: Tenant, act_as: Any, client_as: Any
) -> None:
    """Out of Acacia by the list's CSV, into Birch by its import page, which knows all columns of the list."""
    Tenant.objects.update(plan="enterprise")
    acacia.refresh_from_db()
    act = act_as("manager")
    for number, name in enumerate(NASTY):
        noun.make(act, f"N-{number}", name.replace("\t", " "))
    plain = "/" + noun.url.split("/")[1] + "/"
    listed = client_as("manager").get(plain, {"format": "csv"}).content
    wanted = {row.name for row in noun.model.objects.all() if getattr(row, noun.code).startswith("N-")}
    assert len(wanted) == len(NASTY)
    with tenant_context(birch):
        if noun.name == "item":
            NOUNS["category"].make(act_as("owner", tenant=birch), "GOODS")
        if noun.name == "bin":
            NOUNS["hub"].make(act_as("owner", tenant=birch), "NORTH")
    client = client_as("owner", tenant=birch)
    asked = client.post(f"{plain}import/", {"file": file(listed), "check": "1"})
    assert asked.status_code == 200, asked.context["refusal"].details
    done = client.post(f"{plain}import/", {"upload": upload_in(asked), "import": "1"})
    assert done.status_code == 302, done.context["refusal"].details
    with tenant_context(birch):
        rows = noun.model.objects.all()
        assert {row.name for row in rows if getattr(row, noun.code).startswith("N-")} == wanted


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
@pytest.mark.parametrize(
    "name", ["two\nlines", "x" * 301, "turn\u202eed"], ids=["newline", "long", "override"]
)
def test_names_that_nobody_can_have_are_refused_at_their_cell(
    noun: Any, name: str, acacia: Tenant, client_as: Any
) -> None:
    columns = noun.file.splitlines()[0].split(",")
    line = dict(zip(columns, noun.file.splitlines()[1].split(","), strict=True)) | {"name": name}
    content = b"".join(csv_bytes(columns, [[line[column] for column in columns]]))
    plain = "/" + noun.url.split("/")[1] + "/"
    refused = client_as("manager").post(f"{plain}import/", {"file": file(content), "check": "1"})
    cells = {
        cell.column: cell.text
        for row in refused.context["refused"].lines
        for cell in row.cells
        if cell.faults
    }
    assert refused.status_code == 400
    assert cells["name"].removesuffix("…") == name[:160]


def test_a_line_of_the_wrong_width_is_said_at_its_line(acacia: Tenant, client_as: Any) -> None:
    refused = client_as("manager").post(
        "/hubs/import/", {"text": "code,name\nA\nB,Bee\nC,Sea,Shore\n", "check": "1"}
    )
    lines = refused.context["refused"].lines
    assert [(line.number, bool(line.faults), line.cells[0].text) for line in lines] == [
        (2, True, "A"), (4, True, "C"),
    ]  # fmt: skip


def test_only_two_hundred_refused_lines_are_shown_and_a_thousand_kept(acacia: Tenant, client_as: Any) -> None:
    text = "code,name\n" + "b d,\n" * 1_500
    refused = client_as("manager").post("/hubs/import/", {"file": file(text), "check": "1"})
    assert len(refused.context["refused"].lines) == 200
    assert "The first 200 of 1500 refused lines" in text_of(refused).replace("1,500", "1500")
    step = Event.objects.get(request_id=refused["X-Request-ID"]).decision[-1]
    assert (step["refused"], step["reasons"], len(step["lines"])) == (1_500, {"INVALID_INPUT": 1_500}, 1_000)
