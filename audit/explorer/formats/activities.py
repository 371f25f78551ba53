"""What kind of activity an action is (create, read, update, delete), from the verb of its name.

The outcome plays no part: an allowed and a refused attempt of the same action are the same activity.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class Activity(IntEnum):
    """The activities of OCSF's API Activity, with its numbers."""

    CREATE = 1
    READ = 2
    UPDATE = 3
    DELETE = 4
    OTHER = 99


_VERBS: Mapping[Activity, frozenset[str]] = {
    Activity.CREATE: frozenset(
        {
            "add",
            "ask",
            "complete",
            "create",
            "create_tenant",
            "import",
            "invite_owner",
            "order",
            "post",
            "record",
        }
        | {"request", "save", "scan", "seed", "set_up", "sign_in", "start", "submit"}
    ),
    Activity.READ: frozenset(
        {"check", "compare", "copy", "download", "export", "look", "open", "try", "verify", "view"}
    ),
    Activity.UPDATE: frozenset(
        {"accept", "approve", "archive", "assign_plan", "assign_role_model", "change", "choose", "confirm"}
        | {
            "deactivate",
            "decide",
            "decline",
            "edit",
            "eligibility",
            "explain",
            "hubs",
            "reactivate",
            "rebuild",
        }
        | {"recount", "rename", "renew", "resend", "reset", "restore", "reverse", "role", "share", "use"}
    ),
    Activity.DELETE: frozenset(
        {"abandon", "cancel", "delete", "end", "end_all", "erase", "remove", "revoke", "sign_out", "withdraw"}
    ),
}
_BY_VERB: Mapping[str, Activity] = {verb: activity for activity, verbs in _VERBS.items() for verb in verbs}
#: Actions whose verb means something else than usual.
_BY_NAME: Mapping[str, Activity] = {
    "ledger.count.open": Activity.CREATE,
    "plans.tenant.open": Activity.CREATE,
}


def activity_of(action: str) -> Activity:
    """The activity of an action; `OTHER` if its verb is not in the table."""
    return _BY_NAME.get(action) or _BY_VERB.get(verb_of(action), Activity.OTHER)


def verb_of(action: str) -> str:
    """The last part of the name of an action, which says what is done."""
    return action.rpartition(".")[2]
