"""`manage.py dispatch TENANT ENDPOINT`: send everything that is queued for an endpoint, or some payloads by number."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import replace
from getpass import getuser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django_tenants.utils import tenant_context

from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.text import fold_code
from integrations.dispatch.models import Attempt, Dispatch
from integrations.dispatch.plan import Chosen
from integrations.dispatch.requests import result_of
from integrations.dispatch.running import dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbound.faults import ADVICE, Fault
from integrations.outbox.models import Payload
from plans.models import Tenant

REFUSED, NOT_DELIVERED = 2, 1


class Command(BaseCommand):
    help = (
        "Send everything that is queued for an endpoint, one attempt for each payload, in order. With --number only "
        "these payloads, also if they were sent before. The last line of output is a JSON object of totals, and "
        "the reasons of failures are printed to standard error. It needs the environment of the server. Exit status "
        "1 if a payload was not delivered, 2 if the dispatch was refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The tenant, the endpoint, and the numbers of payloads."""
        parser.add_argument("tenant", help="the tenant's name in addresses")
        parser.add_argument("endpoint", help="the name or the id of the endpoint")
        parser.add_argument(
            "--number",
            type=int,
            action="append",
            default=[],
            help="the number of one payload; may be repeated",
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Send, and print the result."""
        tenant = Tenant.objects.customers().reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=REFUSED)
        with tenant_context(tenant):
            endpoint = _endpoint(options["endpoint"])
            chosen = _chosen(endpoint, options["number"])
            kind = Dispatch.Kind.CHOSEN if chosen else Dispatch.Kind.ALL
            if any(one.seen for one in chosen):
                kind = Dispatch.Kind.AGAIN
            try:
                done = dispatch(_act(tenant), endpoint=endpoint, kind=kind, chosen=chosen)
            except Refusal as refusal:
                raise CommandError(
                    f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=REFUSED
                ) from refusal
            faults = _faults(done)
        for fault, amount in faults.items():
            meant = Fault(fault)
            self.stderr.write(f"{amount} failed: {meant.label}. {ADVICE[meant]}")
        totals = {**result_of(done), "cut_short": done.cut_short, "faults": faults}
        self.stdout.write(json.dumps(totals, sort_keys=True))
        if done.delivered < done.amount:
            raise SystemExit(NOT_DELIVERED)


def _endpoint(named: str) -> Endpoint:
    found = Endpoint.objects.filter(name_key=fold_code(named)).first()
    if found is None:
        try:
            found = Endpoint.objects.filter(pk=UUID(named)).first()
        except ValueError:
            found = None
    if found is None:
        raise CommandError(f"There is no endpoint {named}.", returncode=REFUSED)
    return found


def _chosen(endpoint: Endpoint, numbers: list[int]) -> list[Chosen]:
    rows = Payload.objects.filter(endpoint=endpoint, number__in=numbers).annotate(tried=Count("attempts"))
    chosen = {payload.number: Chosen(payload.pk, payload.tried) for payload in rows.order_by("number")}
    if missing := sorted(set(numbers) - set(chosen)):
        raise CommandError(
            f"{endpoint} has no payload with number {', '.join(map(str, missing))}.", returncode=REFUSED
        )
    return list(chosen.values())


def _faults(done: Dispatch) -> dict[str, int]:
    """How many attempts failed for each reason."""
    failed = Attempt.objects.filter(dispatch=done, outcome=Attempt.Outcome.FAILED)
    return dict(failed.values_list("fault").annotate(amount=Count("pk")).order_by("fault"))


def _act(tenant: Tenant) -> Act:
    actor = system(tenant.schema_name, "dispatch", Permission.INTEGRATIONS_DISPATCH)
    try:
        claims = {"os_user": getuser()}
    except (KeyError, OSError):  # a container's user may have no name
        claims = {}
    return new_act(tenant, replace(actor, claims=claims), route="manage.py dispatch")
