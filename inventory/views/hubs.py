"""Pages of hubs. People see only the hubs where they work."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.pages import AsoraRequest, page
from asora.kernel.permissions import Permission
from asora.kernel.reach import works_everywhere
from inventory.actions.hubs import archive_hub, create_hub, edit_hub, restore_hub
from inventory.forms import HubForm
from inventory.models import Hub
from inventory.views import listings
from inventory.views.changes import done, form_page
from inventory.views.records import MANAGE, Noun, load_hub, record_list, record_page

VIEW = Permission.INVENTORY_VIEW
MAX_BINS_SHOWN = 200

HUB = Noun(
    name="hub",
    listing=listings.HUBS,
    icon="warehouse",
    title=gettext_lazy("Hubs"),
    new=gettext_lazy("New hub"),
    create=gettext_lazy("Create hub"),
    none_yet=gettext_lazy("No hubs yet"),
    explanation=gettext_lazy(
        "A hub is a place with bins: a warehouse, a shop, a van. Add a hub first. Then you can add bins "
        "and receive deliveries."
    ),
)


def hub_url(hub: Hub) -> str:
    """The URL of a hub's page."""
    return reverse("inventory:hub-detail", args=[hub.code])


@page(permission=VIEW)
def hub_list(request: AsoraRequest) -> HttpResponseBase:
    """The hubs where the user works."""
    return record_list(
        request, HUB, manages=request.act.actor.may(MANAGE) and works_everywhere(request.act.actor)
    )


@page(permission=VIEW)
def hub_detail(request: AsoraRequest, code: str) -> HttpResponse:
    """A hub and its bins."""
    hub = load_hub(request, code, VIEW)
    bins = hub.bins.order_by("code")
    live = bins.filter(archived_at=None)
    return record_page(
        request,
        HUB,
        hub,
        hub.code,
        context={
            "bins": live[:MAX_BINS_SHOWN],
            "live_count": live.count(),
            "archived_count": bins.exclude(archived_at=None).count(),
            "most_shown": MAX_BINS_SHOWN,
            "sees_stock": request.act.actor.may(Permission.LEDGER_VIEW_STOCK),
        },
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.hub.create")
def hub_create(request: AsoraRequest) -> HttpResponse:
    """Create a hub."""
    return form_page(request, form=HubForm, action=create_hub, noun=HUB, url=hub_url)


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.hub.edit")
def hub_edit(request: AsoraRequest, code: str) -> HttpResponse:
    """Rename a hub."""
    hub = load_hub(request, code, MANAGE)
    return form_page(request, form=HubForm, action=edit_hub, noun=HUB, url=hub_url, record=hub)


@page(permission=MANAGE, methods=["POST"], tries="inventory.hub.archive")
def hub_archive(request: AsoraRequest, code: str) -> HttpResponse:
    """Archive a hub."""
    hub = archive_hub(request.act, hub=load_hub(request, code, MANAGE))
    return done(request, _("%(record)s was archived.") % {"record": hub}, hub_url(hub))


@page(permission=MANAGE, methods=["POST"], tries="inventory.hub.restore")
def hub_restore(request: AsoraRequest, code: str) -> HttpResponse:
    """Restore a hub."""
    hub = restore_hub(request.act, hub=load_hub(request, code, MANAGE))
    return done(request, _("%(record)s was restored.") % {"record": hub}, hub_url(hub))
