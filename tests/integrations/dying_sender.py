"""A sender that dies by kill -9 at one step: `python -m tests.integrations.dying_sender STEP SCHEMA ENDPOINT`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django

#: Each step, and what the three payloads of an endpoint are afterwards, before anybody has looked after them.
STEPS = {
    "started": ["queued", "queued", "queued"],
    "claimed": ["sending", "queued", "queued"],
    "answered": ["sending", "queued", "queued"],
    "recorded": ["delivered", "sending", "queued"],
    "finishing": ["delivered", "delivered", "delivered"],
}


def die(*_arguments: Any, **_values: Any) -> Any:
    """End this process as a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(step: str) -> None:
    """Let the step kill the process."""
    from integrations.dispatch import running, sending
    from integrations.outbound.request import Session

    post = Session.post
    sent: list[str] = []

    def counted(session: Session, url: str, **given: Any) -> Any:
        if step == "claimed" or (step == "recorded" and sent):
            die()
        answer = post(session, url, **given)
        sent.append(url)
        return die() if step == "answered" else answer

    match step:
        case "started":
            sending.send = die
        case "finishing":
            running.finish_dispatch = die  # type: ignore[assignment]
        case _:
            Session.post = counted  # type: ignore[method-assign]


def main(step: str, schema: str, endpoint: str) -> None:
    """Dispatch everything queued, and die."""
    from django_tenants.utils import tenant_context

    from asora.kernel.act import new_act
    from asora.kernel.actors import system
    from asora.kernel.permissions import Permission
    from integrations.dispatch.running import dispatch
    from integrations.endpoints.models import Endpoint
    from plans.models import Tenant

    tenant = Tenant.objects.get(schema_name=schema)
    with tenant_context(tenant):
        arm(step)
        act = new_act(tenant, system(schema, "tests", Permission.INTEGRATIONS_DISPATCH))
        dispatch(act, endpoint=Endpoint.objects.get(pk=endpoint), kind="all")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "asora.settings"
    django.setup()
    main(*sys.argv[1:])
