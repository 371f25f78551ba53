"""What is left to do until an endpoint is in use, from its secret to the first payload."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise
from integrations.dispatch.models import Dispatch
from integrations.dispatch.queries import schedule_of
from integrations.endpoints.models import Endpoint
from integrations.feed.queries import lasting_token


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do a step: a link, or (`is_post`) a button that does it."""

    label: StrOrPromise
    url: str
    is_post: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step, with the ways to do it.

    `is_done`: None if only the person can know it. `is_next`: the first one that Asora can see is not done.
    """

    label: StrOrPromise
    note: StrOrPromise
    is_done: bool | None
    ways: tuple[Way, ...]
    is_next: bool = False


def next_steps(endpoint: Endpoint) -> list[Step]:
    """The steps of an endpoint in their order; none once Asora sees no more to do, or if it was removed.

    Whether the other system has the secret and checks signatures, only the person knows: a system that checks nothing
    accepts a test event too.
    """
    if endpoint.removed_at:
        return []

    def link(label: StrOrPromise, route: str, *, is_post: bool = False) -> Way:
        return Way(label, reverse(f"integrations:{route}", args=[endpoint.pk]), is_post)

    delivered = Dispatch.objects.filter(endpoint=endpoint, delivered__gt=0)
    is_used = delivered.exclude(kind=Dispatch.Kind.TEST).exists()
    is_tested = is_used or delivered.exists()
    sends = is_used or schedule_of(endpoint) is not None or lasting_token(endpoint) is not None
    steps = [
        Step(
            _("Enter the signing secret"),
            _("in the other system; if you have not saved it, make a new one below"),
            None,
            (),
        ),
        Step(
            _("Let the other system check signatures"),
            _("so that it rejects what Asora has not signed; Asora cannot see whether it does"),
            None,
            (Way(_("Show how"), reverse("integrations:verify")),),
        ),
        Step(
            _("Test event"),
            _("see that the other system accepts it"),
            is_tested,
            (link(_("Send a test event"), "dispatch-test", is_post=True),),
        ),
        Step(
            _("Enable"),
            _("queue what happens from now on"),
            endpoint.is_enabled,
            (link(_("Enable"), "endpoint-enable", is_post=True),),
        ),
        Step(
            _("Sending"),
            _("dispatch what is queued, set a schedule below, or let the other system read the feed"),
            sends,
            (link(_("Feed"), "endpoint-feed"), link(_("Queue"), "queue")),
        ),
    ]
    upcoming = next((step for step in steps if step.is_done is False), None)
    if upcoming is None:
        return []
    return [replace(step, is_next=step is upcoming) for step in steps]
