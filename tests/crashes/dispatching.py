"""Payloads of an endpoint on a site's database: `python -m tests.crashes.dispatching queue URL AMOUNT`, or `states`."""

from __future__ import annotations

import json
import os
import sys

import django


def main(step: str, *arguments: str) -> None:
    """Make an endpoint with queued payloads, or print the states of all payloads in order, as JSON."""
    from django_tenants.utils import tenant_context

    from asora.accounts.models import User
    from integrations.dispatch.models import Dispatch
    from integrations.outbox.models import Payload
    from plans.models import Tenant
    from tests.crashes.site import TENANT
    from tests.factories.dispatches import make_receiving_endpoint
    from tests.factories.payloads import queue_payloads

    with tenant_context(Tenant.objects.get(slug=TENANT)):
        if step == "queue":
            url, amount = arguments
            endpoint = make_receiving_endpoint(url, User.objects.get(role="owner").ref, "ERP")
            queue_payloads(endpoint, int(amount))
        states = list(Payload.objects.order_by("number").values_list("state", flat=True))
        unfinished = Dispatch.objects.filter(finished_at=None).count()
    sys.stdout.write(json.dumps({"states": states, "unfinished": unfinished}))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "asora.settings"
    django.setup()
    main(*sys.argv[1:])
