"""Who may see the result of a job: the person who requested it, while they still have all rights it ran with.

A result may show the stock of a hub or its value. It was produced with the rights of that time; if the person has
lost a permission or hub since then, the result is hidden. JSON: {"permissions": […], "hubs": […], or null: all}.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.accounts.roles import grants
from asora.accounts.roles.table import PERMISSIONS
from asora.jobs.models import Job
from asora.kernel.actors import Actor
from asora.kernel.reach import works_everywhere
from asora.kernel.refusals import PermissionDenied
from asora.kernel.shapes import Values


def rights_of(actor: Actor) -> Values:
    """The present permissions and hubs of an actor."""
    return {
        "permissions": [name for name in PERMISSIONS if actor.may(name)],
        "hubs": None if works_everywhere(actor) else grants.named(grants.within_reach(actor)),
    }


def may_see(actor: Actor, job: Job) -> bool:
    """Returns True if an actor has every right that a job ran with. Unknown rights (None) are never enough."""
    if job.rights is None:
        return False
    then, now = job.rights, rights_of(actor)
    has_hubs = now["hubs"] is None or (then["hubs"] is not None and set(then["hubs"]) <= set(now["hubs"]))
    return has_hubs and set(then["permissions"]) <= set(now["permissions"])


def withheld() -> PermissionDenied:
    """The refusal to show a result that was produced with rights the person no longer has."""
    return PermissionDenied(
        _("Some of your permissions or hubs were removed after this job ran, so its result is hidden."),
        details={"remedy": _("Start the job again. It then runs with your present permissions.")},
    )
