"""The texts of the steps: their labels, their meaning, and where each is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, pgettext_lazy

from asora.kernel.shapes import StrOrPromise
from asora.onboarding.rules import CONFIRM, SEEDED
from audit.events.models import Event
from plans.models import Onboarding


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a step."""

    label: StrOrPromise
    meaning: StrOrPromise
    units: StrOrPromise = ""  # the noun for its rows, by number


STEPS: Mapping[str, Words] = {
    "confirm_identity": Words(
        gettext_lazy("Identity verified"),
        gettext_lazy("The company is who it says it is: register entry, contract, call back."),
    ),
    "confirm_scope": Words(
        gettext_lazy("Inventory scope confirmed"),
        gettext_lazy(
            "What the company will track in Asora, roughly how much of it, and what it will not track."
        ),
    ),
    "confirm_plan": Words(
        gettext_lazy("Plan selected"),
        gettext_lazy("The company has seen the ceilings and knows which plan it buys."),
    ),
    "confirm_role_model": Words(
        gettext_lazy("Role model chosen"),
        gettext_lazy("The company knows who may do what, and whether decisions need two people."),
    ),
    "confirm_strategy": Words(
        gettext_lazy("Hub and bin strategy agreed"),
        gettext_lazy("Which places become hubs, and how bins are named. Codes cannot be changed later."),
    ),
    "plan": Words(
        gettext_lazy("Plan"),
        gettext_lazy("The ceilings of the tenant. A larger plan can be assigned at any time."),
    ),
    "role_model": Words(
        gettext_lazy("Role model"), gettext_lazy("The roles of the tenant, and what each of them may do.")
    ),
    "tenant": Words(
        pgettext_lazy("onboarding", "Tenant"),
        gettext_lazy("Costing, currency and time zone. Creates the tenant's own schema."),
    ),
    "categories": Words(
        gettext_lazy("Categories"),
        gettext_lazy("The kinds of items."),
        ngettext_lazy("category", "categories"),
    ),
    "hubs": Words(
        gettext_lazy("Hubs"),
        gettext_lazy("The places where stock is stored."),
        ngettext_lazy("hub", "hubs"),
    ),
    "bins": Words(
        gettext_lazy("Bins"),
        gettext_lazy("The storage places inside a hub."),
        ngettext_lazy("bin", "bins"),
    ),
    "vendors": Words(
        gettext_lazy("Vendors"),
        gettext_lazy("The suppliers. Receiving needs an eligible vendor."),
        ngettext_lazy("vendor", "vendors"),
    ),
    "items": Words(
        gettext_lazy("Items"),
        gettext_lazy("The items in stock, with their units of measure."),
        ngettext_lazy("item", "items"),
    ),
    "verification": Words(
        gettext_lazy("Verification"),
        gettext_lazy("Four test runs in the tenant itself. They leave no data behind."),
    ),
    "owner": Words(
        gettext_lazy("First owner"),
        gettext_lazy("Sends the first owner a link that works once. The owner then runs the tenant."),
    ),
    "completion": Words(
        gettext_lazy("Completed"), gettext_lazy("Closes this checklist. The tenant stays as it is.")
    ),
}


def label_of(step: str) -> str:
    """The label of a step."""
    return str(STEPS[step].label)


def place_of(step: str, onboarding: Onboarding) -> str:
    """The place where a step is done and where its result is found."""
    if step.startswith(CONFIRM):
        return _("the confirmations of %(onboarding)s") % {"onboarding": onboarding}
    if step in SEEDED:
        return _("tenant %(tenant)s") % {"tenant": onboarding.tenant or onboarding}
    return _("the onboarding of %(onboarding)s") % {"onboarding": onboarding}


def sentence_of(event: Event) -> str:
    """An event of an onboarding in a few words, for its checklist."""
    step = str(event.facts.get("step", ""))
    after = event.changes[0]["after"] if event.changes else {}
    match event.action.removeprefix("plans.onboarding."):
        case "confirm":
            return _("confirmed: %(what)s") % {"what": _listed(CONFIRM + kind for kind in after)}
        case "assign_plan" | "assign_role_model":
            return _("assigned %(what)s") % {"what": ", ".join(str(value) for value in after.values())}
        case "seed":
            return _("sent a file: %(what)s") % {"what": _listed([step])}
    words = {
        "start": _("started the onboarding"),
        "create_tenant": _("created the tenant's row"),
        "verify": _("verified the tenant"),
        "invite_owner": _("invited the first owner"),
        "complete": _("completed the onboarding"),
        "abandon": _("abandoned the onboarding"),
    }
    return words.get(event.action.removeprefix("plans.onboarding."), event.action)


def _listed(steps: Iterable[str]) -> str:
    return ", ".join(label_of(step) for step in steps if step in STEPS)
