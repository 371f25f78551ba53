"""Who may see what came of a job: whoever ordered it, as long as they hold every right that it was done with.

What a job tells was judged by the rights of a moment. It may name what lies at a hub, or what that is worth; so once a
right or a hub is taken away, it is not told any more. Kept as JSON: {"permissions": […], "hubs": […], or null: all}.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from asora.accounts.roles import grants
from asora.accounts.roles.table import PERMISSIONS
from asora.jobs.models import Job
from asora.kernel.act import Actor
from asora.kernel.reach import works_everywhere
from asora.kernel.refusals import PermissionDenied


def rights_of(actor: Actor) -> dict[str, Any]:
    """What an actor may do now, and where."""
    return {
        "permissions": [name for name in PERMISSIONS if actor.may(name)],
        "hubs": None if works_everywhere(actor) else grants.named(grants.within_reach(actor)),
    }


def may_see(actor: Actor, job: Job) -> bool:
    """Whether an actor holds every right that a job was done with; of one that kept none, nobody can say so."""
    if job.rights is None:
        return False
    then, now = job.rights, rights_of(actor)
    has_hubs = now["hubs"] is None or (then["hubs"] is not None and set(then["hubs"]) <= set(now["hubs"]))
    return has_hubs and set(then["permissions"]) <= set(now["permissions"])


def withheld() -> PermissionDenied:
    """The refusal to show what was found with rights that were taken away since."""
    return PermissionDenied(
        _("You have fewer rights now than this was done with, so what came of it is not shown."),
        details={"remedy": _("Order it again: it is then done with the rights that you have.")},
    )
