"""The steps in words: what each is called, what it is for, and where one looks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from asora.onboarding.rules import CONFIRM, SEEDED
from audit.models import Event
from plans.models import Onboarding


@dataclass(frozen=True, slots=True)
class Words:
    """How a step is said."""

    label: Any
    meaning: Any
    units: tuple[Any, Any] = ("", "")  # what one row of it is called, and several


STEPS: Mapping[str, Words] = {
    "confirm_identity": Words(
        gettext_lazy("Identity verified"),
        gettext_lazy("The company is who it says it is: register, contract, a call back."),
    ),
    "confirm_scope": Words(
        gettext_lazy("Inventory scope confirmed"),
        gettext_lazy("What they will keep in Asora, roughly how much of it, and what they will not."),
    ),
    "confirm_plan": Words(
        gettext_lazy("Plan selected"),
        gettext_lazy("They have seen the ceilings and know which plan they buy."),
    ),
    "confirm_role_model": Words(
        gettext_lazy("Role model chosen"),
        gettext_lazy("They know who may do what, and whether two pairs of eyes are wanted."),
    ),
    "confirm_strategy": Words(
        gettext_lazy("Hub and bin strategy agreed"),
        gettext_lazy("Which places become hubs, and how their bins are called: codes never change."),
    ),
    "plan": Words(gettext_lazy("Plan"), gettext_lazy("Hard ceilings; a larger plan can follow at any time.")),
    "role_model": Words(
        gettext_lazy("Role model"), gettext_lazy("Which roles there are, and what each of them may do.")
    ),
    "tenant": Words(
        pgettext_lazy("onboarding", "Tenant"),
        gettext_lazy("Costing, currency, time zone; then a schema of their own."),
    ),
    "categories": Words(
        gettext_lazy("Categories"),
        gettext_lazy("What kinds of things they keep."),
        (gettext_lazy("category"), gettext_lazy("categories")),
    ),
    "hubs": Words(
        gettext_lazy("Hubs"),
        gettext_lazy("The places that hold stock."),
        (gettext_lazy("hub"), gettext_lazy("hubs")),
    ),
    "bins": Words(
        gettext_lazy("Bins"),
        gettext_lazy("Where in a hub it lies."),
        (gettext_lazy("bin"), gettext_lazy("bins")),
    ),
    "vendors": Words(
        gettext_lazy("Vendors"),
        gettext_lazy("Who delivers; receiving needs an eligible one."),
        (gettext_lazy("vendor"), gettext_lazy("vendors")),
    ),
    "items": Words(
        gettext_lazy("Items"),
        gettext_lazy("What is kept, and how it is counted."),
        (gettext_lazy("item"), gettext_lazy("items")),
    ),
    "verification": Words(
        gettext_lazy("Verification"),
        gettext_lazy("Four rehearsals in the tenant itself. They leave nothing behind."),
    ),
    "owner": Words(
        gettext_lazy("First owner"),
        gettext_lazy("A link that is good once. From then on the company helps itself."),
    ),
    "completion": Words(
        gettext_lazy("Completed"), gettext_lazy("Closes this checklist; the tenant stays as it is.")
    ),
}


def label_of(step: str) -> str:
    """What a step is called."""
    return str(STEPS[step].label)


def place_of(step: str, onboarding: Onboarding) -> str:
    """Where a step is taken, and so where its result is looked for."""
    if step.startswith(CONFIRM):
        return _("the confirmations of %(onboarding)s") % {"onboarding": onboarding}
    if step in SEEDED:
        return _("tenant %(tenant)s") % {"tenant": onboarding.tenant or onboarding}
    return _("the onboarding of %(onboarding)s") % {"onboarding": onboarding}


def told(event: Event) -> str:
    """What was done to an onboarding, in a few words, for somebody who has its checklist before them."""
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
        "start": _("began"),
        "create_tenant": _("wrote down the tenant"),
        "verify": _("verified it"),
        "invite_owner": _("invited the first owner"),
        "complete": _("completed it"),
        "abandon": _("abandoned it"),
    }
    return words.get(event.action.removeprefix("plans.onboarding."), event.action)


def _listed(steps: Iterable[str]) -> str:
    return ", ".join(label_of(step) for step in steps if step in STEPS)
