"""The context of every page's frame: the navigation, the signed-in person, the tenant and the request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel import binding
from asora.kernel.permissions import Permission
from asora.kernel.shapes import StrOrPromise, Values
from plans import freezes
from support.access.visits import Access


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation, shown to people with the permission."""

    label: StrOrPromise
    route: str
    icon: str
    permission: Permission | None = None
    arguments: tuple[str, ...] = ()


GROUPS: tuple[tuple[StrOrPromise, tuple[Entry, ...]], ...] = (
    (
        "",  # on a phone, its first four entries are in the bar at the bottom
        (
            Entry(_("Dashboard"), "dashboard", "layout-dashboard"),
            Entry(_("Receive"), "ledger:receive", "package-plus", Permission.LEDGER_RECEIVE),
            Entry(_("Items"), "inventory:item-list", "package", Permission.INVENTORY_VIEW),
            Entry(_("Issue"), "ledger:issue", "package-minus", Permission.LEDGER_ISSUE),
            Entry(_("Transfer"), "ledger:transfer", "arrow-left-right", Permission.LEDGER_TRANSFER),
            Entry(_("Adjust"), "ledger:adjust", "sliders-horizontal", Permission.LEDGER_REQUEST_ADJUSTMENT),
            Entry(_("Requests"), "ledger:request-list", "git-pull-request-arrow", Permission.LEDGER_ADJUST),
            Entry(_("Ledger"), "ledger:posting-list", "scroll-text", Permission.LEDGER_VIEW_STOCK),
            Entry(_("Counts"), "ledger:count-list", "clipboard-check", Permission.LEDGER_COUNT),
            Entry(_("Imports"), "ledger:import-list", "file-up", Permission.LEDGER_VIEW_STOCK),
        ),
    ),
    (
        _("Master data"),
        (
            Entry(_("Categories"), "inventory:category-list", "folder-tree", Permission.INVENTORY_VIEW),
            Entry(_("Hubs"), "inventory:hub-list", "warehouse", Permission.INVENTORY_VIEW),
            Entry(_("Bins"), "inventory:bin-list", "archive", Permission.INVENTORY_VIEW),
            Entry(_("Vendors"), "inventory:vendor-list", "truck", Permission.INVENTORY_VIEW),
            Entry(_("Labels"), "inventory:label-sheet", "qr-code", Permission.INVENTORY_VIEW),
        ),
    ),
    (
        _("Evidence"),
        (
            Entry(_("Reports"), "ledger:report-list", "table-2", Permission.LEDGER_REPORT),
            Entry(_("Exports"), "ledger:export-list", "file-down", Permission.LEDGER_EXPORT),
            Entry(_("Jobs"), "jobs:list", "hourglass"),
            Entry(_("Audit trail"), "audit:event-list", "shield-check", Permission.AUDIT_VIEW),
            Entry(_("Seals"), "audit:seals", "stamp", Permission.AUDIT_VIEW),
            Entry(_("Sign-ins"), "accounts:attempts", "log-in", Permission.AUDIT_VIEW),
            Entry(_("Support access"), "audit:support-access", "headset", Permission.AUDIT_VIEW),
            Entry(_("Support tickets"), "help:tickets", "life-buoy"),
        ),
    ),
    (
        _("Settings"),
        (
            Entry(_("People"), "accounts:staff", "users", Permission.ACCOUNTS_MANAGE_STAFF),
            Entry(_("Roles"), "accounts:roles", "key-round"),
            Entry(
                _("Integrations"),
                "integrations:endpoint-list",
                "webhook",
                Permission.INTEGRATIONS_DISPATCH,
            ),
            Entry(_("Plan and usage"), "plans:usage", "gauge", Permission.PLANS_VIEW_USAGE),
        ),
    ),
)

#: What operators see on the public host.
OPERATOR_GROUPS: tuple[tuple[StrOrPromise, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(_("Overview"), "operations:overview", "layout-dashboard", Permission.PLANS_VIEW_TENANT),
            Entry(_("Tenants"), "plans:tenant-list", "building-2", Permission.PLANS_VIEW_TENANT),
            Entry(_("Onboarding"), "onboarding:list", "door-open", Permission.PLANS_ONBOARD_TENANT),
        ),
    ),
    (
        _("Evidence"),
        (
            Entry(
                _("Platform audit trail"),
                "admin:audit_event_changelist",
                "shield-check",
                Permission.AUDIT_VIEW,
            ),
            Entry(_("Sign-ins"), "accounts:attempts", "log-in", Permission.AUDIT_VIEW),
        ),
    ),
    (
        _("Settings"),
        (
            Entry(_("People"), "accounts:staff", "users", Permission.ACCOUNTS_MANAGE_STAFF),
            Entry(_("Roles"), "accounts:roles", "key-round"),
        ),
    ),
)

#: What people of the public host see, each what their role allows.
PUBLIC_GROUPS: tuple[tuple[StrOrPromise, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(_("Inbox"), "support:inbox", "inbox", Permission.SUPPORT_WORK_DESK),
            Entry(_("Incidents"), "support:incidents", "siren", Permission.SUPPORT_WORK_DESK),
            Entry(_("Approvals"), "support:approvals", "users", Permission.SUPPORT_REVIEW),
            Entry(_("Access"), "support:access", "door-open", Permission.SUPPORT_WORK_DESK),
        ),
    ),
    (
        _("Evidence and cases"),
        (
            Entry(_("Cases"), "support:case-list", "wrench", Permission.SUPPORT_WORK_DESK),
            Entry(_("Evidence packs"), "support:evidence", "file-badge", Permission.SUPPORT_WORK_DESK),
            Entry(_("Feature requests"), "support:feature-list", "lightbulb", Permission.SUPPORT_WORK_DESK),
            Entry(_("On call"), "support:calls", "phone", Permission.SUPPORT_WORK_DESK),
        ),
    ),
    (
        _("How we work"),
        (
            Entry(_("Knowledge"), "support:knowledge", "book-open", Permission.SUPPORT_WORK_DESK),
            Entry(_("Known issues"), "support:known-issues", "bug", Permission.SUPPORT_WORK_DESK),
            Entry(_("Rules of the desk"), "support:rules", "list-checks", Permission.SUPPORT_WORK_DESK),
            Entry(_("Promised times"), "support:promised-times", "timer", Permission.SUPPORT_WORK_DESK),
        ),
    ),
    *OPERATOR_GROUPS,
)
#: What an agent sees of a tenant, inside an access session.
INSIDE_GROUPS: tuple[tuple[StrOrPromise, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(_("Audit trail"), "audit:event-list", "shield-check", Permission.AUDIT_VIEW),
            Entry(_("Integrations"), "integrations:status", "webhook", Permission.AUDIT_VIEW),
        ),
    ),
)


def frame(request: HttpRequest) -> Values:
    """Context processor: `navigation`, `home_url`, `act`, `tenant_name`, `tenant_slug`, `actor_label`, `actor_role`,
    `request_id`, `csp_nonce`, `tenant_freeze` (read only where a whole page is drawn), and `access` where a support
    agent sees a tenant's page."""
    act = getattr(request, "act", None)
    context: Values = {
        "request_id": getattr(request, "request_id", ""),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "navigation": [],
    }
    if act is None:
        return context
    context |= {"tenant_name": act.tenant.name, "tenant_slug": act.tenant.slug, "act": act}
    if not act.actor.is_authenticated:
        return context
    if access := getattr(request, "access", None):
        return context | _inside(request, access)
    context["actor_label"] = act.actor.account.name
    context["actor_role"] = act.actor.roles[0]
    is_public = act.tenant.schema_name == binding.PUBLIC
    context["home_url"] = reverse("front" if is_public else "dashboard")
    if not is_public:
        context["tenant_freeze"] = partial(freezes.active, act.tenant)
    context["navigation"] = _navigation(request, PUBLIC_GROUPS if is_public else GROUPS)
    return context


def _inside(request: HttpRequest, access: Access) -> Values:
    """The frame of a tenant's page that an agent sees: the way back to the desk, and nothing that changes anything."""
    desk = {"label": _("Support desk"), "url": access.desk_url, "icon": "life-buoy", "current": False}
    pages = [entry for group in _navigation(request, INSIDE_GROUPS) for entry in group["entries"]]
    return {
        "access": access,
        "actor_label": access.agent_name,
        "actor_role": "agent",
        "home_url": access.desk_url,
        "navigation": [{"label": "", "entries": [desk, *pages]}],
    }


def _navigation(
    request: HttpRequest, shown_groups: tuple[tuple[StrOrPromise, tuple[Entry, ...]], ...]
) -> list[Values]:
    actor = request.act.actor  # type: ignore[attr-defined]
    groups = [
        (label, [entry for entry in entries if not entry.permission or actor.may(entry.permission)])
        for label, entries in shown_groups
    ]
    urls = {
        (entry.route, entry.arguments): reverse(entry.route, args=entry.arguments)
        for _label, shown in groups
        for entry in shown
    }
    here = _longest(url for url in urls.values() if request.path.startswith(url))
    return [
        {
            "label": label,
            "entries": [
                {
                    "label": entry.label,
                    "url": urls[entry.route, entry.arguments],
                    "icon": entry.icon,
                    "current": urls[entry.route, entry.arguments] == here
                    and (here != "/" or request.path == "/"),
                }
                for entry in shown
            ],
        }
        for label, shown in groups
        if shown
    ]


def _longest(urls: Iterable[str]) -> str:
    """The entry of the current page: the longest URL with which the page's URL starts."""
    return max(urls, key=len, default="")
