"""Work after the response, so that the response time does not reveal whether the work was done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache

import structlog
from django.conf import settings
from django.db import connections

from asora.kernel import binding
from asora.kernel.act import Tenancy
from asora.kernel.database_errors import Unavailable

THREADS, MAX_WAITING = 2, 200
_waiting = threading.BoundedSemaphore(MAX_WAITING)
log = structlog.get_logger(__name__)


def in_background(tenant: Tenancy, work: Callable[[], None]) -> None:
    """Do `work` in a thread that is bound to `tenant`. The caller neither waits for it nor sees it fail.

    Raises Unavailable when too much work is waiting already, so that requests cannot fill the memory of the process.
    """
    if not settings.ASORA_BACKGROUND:
        work()
        return
    if not _waiting.acquire(blocking=False):
        raise Unavailable("too much work is waiting in the background")
    _pool().submit(copy_context().run, _run, tenant, work)


def _run(tenant: Tenancy, work: Callable[[], None]) -> None:
    try:
        binding.bind(tenant)
        work()
    except Exception:
        log.exception("work in the background failed")
    finally:
        _waiting.release()
        connections.close_all()


@cache
def _pool() -> ThreadPoolExecutor:
    """The pool, created by the process that uses it because threads do not survive a fork."""
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="background")
