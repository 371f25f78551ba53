"""The buttons that send payloads, and the schedule of an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.jobs.actions import request_job
from asora.kernel.pages import AsoraRequest, load, page, sent_back
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from integrations.dispatch import requests
from integrations.dispatch.actions.schedules import end_schedule, set_schedule
from integrations.dispatch.actions.starting import queue_test_event
from integrations.dispatch.forms import ScheduleForm, chosen_from, interval
from integrations.dispatch.models import Dispatch, Schedule
from integrations.dispatch.plan import Chosen
from integrations.dispatch.running import dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload
from integrations.types import catalogue

SEND = Permission.INTEGRATIONS_DISPATCH
START, TEST = "integrations.dispatch.start", "integrations.endpoint.test"
SET, END = "integrations.schedule.set", "integrations.schedule.end"
Kind = Dispatch.Kind
#: Of a number of attempts. Python refuses to read numbers of thousands of digits.
MAX_DIGITS = 9


@page(permission=SEND, methods=["POST"], tries=START)
def dispatch_one(request: AsoraRequest, payload: UUID) -> HttpResponse:
    """Send one queued payload."""
    found = _payload(request, payload)
    return _send(request, found.endpoint, kind=Kind.ONE, chosen=[Chosen(found.pk)])


@page(permission=SEND, methods=["POST"], tries=START)
def dispatch_again(request: AsoraRequest, payload: UUID) -> HttpResponse:
    """Send one payload again. `seen`: how many attempts the page showed, so that two clicks send once."""
    found = _payload(request, payload)
    seen = request.POST.get("seen", "")
    if not seen.isdecimal() or len(seen) > MAX_DIGITS:
        raise ValidationFailed(
            _("Reload the page, then send the payload again."), reason=Reason.INVALID_INPUT
        )
    return _send(request, found.endpoint, kind=Kind.AGAIN, chosen=[Chosen(found.pk, int(seen))])


@page(permission=SEND, methods=["POST"], tries=START)
def dispatch_chosen(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Send the payloads that were chosen in the list. If none was, return to the list with its filter."""
    record = _endpoint(request, endpoint)
    try:
        chosen = chosen_from(request.POST.getlist("payload"))
    except ValidationFailed as refusal:
        if refusal.reason is not Reason.NO_DATA:
            raise
        filters = f"?{request.GET.urlencode()}" if request.GET else ""
        raise sent_back(refusal, reverse("integrations:queue", args=[record.pk]) + filters) from None
    kind = Kind.AGAIN if any(one.seen for one in chosen) else Kind.CHOSEN
    return _send(request, record, kind=kind, chosen=chosen)


@page(permission=SEND, methods=["POST"], tries=START)
def dispatch_all(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Send everything that is queued for an endpoint."""
    return _send(request, _endpoint(request, endpoint), kind=Kind.ALL, chosen=[])


@page(permission=SEND, methods=["POST"], tries=TEST)
def dispatch_test(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Send a test event to an endpoint, also to one that is not enabled yet."""
    record = _endpoint(request, endpoint)
    queue_test_event(request.act, endpoint=record)
    queued = Payload.objects.filter(
        endpoint=record, event_type=catalogue.TEST, request_id=request.act.request_id
    ).latest("number")
    return _send(request, record, kind=Kind.TEST, chosen=[Chosen(queued.pk)])


@page(permission=SEND, methods=["POST"], tries=SET)
def schedule_set(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Send everything queued for an endpoint every few minutes."""
    record = _endpoint(request, endpoint)
    schedule = set_schedule.submit(request.act, ScheduleForm(request.POST, endpoint=record))
    messages.success(
        request,
        _("Everything queued for %(endpoint)s is sent %(interval)s from now on.")
        % {"endpoint": record, "interval": interval(schedule.every_minutes)},
    )
    return redirect("integrations:endpoint-detail", record.pk)


@page(permission=SEND, methods=["POST"], tries=END)
def schedule_end(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """End the schedule of an endpoint."""
    schedules = Schedule.objects.filter(ended_at=None).select_related("endpoint")
    schedule = load(request, schedules, permission=SEND, endpoint_id=endpoint)
    end_schedule(request.act, schedule=schedule)
    messages.success(
        request,
        _("The schedule was ended. Payloads for %(endpoint)s wait until somebody sends them.")
        % {"endpoint": schedule.endpoint},
    )
    return redirect("integrations:endpoint-detail", endpoint)


def _payload(request: AsoraRequest, payload: UUID) -> Payload:
    return load(request, Payload.objects.select_related("endpoint"), permission=SEND, pk=payload)


def _endpoint(request: AsoraRequest, endpoint: UUID) -> Endpoint:
    return load(request, Endpoint.objects.all(), permission=SEND, pk=endpoint)


def _send(request: AsoraRequest, endpoint: Endpoint, *, kind: str, chosen: Sequence[Chosen]) -> HttpResponse:
    """Send at once and show the result, or let a job send and show its progress."""
    if requests.is_long(endpoint, chosen):
        arguments = requests.as_arguments(endpoint, kind=kind, chosen=chosen)
        job = request_job(request.act, kind=requests.DISPATCH_JOB, label=str(endpoint), arguments=arguments)
        return redirect("jobs:detail", job.pk)
    done = dispatch(request.act, endpoint=endpoint, kind=kind, chosen=chosen)
    if done.delivered == done.amount:
        messages.success(request, _delivered(done.delivered))
    else:
        messages.warning(request, _not_delivered(done))
    return redirect("integrations:dispatch-detail", done.pk)


def _delivered(amount: int) -> str:
    return ngettext("%(amount)s payload was delivered.", "%(amount)s payloads were delivered.", amount) % {
        "amount": amount
    }


def _not_delivered(dispatch: Dispatch) -> str:
    amount = dispatch.amount - dispatch.delivered
    return ngettext(
        "%(amount)s payload was not delivered. Your inventory is not affected.",
        "%(amount)s payloads were not delivered. Your inventory is not affected.",
        amount,
    ) % {"amount": amount}
