"""Tells the support desk, after the commit, that somebody of the tenant has asked or said something.

The desk is above the trail, so it registers what follows (`follow_with`). Public rows are never written together with a
tenant's: the desk reads what was committed and follows in a transaction of its own. A periodic task repairs what a
crash left out, so an error here is logged and does not reach the person.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from django.db import transaction

from asora.kernel import binding
from asora.kernel.act import Act, Tenancy

log = structlog.get_logger(__name__)
#: Gets the tenant and the id of the request in which something was said.
Follow = Callable[[Tenancy, str], None]
_followers: list[Follow] = []
#: Gets the tenant and the pseudonym of a person who was erased there.
Erase = Callable[[Tenancy, str], None]
_erasers: list[Erase] = []


def follow_with(follow: Follow) -> None:
    """Register the function that follows. Called once, at start-up."""
    _followers[:] = [follow]


def erase_with(erase: Erase) -> None:
    """Register the function that empties what an erased person wrote at the desk. Called once, at start-up."""
    _erasers[:] = [erase]


def announce(act: Act) -> None:
    """Let the desk follow what this request committed. Call it after the action, outside of a transaction."""
    for follow in _followers:
        _tell(follow, act.tenant, act.request_id)


def announce_erasure(person: str) -> None:
    """Let the desk empty what an erased person of the bound tenant wrote there, after the commit of the erasure."""
    for erase in _erasers:
        transaction.on_commit(partial(_tell, erase, binding.tenant(), person), robust=True)


def _tell(listener: Callable[[Tenancy, str], None], tenant: Tenancy, what: str) -> None:
    """Call the desk, and be bound as before afterwards."""
    bound = binding.tenant()
    try:
        listener(tenant, what)
    except Exception:
        log.exception("the desk could not follow a tenant", tenant=tenant.slug)
    finally:
        binding.bind(bound)
