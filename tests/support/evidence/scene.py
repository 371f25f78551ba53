"""A tenant with refusals and an agent's open access session, for tests of evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from audit.events.models import Event
from audit.seals import sealer
from plans.models import Tenant
from support.access import reading as access
from support.access.actions import request_access
from support.evidence import reading
from support.evidence.facts import EventFact
from support.evidence.linking import link
from support.models import AccessSession, EvidenceLink

ITEM_PAGE = "/items/new/"


@dataclass(frozen=True)
class Scene:
    """Acacia, an agent, and the agent's open session there."""

    tenant: Tenant
    agent: Act
    session: AccessSession
    client_as: Callable[..., Any]

    @contextmanager
    def inside(self) -> Iterator[Act]:
        """Inside the tenant, as the desk reads it."""
        with access.inside(self.agent, self.tenant, page="tests", address="/audit/") as within:
            yield within

    def refuse(self, role: str = "viewer", **values: Any) -> Event:
        """A refused request in the tenant: the viewer may not create an item, the manager sends an empty form."""
        with tenant_context(self.tenant):
            before = Event.objects.order_by("-number").values_list("number", flat=True).first() or 0
            self.client_as(role).post(ITEM_PAGE, values)
            return Event.objects.get(number__gt=before, outcome="refused")

    def seal(self) -> None:
        """Seal everything in the tenant."""
        with tenant_context(self.tenant):
            sealer.seal_schema()

    def fact(self, event: Event) -> EventFact:
        """An event as the desk reads it now."""
        with self.inside() as within:
            found = reading.event(within, event.pk)
        assert found is not None
        return found

    def link(self, event: Event) -> EvidenceLink:
        """A reference to an event."""
        return link(self.agent, self.tenant, self.fact(event), self.session)


def scene(act_as: Callable[..., Act], client_as: Callable[..., Any], slug: str = "acacia") -> Scene:
    """The scene of a tenant. `act_as`, `client_as`: the fixtures, while public is bound."""
    tenant = Tenant.objects.get(slug=slug)
    agent = act_as("agent")
    session = request_access(agent, tenant=tenant, ticket="T-000012", minutes=30)
    return Scene(tenant, agent, session, client_as)
