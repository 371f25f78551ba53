"""A blind count from beginning to end, by two people: nothing that the counter is sent says what is expected."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from playwright.sync_api import Page, expect

from ledger.models import CountReading, CountSession, Kind, Posting
from plans.models import Tenant
from tests.browser.page_states.counts import scan
from tests.factories import people
from tests.factories.documents import import_rows
from tests.factories.master_data import make_master_data
from tests.fixture_types import Open
from tests.ledger.balances import assert_books_agree, bins

FOR_GOOD = "is now in the ledger"
MINUS = "\N{MINUS SIGN}"
# Stock before and after six bolts are issued, their values, and the quantity that the count will find missing.
FIGURES = f"48,?613|48,?607|973[.,]25|97,?226|2,?919[.,]75|[-{MINUS}]13|[-{MINUS}]3[.,]25"
TOLD = rf"(?<![0-9A-Za-z.,])({FIGURES})(?![0-9A-Za-z])"


class Wire:
    """Everything that the product sends, pages and fragments alike, by the session it is sent to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._sent: list[tuple[str, str, str]] = []
        answer = BaseHandler.get_response

        def listen(handler: BaseHandler, request: HttpRequest) -> HttpResponse:
            response = answer(handler, request)
            content = b"" if response.streaming else response.content
            if response.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            body = content.decode(errors="replace")
            text = "\n".join([str(response.headers), body])
            self._sent.append((request.COOKIES.get("asora_session", ""), request.get_full_path(), text))
            return response

        patch.setattr(BaseHandler, "get_response", listen)

    def to(self, page: Page) -> list[tuple[str, str]]:
        """Path and answer of everything that this person's browser got."""
        mine = {cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "asora_session"}
        return [(path, text) for session, path, text in self._sent if session in mine]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Listens to the product from here on."""
    return Wire(monkeypatch)


def stock(tenant: Tenant) -> None:
    """Many bolts in A-1 and oil in A-2 of NORTH."""
    act = people.act_of(people.person("owner", tenant), tenant)
    rows = ("PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,48613,2", "PO-1,2026-03-02,ACME,OIL,NORTH,A-2,973.25,3")
    import_rows(act, Kind.RECEIPT, *rows)


def open_count(page: Page) -> CountSession:
    page.goto("/counts/")
    page.get_by_role("link", name="New count").first.click()
    page.get_by_label("Title").fill("Aisle A")
    page.get_by_label("Hub").select_option("NORTH")
    expect(page.get_by_label("Blind")).to_be_checked()
    page.get_by_role("button", name="Open count").click()
    expect(page.get_by_label("Scan")).to_be_visible()
    page.wait_for_load_state("networkidle")  # a scanner is faster than the page's scripts
    return CountSession.objects.get()


def enter(page: Page, sku: str, figure: str) -> None:
    """Type what was found of something on the sheet."""
    field = page.get_by_label(f"Counted quantity of {sku}")
    field.fill(figure)
    with page.expect_response("**/record/"):
        field.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(sku)


def hand_in(page: Page, session: CountSession) -> None:
    page.goto(f"/counts/{session.pk}/")
    page.get_by_role("button", name="Hand in for approval").click()
    expect(page.get_by_text("was handed in").first).to_be_visible()


def approve(page: Page) -> None:
    page.get_by_role("button", name="Approve and post").click()
    page.locator("#approve").get_by_role("button", name="Approve and post").click()
    expect(page.get_by_text(FOR_GOOD)).to_be_visible()


def test_a_blind_count_from_beginning_to_end(shop: Tenant, open_as: Open, wire: Wire) -> None:
    stock(shop)
    counter, manager = open_as("counter"), open_as("manager")

    session = open_count(counter)
    scan(counter, "A-1", *["BOLT"] * 5)  # each Enter adds one
    expect(counter.get_by_label("Counted quantity of BOLT")).to_have_value("5")
    enter(counter, "BOLT", "48600")
    act = people.act_of(people.person("owner", shop), shop)
    import_rows(act, Kind.ISSUE, "WO-1,2026-03-03,BOLT,NORTH,A-1,6")  # nobody stops working for a count
    scan(counter, "A-2")
    expect(counter.get_by_role("heading", name="Bin A-2")).to_be_visible()
    scan(counter, "OIL")
    expect(counter.get_by_label("Counted quantity of OIL")).to_be_focused()  # measured: no +1
    enter(counter, "OIL", "970.00")
    _try_to_learn_more(counter, session)
    hand_in(counter, session)

    manager.goto("/counts/")
    manager.get_by_role("link", name=str(session)).click()
    bolts = manager.get_by_role("row").filter(has_text="BOLT")
    # What was there when it was counted, what was counted, what is missing, and what moved since.
    for figure in ("48,613", "48,600", f"{MINUS}13", f"{MINUS}6"):
        expect(bolts).to_contain_text(figure)
    manager.get_by_label("BOLT").check()
    manager.get_by_role("button", name="Send selected lines back").click()
    expect(manager.get_by_text("Still being counted")).to_be_visible()

    counter.goto(f"/counts/{session.pk}/")
    counter.wait_for_load_state("networkidle")
    expect(counter.get_by_text("round 2")).to_be_visible()
    scan(counter, "A-1")
    expect(counter.get_by_label("Counted quantity of BOLT")).to_have_value("")
    enter(counter, "BOLT", "48605")
    _try_to_learn_more(counter, session)
    hand_in(counter, session)

    manager.goto(f"/counts/{session.pk}/review/")
    approve(manager)
    posting = Posting.objects.get(kind=Kind.COUNT)
    manager.get_by_role("link", name=f"Posting {posting.position}").click()
    expect(manager.get_by_role("row").filter(has_text="BOLT")).to_contain_text(f"{MINUS}2 pcs")
    expect(manager.get_by_role("row").filter(has_text="BOLT")).to_contain_text(
        re.compile(r"expected 48,607\s*counted 48,605")
    )
    expect(manager.get_by_role("row").filter(has_text="OIL")).to_contain_text(f"{MINUS}3.25 l")
    assert bins() == {"BOLT NORTH/A-1": 48605, "OIL NORTH/A-2": 970}
    found = posting.entries.order_by("item__sku")
    columns = ("item__sku", "expected_quantity", "counted_quantity", "quantity")
    assert list(found.values_list(*columns)) == [
        ("BOLT", 48607, 48605, -2),
        ("OIL", Decimal("973.25"), 970, Decimal("-3.25")),
    ]
    assert_books_agree()

    counter.goto(f"/counts/{session.pk}/")
    counter.goto("/counts/")
    sent = wire.to(counter)
    assert len(sent) > 30
    assert [(path, reported.group()) for path, text in sent if (reported := re.search(TOLD, text))] == []
    assert any(re.search(TOLD, text) for _path, text in wire.to(manager))  # the pattern does find it


def _try_to_learn_more(page: Page, session: CountSession) -> None:
    """Everything that a counter may type, click or ask for; the answers are read from the network."""
    page.goto(f"/counts/{session.pk}/?bin=A-1")
    page.wait_for_load_state("networkidle")
    scan(page, "NONSENSE")
    expect(page.locator("#scan-result .error")).to_be_visible()
    for nonsense in ("1.5", "-1"):
        field = page.get_by_label("Counted quantity of BOLT")
        field.fill(nonsense)
        field.press("Enter")
        expect(page.locator("#scan-result .error")).to_be_visible()
        expect(field).to_have_value(nonsense)
        page.reload(wait_until="networkidle")
    sheet = f"/counts/{session.pk}/"
    paths = (sheet, f"{sheet}?bin=A-2&item=OIL", f"{sheet}review/", "/counts/", "/counts/?format=csv", "/")
    paths += (
        "/items/BOLT/",
        "/items/?format=csv",
        "/bins/NORTH/A-1/",
        "/hubs/NORTH/",
        "/search/?q=BOLT",
        "/ledger/",
    )
    paths += (
        "/ledger/items/BOLT/stock/",
        "/ledger/items/BOLT/history/",
        "/ledger/hubs/NORTH/stock/",
        "/ledger/bins/NORTH/A-1/stock/",
        "/reports/stock-on-hand/",
        "/ledger/entries/",
    )
    # As the page's own scripts ask: with the session's cookie, for pages, fragments and data.
    page.evaluate(
        """async (paths) => {
          for (const path of paths)
            for (const headers of [{}, { "HX-Request": "true" }, { Accept: "application/json" }])
              await fetch(path, { headers });
        }""",
        list(paths),
    )


def test_who_counted_does_not_approve(
    committed_tenant: Callable[..., Tenant], open_as: Open, wire: Wire
) -> None:
    """If two people are needed, an owner who counts sees only that somebody else decides."""
    tenant = committed_tenant(role_model="segregated")
    make_master_data()
    stock(tenant)
    page = open_as("owner")
    session = open_count(page)
    scan(page, "A-1")
    enter(page, "BOLT", "48600")
    scan(page, "A-2", "OIL")
    enter(page, "OIL", "970")
    hand_in(page, session)
    expect(page.get_by_text("This count was handed in and is being reviewed.")).to_be_visible()
    page.goto(f"/counts/{session.pk}/review/")
    expect(page.locator("#refusal")).to_contain_text("FOUR_EYES")

    page = open_as("approver")
    page.goto(f"/counts/{session.pk}/review/")
    approve(page)
    assert bins() == {"BOLT NORTH/A-1": 48600, "OIL NORTH/A-2": 970}


# The server has long answered, but this page hears of it when told so.
HOLD_ANSWERS = """() => {
  const real = globalThis.fetch;
  const told = new Promise((resolve) => { globalThis.tell = resolve; });
  globalThis.fetch = async (...request) => {
    const answer = await real(...request);
    await told;
    return answer;
  };
}"""


def test_a_late_answer_takes_no_figure_away(shop: Tenant, open_as: Open) -> None:
    """What is typed while an earlier scan is on its way stays, and so does the place where it is typed."""
    stock(shop)
    page = open_as("counter")
    open_count(page)
    scan(page, "A-1")
    figure = page.get_by_label("Counted quantity of BOLT")
    expect(figure).to_have_value("")
    page.evaluate(HOLD_ANSWERS)
    scan(page, "BOLT")
    figure.focus()
    page.keyboard.type("486")
    page.evaluate("() => globalThis.tell()")
    expect(page.get_by_role("status")).to_contain_text("BOLT")
    expect(figure).to_be_focused()
    page.keyboard.type("00")
    expect(figure).to_have_value("48600")
    with page.expect_response("**/record/") as saved:
        page.keyboard.press("Enter")
    assert saved.value.ok
    assert CountReading.objects.get().quantity == 48600
