"""Tells the support desk, after the commit, that somebody of the tenant has asked or said something.

The desk is above the trail, so it registers what follows (`follow_with`). Public rows are never written together with a
tenant's: the desk reads what was committed and follows in a transaction of its own. A periodic task repairs what a
crash left out, so an error here is logged and does not reach the person.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from asora.kernel import binding
from asora.kernel.act import Act, Tenancy

log = structlog.get_logger(__name__)
#: Gets the tenant and the id of the request in which something was said.
Follow = Callable[[Tenancy, str], None]
_followers: list[Follow] = []


def follow_with(follow: Follow) -> None:
    """Register the function that follows. Called once, at start-up."""
    _followers[:] = [follow]


def announce(act: Act) -> None:
    """Let the desk follow what this request committed. Call it after the action, outside of a transaction."""
    bound = binding.tenant()
    for follow in _followers:
        try:
            follow(act.tenant, act.request_id)
        except Exception:
            log.exception("the desk could not follow a statement", request_id=act.request_id)
        finally:
            binding.bind(bound)
