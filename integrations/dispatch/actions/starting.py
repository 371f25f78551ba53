"""Starting to send: the instruction of a person or schedule, with an event of its own, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from integrations.dispatch import locking
from integrations.dispatch.locking import Sender
from integrations.dispatch.models import Dispatch
from integrations.dispatch.plan import MAX_CHOSEN, Chosen, Plan
from integrations.dispatch.queries import sendable
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import Standing, standing
from integrations.outbox.models import Payload

SEND = Permission.INTEGRATIONS_DISPATCH


def already_running() -> StateConflict:
    """The refusal while payloads of the endpoint are being sent."""
    return StateConflict(
        _("Payloads are being sent to this endpoint at the moment."), reason=Reason.DISPATCH_RUNNING
    )


@action(
    "integrations.dispatch.start",
    permission=SEND,
    subject="endpoint",
    constraint_refusals={"integrations_one_dispatch": already_running},
    done=gettext_lazy("started sending: {label}"),
    tried=gettext_lazy("tried to send payloads to {label}"),
)
def start_dispatch(
    act: Act, *, endpoint: Endpoint, kind: Dispatch.Kind, chosen: Sequence[Chosen] = (), sender: Sender
) -> Plan:
    """Record that payloads of an endpoint are sent from now on. Nothing is sent here (`dispatch.sending`).

    `chosen`: which ones; empty: everything that is queued. `sender`: the right to send, which is taken here.
    Refusals: STATE_CONFLICT DISPATCH_RUNNING, ENDPOINT_DISABLED, ENDPOINT_PAUSED (neither concerns a test event),
    STALE_FORM (a chosen payload was sent in the meantime), NOT_ACTIVE (removed); VALIDATION_FAILED NO_DATA, TOO_LARGE;
    ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    act.reads(endpoint)
    present = Endpoint.everything.get(pk=endpoint.pk)
    maker = standing(present)
    if present.removed_at is not None:
        raise StateConflict(_("%(endpoint)s was removed.") % {"endpoint": present}, reason=Reason.NOT_ACTIVE)
    if kind != Dispatch.Kind.TEST:
        _require_receiving(present, maker)
    if not sender.take() or Dispatch.objects.filter(endpoint=present, finished_at=None).exists():
        raise already_running()
    dispatch = Dispatch(endpoint=present, kind=kind, actor_ref=act.actor.ref, request_id=act.request_id)
    if chosen:
        ordered = _still_as_seen(present, chosen, maker)
        plan = Plan(dispatch, chosen=ordered)
        dispatch.amount = len(ordered)
    else:
        plan = _everything_queued(dispatch, maker)
    dispatch.save(force_insert=True)
    act.changed(dispatch, after={"endpoint": present, "kind": dispatch.kind, "amount": dispatch.amount})
    act.refers(dispatch=str(dispatch.pk))
    return plan


@action(
    "integrations.endpoint.test",
    permission=SEND,
    subject="endpoint",
    observes=True,
    done=gettext_lazy("queued a test event for endpoint {label}"),
    tried=gettext_lazy("tried to send a test event to endpoint {label}"),
)
def queue_test_event(act: Act, *, endpoint: Endpoint) -> None:
    """Record that somebody tests an endpoint. The outbox queues the test event with the event of this action.

    Refusals: STATE_CONFLICT NOT_ACTIVE (removed), DISPATCH_RUNNING: it could not be sent now and would stay queued.
    """
    if not Endpoint.objects.filter(pk=endpoint.pk).exists():
        raise StateConflict(_("%(endpoint)s was removed.") % {"endpoint": endpoint}, reason=Reason.NOT_ACTIVE)
    if locking.is_sending(endpoint.pk):
        raise already_running()
    act.found(test_event=True)


def _require_receiving(endpoint: Endpoint, maker: Standing) -> None:
    if not endpoint.is_enabled:
        raise StateConflict(
            _("%(endpoint)s is disabled, so nothing is sent to it.") % {"endpoint": endpoint},
            reason=Reason.ENDPOINT_DISABLED,
        )
    if maker.is_paused:
        raise StateConflict(
            _("%(endpoint)s is paused, so nothing is sent to it. %(why)s")
            % {"endpoint": endpoint, "why": " ".join(maker.reasons)},
            reason=Reason.ENDPOINT_PAUSED,
        )


def _everything_queued(dispatch: Dispatch, maker: Standing) -> Plan:
    """Everything that is queued now. What is queued later, the next dispatch sends."""
    endpoint = dispatch.endpoint
    after, upto = endpoint.number.deleted_upto, endpoint.number.last
    dispatch.amount = sendable(endpoint, maker).filter(number__lte=upto).count()
    if not dispatch.amount:
        raise ValidationFailed(
            _("Nothing is queued for %(endpoint)s.") % {"endpoint": endpoint}, reason=Reason.NO_DATA
        )
    return Plan(dispatch, after=after, upto=upto)


def _still_as_seen(endpoint: Endpoint, chosen: Sequence[Chosen], maker: Standing) -> list[Chosen]:
    """The chosen payloads in the order of their numbers, if nobody has sent one of them since."""
    if len(chosen) > MAX_CHOSEN:
        raise ValidationFailed(
            _("Choose at most %(most)s payloads.") % {"most": MAX_CHOSEN}, reason=Reason.TOO_LARGE
        )
    seen = {one.payload: one for one in chosen}
    rows = Payload.objects.filter(endpoint=endpoint, pk__in=seen, number__gt=endpoint.number.deleted_upto)
    found = list(rows.annotate(tried=Count("attempts")).order_by("number"))
    if len(found) != len(seen):
        raise RouteNotFound(_("This payload does not exist."), reason=Reason.NO_SUCH_RECORD)
    for payload in found:
        if payload.state == Payload.State.SENDING or payload.tried != seen[payload.pk].seen:
            raise StateConflict(
                _("Payload %(number)s was sent in the meantime.") % {"number": payload.number},
                reason=Reason.STALE_FORM,
            )
        if not maker.covers(hubs=payload.hubs, with_values=payload.with_values):
            raise StateConflict(
                _("The person who set up %(endpoint)s may no longer see all of payload %(number)s.")
                % {"endpoint": endpoint, "number": payload.number},
                reason=Reason.ENDPOINT_PAUSED,
            )
    return [seen[payload.pk] for payload in found]
