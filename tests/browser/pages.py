"""Every page once: its path, the person who opens it, and its state. Paths fit the demo's data."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.page_states import counts, endpoints, files, onboarding, security, staff, stock, support


@dataclass(frozen=True, slots=True)
class Shown:
    """One page. `role` empty: nobody is signed in. `then`: what is done once it is open."""

    name: str
    path: str
    role: str = "owner"
    status: int = 200
    is_public: bool = False
    then: Callable[[Page], None] | None = None


def refuse_delivery(page: Page) -> None:
    """A form that comes back with refusals at a field and at two lines."""
    page.get_by_label("Vendor").fill("QUICKFIX")
    page.get_by_label("Reference").fill("PO-9001")
    for number, (sku, quantity) in enumerate((("CH-1100", "12"), ("OL-1110", "0"), ("CHAIN", "3"))):
        if number:
            page.get_by_role("button", name="Add line").click()
        for field, value in {"sku": sku, "bin": "A-1", "quantity": quantity, "unit_cost": "14.20"}.items():
            page.locator(f"[name=lines-{number}-{field}]").fill(value)
    page.get_by_role("button", name="Post receipt").click()
    page.get_by_role("alert").wait_for()


def refuse_freeze(page: Page) -> None:
    """A freeze for no reason."""
    page.get_by_role("button", name="Freeze now").click()
    page.get_by_role("alert").wait_for()


def refuse_item(page: Page) -> None:
    """A new item that lacks a name and has a SKU that exists."""
    page.get_by_label("SKU").fill("CH-1100")
    page.get_by_role("button", name="Create item").click()
    page.get_by_role("alert").wait_for()


def check_items(page: Page) -> None:
    """The check of a file that would be refused."""
    stock.paste_text(
        page,
        "sku,name,category_code,unit,standard_cost,reorder_point\n"
        "CH-1100,Another chain,CHAINS,pcs,14.20,40\nNEW-1,New,NOWHERE,pcs,1,0\n",
    )
    page.get_by_role("button", name="Check the file").click()
    page.locator(".refusal").wait_for()


def check_deliveries(page: Page) -> None:
    """The check of a file of deliveries with a line that would be refused."""
    stock.paste_text(
        page,
        "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
        "PO-1,2026-03-02,ALDER,CH-1100,NOWHERE,A-1,5,14.20\nPO-1,2026-03-02,ALDER,CHAIN,NOWHERE,A-1,0,1\n",
    )
    page.get_by_role("button", name="Check the file").click()
    page.locator("#refused-lines").wait_for()


def open_event(page: Page) -> None:
    """The first event, opened to its decision."""
    page.locator(".event summary").first.click()
    page.locator(".event-story").first.wait_for()


def go_to_event(page: Page) -> None:
    """The first event as a page of its own."""
    open_event(page)
    page.locator(".event-facts a").last.click()
    page.wait_for_url(re.compile(r"/audit/[0-9a-f-]{36}/$"))


def open_export(page: Page) -> None:
    """The formats in which the events of a filter are exported."""
    page.get_by_text("Export these events").click()
    page.get_by_role("button", name="CloudEvents").wait_for()


def copy_event(page: Page) -> None:
    """The first event as a page of its own, copied in a format."""
    go_to_event(page)
    page.get_by_role("button", name="OCSF").click()
    page.locator(".source").wait_for()


def go_to_request(page: Page) -> None:
    """The request of the first event."""
    open_event(page)
    page.get_by_role("link", name="page of this request").click()
    page.wait_for_url(re.compile(r"/audit/requests/"))


def refuse_question(page: Page) -> None:
    """A question about a request of somebody else."""
    page.get_by_label("Request id").fill("birch-01ARZ3NDEKTSV4RRFFQ69G5FAV")
    page.get_by_role("textbox", name="Question").fill("Why was this refused?")
    page.get_by_role("button", name="Send to support").click()
    page.get_by_role("alert").wait_for()


def open_own_ticket(page: Page) -> None:
    """The ticket that the desk makes from a question."""
    tenant = page.url.removeprefix("http://").partition(".")[0]
    page.get_by_label("Request id").fill(f"{tenant}-01ARZ3NDEKTSV4RRFFQ69G5FAV")
    page.get_by_role("textbox", name="Question").fill(f"Why was this refused? ({page.viewport_size})")
    page.get_by_role("button", name="Send to support").click()
    page.get_by_role("button", name="Send answer").wait_for()


def choose_event(page: Page) -> None:
    """An event is chosen, and another one is open to be compared with it."""
    open_event(page)
    page.get_by_role("link", name="Compare with another event").click()
    page.get_by_text("Comparing with:").wait_for()
    page.locator(".event summary").last.click()
    page.get_by_role("link", name="Compare with the chosen event").wait_for()


def compare_events(page: Page) -> None:
    """Two events of one action side by side."""
    choose_event(page)
    page.get_by_role("link", name="Compare with the chosen event").click()
    page.get_by_role("heading", name="Compare two events").wait_for()


def save_search(page: Page) -> None:
    """A saved search in the list of all."""
    page.get_by_role("link", name="Save this search").click()
    page.get_by_label("Name").fill(f"Refusals {time.time_ns()}")
    page.get_by_label("Share with everybody").check()
    page.get_by_role("button", name="Save search").click()
    page.get_by_role("link", name="All saved searches").click()
    page.get_by_role("heading", name="Saved searches").wait_for()


def refuse_search(page: Page) -> None:
    """A search without a name whose query cannot be read."""
    page.get_by_label("Query").fill("colour:red")
    page.get_by_role("button", name="Save search").click()
    page.get_by_role("alert").wait_for()


def open_menu(page: Page) -> None:
    """The menu of the account."""
    page.get_by_role("button", name="Account and theme").click()


def ask_to_archive(page: Page) -> None:
    """The question before something is archived."""
    page.get_by_role("button", name="Archive").click()


def _record(noun: str, code: str) -> tuple[Shown, ...]:
    return (
        Shown(f"{noun}-list", f"/{noun}/"),
        Shown(f"{noun}-detail", f"/{noun}/{code}/"),
        Shown(f"{noun}-new", f"/{noun}/new/"),
        Shown(f"{noun}-edit", f"/{noun}/{code}/edit/"),
        Shown(f"{noun}-import", f"/{noun}/import/"),
    )


def _onboarding() -> tuple[Shown, ...]:
    shown: dict[str, Callable[[Page], None]] = {
        "begun": onboarding.begun,
        "confirmed": onboarding.confirmed,
        "assigned": onboarding.assigned,
        "created": onboarding.created,
        "checked": onboarding.checked,
        "refused": onboarding.refused,
        "verified": onboarding.verified,
        "red": onboarding.red,
        "listed": onboarding.listed,
    }
    return (
        Shown("onboarding", "/admin/onboarding/", role="operator", is_public=True),
        Shown("onboarding-new", "/admin/onboarding/new/", role="operator", is_public=True),
        Shown(
            "onboarding-new-refused",
            "/admin/onboarding/new/",
            role="operator",
            is_public=True,
            then=onboarding.refuse_beginning,
        ),
        *(
            Shown(f"onboarding-{name}", "/admin/onboarding/", role="operator", is_public=True, then=then)
            for name, then in shown.items()
        ),
        Shown("evidence", "/support/evidence/", role="agent", is_public=True),
        Shown("evidence-new", "/support/evidence/new/", role="agent", is_public=True),
        Shown(
            "evidence-refused",
            "/support/evidence/new/",
            role="agent",
            is_public=True,
            then=support.refuse_pack,
        ),
        Shown("evidence-pack", "/support/access/", role="agent", is_public=True, then=support.make_pack),
        Shown(
            "evidence-passphrase",
            "/support/access/",
            role="agent",
            is_public=True,
            then=support.make_external_pack,
        ),
    )


KNOWLEDGE = {
    "list": "knowledge/",
    "none-match": "knowledge/?q=unheard-of",
    "new": "knowledge/new/",
    "manual": "knowledge/manual/support-playbook/",
    "rule": "knowledge/phrase_rule/manual_fix/",
    "template": "knowledge/reply_template/plan/",
    "guide": "knowledge/error_guide/lock-freeze/",
    "edit": "knowledge/policy/must_include/edit/",
    "issues": "known-issues/",
    "issue-new": "known-issues/new/",
}


def _support() -> tuple[Shown, ...]:
    shown: dict[str, Callable[[Page], None]] = {
        "tenant": support.go_to_tenant,
        "refused": support.refuse_request,
        "inside": support.open_session,
        "inside-event": support.open_event,
        "inside-integrations": support.open_integrations,
        "open": support.see_session,
    }
    return (
        Shown("desk", "/support/", role="agent", is_public=True),
        Shown("desk-none-match", "/support/?q=unheard-of", role="agent", is_public=True),
        Shown("desk-approvals", "/support/approvals/", role="support_lead", is_public=True),
        Shown("desk-ticket", "/support/", role="agent", is_public=True, then=support.go_to_ticket),
        Shown("desk-ticket-refused", "/support/", role="agent", is_public=True, then=support.refuse_triage),
        Shown("desk-reply", "/support/", role="agent", is_public=True, then=support.write_reply),
        Shown(
            "desk-footnotes", "/support/access/", role="agent", is_public=True, then=support.derive_evidence
        ),
        Shown(
            "desk-investigation", "/support/", role="agent", is_public=True, then=support.open_investigation
        ),
        Shown(
            "desk-investigation-refused",
            "/support/",
            role="agent",
            is_public=True,
            then=support.refuse_investigation,
        ),
        Shown("desk-new", "/support/tickets/new/", role="agent", is_public=True),
        Shown("desk-rules", "/support/rules/", role="support_lead", is_public=True),
        Shown("desk-cases", "/support/cases/", role="engineer", is_public=True),
        Shown("desk-features", "/support/features/", role="support_lead", is_public=True),
        Shown("promised-times", "/support/promised-times/", role="support_lead", is_public=True),
        Shown("policy-change", "/support/promised-times/change/", role="support_lead", is_public=True),
        Shown(
            "calendar-change",
            "/support/promised-times/calendars/business/",
            role="support_lead",
            is_public=True,
        ),
        Shown("calls", "/support/on-call/", role="support_lead", is_public=True),
        Shown("contact-new", "/support/on-call/contacts/new/", role="support_lead", is_public=True),
        Shown("incidents", "/support/incidents/", role="agent", is_public=True),
        Shown("incident-new", "/support/incidents/new/", role="agent", is_public=True),
        Shown(
            "incident", "/support/incidents/new/", role="agent", is_public=True, then=support.open_incident
        ),
        *(
            Shown(f"knowledge-{name}", f"/support/{path}", role="support_lead", is_public=True)
            for name, path in KNOWLEDGE.items()
        ),
        Shown("support", "/support/access/", role="agent", is_public=True),
        *(
            Shown(f"support-{name}", "/support/access/", role="agent", is_public=True, then=then)
            for name, then in shown.items()
        ),
    )


PAGES: tuple[Shown, ...] = (
    Shown("front", "/", role="", is_public=True),
    Shown("front-sign-in", "/sign-in/", role="", is_public=True),
    Shown("sign-in-app", "/sign-in/", role="", is_public=True, then=security.begin_as_operator),
    Shown("sign-in-app-refused", "/sign-in/", role="", is_public=True, then=security.mistype_code),
    Shown("front-nothing-here", "/nowhere/", role="", status=404, is_public=True),
    Shown("operations", "/admin/", role="operator", is_public=True),
    Shown("tenants", "/admin/tenants/", role="operator", is_public=True),
    Shown("tenants-none-match", "/admin/tenants/?q=unheard-of", role="operator", is_public=True),
    Shown("tenant", "/admin/tenants/", role="operator", is_public=True, then=security.go_to_tenant),
    Shown("tenant-plan-tried", "/admin/tenants/", role="operator", is_public=True, then=security.try_plan),
    Shown("tenant-plan", "/admin/tenants/", role="operator", is_public=True, then=security.ask_for_plan),
    Shown(
        "tenant-plan-refused", "/admin/tenants/", role="operator", is_public=True, then=security.refuse_plan
    ),
    Shown("freeze", "/admin/tenants/birch/freeze/", role="ops_lead", is_public=True),
    Shown("freeze-viewed", "/admin/tenants/birch/freeze/", role="operator", is_public=True),
    Shown(
        "freeze-refused",
        "/admin/tenants/birch/freeze/start/",
        role="ops_lead",
        is_public=True,
        then=refuse_freeze,
    ),
    Shown("admin-tenants", "/admin/plans/tenant/", role="operator", is_public=True),
    Shown("admin-events", "/admin/audit/event/", role="operator", is_public=True),
    Shown("admin-plan-changes", "/admin/plans/planchange/", role="operator", is_public=True),
    Shown("admin-access", "/admin/support/accesssession/", role="operator", is_public=True),
    Shown("admin-plans", "/admin/plans/", role="operator", is_public=True),
    *_support(),
    Shown("plan", "/settings/plan/"),
    *_onboarding(),
    Shown("sign-in", "/", role="", status=401),
    Shown("dashboard", "/"),
    Shown("dashboard-viewer", "/", role="viewer"),
    Shown("menu", "/", then=open_menu),
    Shown("search", "/search/?q=ch"),
    Shown("search-nothing", "/search/?q=unheard-of"),
    *_record("items", "CH-1100"),
    Shown("items-none-match", "/items/?q=unheard-of"),
    Shown("items-refused", "/items/new/", then=refuse_item),
    Shown("items-import-refused", "/items/import/", then=check_items),
    Shown("items-import-checked", "/items/import/", then=files.check_items),
    Shown("items-import-gone", "/items/import/", then=files.lose_file),
    Shown("items-archive", "/items/CH-1100/", then=ask_to_archive),
    Shown("item-stock", "/ledger/items/CH-1100/stock/"),
    Shown("item-history", "/ledger/items/CH-1100/history/"),
    *_record("categories", "CHAINS"),
    *_record("hubs", "SHOP"),
    *_record("bins", "SHOP/A-1"),
    *_record("vendors", "ALDER"),
    Shown("labels", "/labels/"),
    Shown("shared-codes", "/codes/shared/"),
    Shown("labels-shown", "/labels/?kind=bins&hub=SHOP&copies=1"),
    Shown("labels-refused", "/labels/?kind=items&codes=NOBODY", status=400),
    Shown("receive", "/receive/"),
    Shown("receive-refused", "/receive/", then=refuse_delivery),
    Shown("receive-import", "/receive/import/"),
    Shown("receive-import-refused", "/receive/import/", then=check_deliveries),
    Shown("receive-import-columns", "/receive/import/", then=files.ask_for_columns),
    Shown("receive-import-columns-refused", "/receive/import/", then=files.refuse_columns),
    Shown("receive-import-mapped", "/receive/import/", then=files.check_mapped),
    Shown("receive-import-left-out", "/receive/import/", then=files.leave_out),
    Shown("issue", "/issue/"),
    Shown("issue-refused", "/issue/", then=stock.refuse_issue),
    Shown("issue-lacking", "/issue/", then=stock.lack_stock),
    Shown("issue-import", "/issue/import/"),
    Shown("issue-import-refused", "/issue/import/", then=files.check_issues),
    Shown("transfer", "/transfer/"),
    Shown("transfer-refused", "/transfer/", then=stock.refuse_transfer),
    Shown("transfer-import", "/transfer/import/"),
    Shown("transfer-import-refused", "/transfer/import/", then=files.check_transfers),
    Shown("adjust", "/adjust/"),
    Shown("adjust-refused", "/adjust/", then=stock.refuse_adjustment),
    Shown("adjust-import", "/adjust/import/"),
    Shown("adjust-import-checked", "/adjust/import/", then=files.check_adjustments),
    Shown("requests-none", "/adjust/requests/"),
    Shown("request", "/adjust/", then=stock.ask_for_adjustment),
    Shown("requests", "/adjust/", then=stock.list_requests),
    Shown("reasons", "/adjust/reasons/"),
    Shown("reasons-refused", "/adjust/reasons/", then=stock.refuse_reason),
    Shown("batch", "/receive/import/", then=stock.import_receipts),
    Shown("batch-reverse", "/receive/import/", then=stock.ask_to_reverse_batch),
    Shown("batch-reversed", "/receive/import/", then=stock.reverse_batch),
    Shown("imports", "/imports/"),
    Shown("imports-viewer", "/imports/", role="viewer"),
    Shown("posting-reverse", "/ledger/30/", then=stock.ask_to_reverse),
    Shown("posting-reversed", "/adjust/", then=stock.reverse_posting),
    Shown("posting-reversal", "/adjust/", then=stock.see_reversal),
    Shown("posting-not-reversed", "/adjust/", then=stock.refuse_reversal),
    Shown("count-new", "/counts/new/"),
    Shown("count-sheet", "/counts/new/", then=counts.open_count),
    Shown("count-sheet-bin", "/counts/new/", then=counts.count_one_bin),
    Shown("count-sheet-refused", "/counts/new/", then=counts.scan_nonsense),
    Shown("count-review", "/counts/new/", then=counts.hand_in),
    Shown("count-review-ask", "/counts/new/", then=counts.ask_to_approve),
    Shown("count-sent-back", "/counts/new/", then=counts.send_back),
    Shown("count-approved", "/counts/new/", then=counts.approve),
    Shown("count-posting", "/counts/new/", then=counts.see_variance),
    Shown("counts", "/counts/"),
    Shown("ledger", "/ledger/"),
    Shown("ledger-past", "/ledger/?at=30"),
    Shown("entries", "/ledger/entries/"),
    Shown("posting", "/ledger/30/"),
    Shown("health", "/ledger/health/"),
    Shown("stock-on-hand", "/reports/stock-on-hand/"),
    Shown("stock-on-hand-past", "/reports/stock-on-hand/?at=30"),
    Shown("reports", "/reports/"),
    Shown("movement", "/reports/inventory-movement/"),
    Shown("receiving", "/reports/receiving-summary/"),
    Shown("shrink", "/reports/shrink-adjustment/"),
    Shown("valuation", "/reports/inventory-valuation/"),
    Shown("reorder", "/reports/reorder-list/"),
    Shown("reorder-none", "/reports/reorder-list/?at=1"),
    Shown("report-refused", "/reports/stock-on-hand/?at=yesterday&item=CH-1100", status=400),
    Shown("dashboard-metres", "/?unit=m"),
    Shown("history-report", "/reports/ledger-history/"),
    Shown("exports", "/exports/"),
    Shown("audit", "/audit/"),
    Shown("audit-open", "/audit/", then=open_event),
    Shown("audit-request", "/audit/?outcome=refused", then=go_to_request),
    Shown("audit-request-posted", "/audit/?action=ledger.receipt.post&outcome=allowed", then=go_to_request),
    Shown("audit-event", "/audit/", then=go_to_event),
    Shown("audit-proof", "/audit/proof/"),
    Shown("audit-query-refused", "/audit/?q=colour:red", status=400),
    Shown("audit-none-match", "/audit/?action=no.such"),
    Shown("audit-choose", "/audit/?action=ledger.receipt.post&outcome=allowed", then=choose_event),
    Shown("audit-compare", "/audit/?action=ledger.receipt.post&outcome=allowed", then=compare_events),
    Shown("searches", "/audit/?q=outcome:refused", then=save_search),
    Shown("searches-new", "/audit/searches/new/?q=outcome:refused"),
    Shown("searches-refused", "/audit/searches/new/", then=refuse_search),
    Shown("audit-export", "/audit/?outcome=allowed", then=open_export),
    Shown("audit-event-copied", "/audit/", then=copy_event),
    Shown("endpoints", "/integrations/"),
    Shown("endpoint", "/integrations/", then=endpoints.open_endpoint),
    Shown("endpoint-queue", "/integrations/", then=endpoints.open_tab("Queue")),
    Shown("endpoint-payload", "/integrations/", then=endpoints.open_payload),
    Shown("endpoint-attempts", "/integrations/", then=endpoints.open_tab("Attempts")),
    Shown("endpoint-dispatches", "/integrations/", then=endpoints.open_tab("Dispatches")),
    Shown("endpoint-dispatch", "/integrations/", then=endpoints.open_dispatch),
    Shown("endpoint-feed", "/integrations/", then=endpoints.open_tab("Feed")),
    Shown("endpoint-feed-rotate", "/integrations/", then=endpoints.ask_to_rotate_token),
    Shown("endpoint-feed-token", "/integrations/", then=endpoints.rotate_token),
    Shown("endpoint-feed-revoke", "/integrations/", then=endpoints.ask_to_revoke_token),
    Shown("endpoint-why", "/integrations/", then=endpoints.explain),
    Shown("endpoint-explained", "/integrations/", then=endpoints.explain_payload),
    Shown("endpoint-why-refused", "/integrations/why/?endpoint=&about=nonsense", status=400),
    Shown("integrations-help", "/integrations/help/"),
    Shown("integrations-status", "/integrations/status/"),
    Shown("integrations-status-why", "/integrations/status/why/"),
    Shown("endpoint-new", "/integrations/new/"),
    Shown("endpoint-refused", "/integrations/new/", then=endpoints.refuse_endpoint),
    Shown("endpoint-edit", "/integrations/", then=endpoints.edit),
    Shown("endpoint-secret-asked", "/integrations/", then=endpoints.ask_for_secret),
    Shown("endpoint-secret", "/integrations/", then=endpoints.make_secret),
    Shown("endpoint-secrets", "/integrations/", then=endpoints.see_older_secrets),
    Shown("endpoint-take-over", "/integrations/", then=endpoints.ask_to_take_over),
    Shown("endpoint-remove", "/integrations/", then=endpoints.ask_to_remove),
    Shown("event-types", "/integrations/event-types/"),
    Shown("event-type", "/integrations/event-types/inventory.item.changed.v1/"),
    Shown("verify-signatures", "/integrations/verify/?sample=verify.sh"),
    Shown("seals", "/audit/seals/"),
    Shown("seals-compare", "/audit/seals/receipts/"),
    Shown("support-access", "/audit/support-access/"),
    Shown("support-access-session", "/audit/support-access/", then=support.see_own_access),
    Shown("support-access-revoke", "/audit/support-access/", then=support.ask_to_revoke),
    Shown("support-access-approval", "/audit/support-access/approval/"),
    Shown("ask-support", "/audit/ask-support/"),
    Shown("ask-support-refused", "/audit/ask-support/", then=refuse_question),
    Shown("help-tickets", "/help/tickets/"),
    Shown("help-ticket", "/audit/ask-support/", then=open_own_ticket),
    Shown("help-rate-invalid", "/help/rate/nonsense/", role="", status=401),
    Shown("help-known-issues", "/help/known-issues/"),
    Shown("error-guide", "/help/errors/"),
    Shown("error-guide-entry", "/help/errors/PLAN_LIMIT_EXCEEDED/"),
    Shown("error-guide-signed-out", "/help/errors/AUTH_REQUIRED/", role=""),
    Shown("sign-ins", "/settings/sign-ins/"),
    Shown("sign-ins-operator", "/settings/sign-ins/", role="operator", is_public=True),
    Shown("forgot", "/sign-in/forgot/", role=""),
    Shown("forgot-sent", "/sign-in/forgot/", role="", then=security.ask_for_link),
    Shown("reset-invalid", "/sign-in/reset/nonsense/", role="", status=401),
    Shown("security", "/settings/security/"),
    Shown("security-operator", "/settings/security/", role="operator", is_public=True),
    Shown("security-password", "/settings/security/password/"),
    Shown("security-password-refused", "/settings/security/password/", then=security.refuse_password),
    Shown("security-app", "/settings/security/app/"),
    Shown("security-app-remove", "/settings/security/app/remove/"),
    Shown("confirm", "/settings/security/confirm/"),
    Shown("confirmed", "/settings/security/confirm/", then=security.confirm_with_something_sent),
    Shown("staff", "/settings/staff/", then=staff.invite),
    Shown("staff-none-match", "/settings/staff/?q=unheard-of"),
    Shown("staff-invite", "/settings/staff/invite/"),
    Shown("staff-invite-refused", "/settings/staff/invite/", then=staff.refuse_invitation),
    Shown("staff-invitation", "/settings/staff/", then=staff.see_invitation),
    Shown("staff-person", "/settings/staff/", then=staff.open_person),
    Shown("staff-role", "/settings/staff/", then=staff.open_role),
    Shown("staff-hubs", "/settings/staff/", then=staff.open_hubs),
    Shown("staff-role-tried", "/settings/staff/", then=staff.try_role),
    Shown("role-model-tried", "/settings/roles/try/", then=staff.try_role_model),
    Shown("staff-deactivate", "/settings/staff/", then=staff.ask_to_deactivate),
    Shown("staff-erase", "/settings/staff/", then=staff.ask_to_erase),
    Shown("staff-last-owner", "/settings/staff/", then=staff.refuse_last_owner),
    Shown("invitation", "/settings/staff/", then=staff.open_link),
    Shown("invitation-refused", "/settings/staff/", then=staff.refuse_acceptance),
    Shown("invitation-invalid", "/invitation/nonsense/", role="", status=401),
    Shown("roles", "/settings/roles/"),
    Shown(
        "operators",
        "/settings/staff/",
        role="platform_lead",
        is_public=True,
        then=staff.invite_operator,
    ),
    Shown(
        "operators-tenants",
        "/settings/staff/",
        role="platform_lead",
        is_public=True,
        then=staff.open_tenants,
    ),
    Shown("operators-roles", "/settings/roles/", role="platform_lead", is_public=True),
    Shown("not-found", "/items/UNHEARD-OF/", status=404),
    Shown("not-permitted", "/receive/", role="viewer", status=403),
    # At the end, for they sign somebody in.
    Shown("sign-in-code", "/sign-in/", role="", then=security.ask_for_code),
    Shown("sign-in-recovery", "/sign-in/", role="", then=security.ask_for_recovery_code),
    Shown("security-codes", "/sign-in/", role="", then=security.renew_codes),
    Shown("security-devices", "/sign-in/", role="", then=security.list_devices),
    Shown("session-ended", "/sign-in/", role="", then=security.lose_the_session),
    Shown("form-again", "/sign-in/", role="", then=security.find_the_form_again),
)
EMPTY: tuple[Shown, ...] = tuple(
    Shown(f"empty-{name}", path)
    for name, path in (
        ("dashboard", "/"),
        ("items", "/items/"),
        ("categories", "/categories/"),
        ("hubs", "/hubs/"),
        ("bins", "/bins/"),
        ("vendors", "/vendors/"),
        ("receive", "/receive/"),
        ("issue", "/issue/"),
        ("transfer", "/transfer/"),
        ("adjust", "/adjust/"),
        ("requests", "/adjust/requests/"),
        ("reasons", "/adjust/reasons/"),
        ("imports", "/imports/"),
        ("counts", "/counts/"),
        ("count-new", "/counts/new/"),
        ("ledger", "/ledger/"),
        ("entries", "/ledger/entries/"),
        ("health", "/ledger/health/"),
        ("stock-on-hand", "/reports/stock-on-hand/"),
        ("movement", "/reports/inventory-movement/"),
        ("reorder", "/reports/reorder-list/"),
        ("exports", "/exports/"),
        ("endpoints", "/integrations/"),
        ("why", "/integrations/why/"),
        ("integrations-status", "/integrations/status/"),
    )
)
