"""Why nothing was queued for an endpoint: the step that an occurrence did not pass when it was written."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel import keys
from audit.events.models import Event
from audit.events.vocabulary import sentence
from integrations.diagnosis.settings_then import Settings
from integrations.diagnosis.steps import Explanation, Name, Step, Verdict, in_order, passed, stopped, unknown
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import Standing
from integrations.outbox.rules import last_kept_moment, received
from integrations.types import describe
from integrations.types.catalogue import DESCRIPTION_FAILED, TEST, TYPES
from integrations.types.definition import Occurrence
from inventory.models import Hub


def nothing_described(event: Event) -> Step:
    """Why an event describes nothing that could be sent."""
    if event.outcome != Event.Outcome.ALLOWED:
        return stopped(
            Name.EVENT,
            _(
                "The request was refused, failed or had nothing to do. Nothing changed, so there is nothing to send."
            ),
        )
    if event.action not in describe.ACTIONS:
        words = sentence(action=event.action, outcome=event.outcome, label=event.resource_label)
        return stopped(
            Name.EVENT,
            _("No event type describes this: somebody %(words)s.") % {"words": words},
            _("Look at the event types to see what can be sent."),
        )
    return stopped(Name.EVENT, _("It changed nothing that an event type describes."))


def what_happened(occurrence: Occurrence) -> Step:
    """The step that names what happened."""
    title = TYPES[occurrence.type].title
    if occurrence.position is None:
        return passed(Name.EVENT, title)
    return passed(
        Name.EVENT,
        _("%(title)s, position %(position)s") % {"title": title, "position": occurrence.position},
    )


def of_occurrence(
    endpoint: Endpoint, event: Event, occurrence: Occurrence, *, then: Settings | None, now: Standing
) -> Explanation:
    """The steps of an occurrence that has no payload now. `then`: the settings when it was written."""
    happened = what_happened(occurrence)
    if occurrence.type in {TEST, DESCRIPTION_FAILED}:
        return Explanation(occurrence, in_order(_unasked(endpoint, event, occurrence)))
    if then is None:
        return Explanation(
            occurrence,
            in_order(
                happened,
                stopped(
                    Name.ENABLED,
                    _("The endpoint did not exist yet. It receives what happens while it is enabled."),
                    _("Use a report or an export to transfer what happened before."),
                ),
            ),
        )
    enabled = _enabled(endpoint, then)
    kind, hubs = _type(endpoint, occurrence, then), _hubs(occurrence, then)
    steps = [happened]
    for step in (enabled, kind, hubs):
        steps.append(step)
        if step.verdict is not Verdict.PASSED:
            return Explanation(occurrence, in_order(*steps))
    if _is_past_retention(event):
        days = settings.ASORA_PAYLOAD_DAYS
        kept = ngettext(
            "Payloads are kept for %(days)s day. This event is older: if it was queued, its payload has been deleted.",
            "Payloads are kept for %(days)s days. This event is older: if it was queued, its payload has been deleted.",
            days,
        )
        gone = unknown(
            Name.QUEUE, kept % {"days": days}, _("Use a report or an export to transfer what happened.")
        )
        return Explanation(occurrence, in_order(*steps, gone))
    return Explanation(occurrence, in_order(*steps, _rights(then, event, now)))


def _unasked(endpoint: Endpoint, event: Event, occurrence: Occurrence) -> Step:
    """Why a message that endpoints do not choose was not queued."""
    if occurrence.type == DESCRIPTION_FAILED:
        return stopped(
            Name.EVENT,
            _("A fault in Asora keeps it from describing this event."),
            _("Ask support, and give them the request id of the event."),
        )
    if event.resource_id != str(endpoint.pk):
        return stopped(Name.EVENT, _("This test event was for another endpoint."))
    return unknown(
        Name.QUEUE,
        _("This test event is no longer kept."),
        _("Send another one from the page of the endpoint."),
    )


def _enabled(endpoint: Endpoint, then: Settings) -> Step:
    if then.is_enabled:
        return passed(Name.ENABLED, _("It was enabled then."))
    if endpoint.removed_at is not None:
        return stopped(Name.ENABLED, _("The endpoint was disabled then, and has been removed since."))
    later = _(
        "What happened while it was disabled is not queued later. Use a report or an export to transfer it."
    )
    if endpoint.is_enabled:
        return stopped(Name.ENABLED, _("The endpoint was disabled then. It has been enabled since."), later)
    return stopped(
        Name.ENABLED,
        _("The endpoint was disabled then, and still is."),
        _("Enable the endpoint to queue what happens from now on."),
        later,
    )


def _type(endpoint: Endpoint, occurrence: Occurrence, then: Settings) -> Step:
    title = TYPES[occurrence.type].title
    if occurrence.type in then.event_types:
        return passed(Name.TYPE, _("The endpoint received “%(type)s” then.") % {"type": title})
    if occurrence.type in endpoint.event_types:
        return stopped(
            Name.TYPE,
            _("The endpoint did not receive “%(type)s” then. It has been chosen since.") % {"type": title},
            _("What happened before is not queued later. Use a report or an export to transfer it."),
        )
    return stopped(
        Name.TYPE,
        _("The endpoint does not receive “%(type)s”.") % {"type": title},
        _("To receive it from now on, choose this event type in the settings of the endpoint."),
    )


def _hubs(occurrence: Occurrence, then: Settings) -> Step:
    if then.hubs is None:
        return passed(Name.HUBS, _("The endpoint received from all hubs then."))
    chosen = ", ".join(then.hub_codes)
    if received(occurrence, event_types=then.event_types, hubs=then.hubs) is not None:
        return passed(Name.HUBS, _("The endpoint received from %(hubs)s then.") % {"hubs": chosen})
    concerned = Hub.objects.filter(pk__in=occurrence.hubs).order_by("code").values_list("code", flat=True)
    return stopped(
        Name.HUBS,
        _("The endpoint received only from %(hubs)s then. This concerns %(concerned)s.")
        % {"hubs": chosen, "concerned": ", ".join(concerned)},
        _("To receive it from now on, choose this hub in the settings of the endpoint."),
    )


def _is_past_retention(event: Event) -> bool:
    today = timezone.now().date()
    return event.occurred_at < last_kept_moment(today, days=settings.ASORA_PAYLOAD_DAYS)


def _rights(then: Settings, event: Event, now: Standing) -> Step:
    """Nothing else explains it: the endpoint was paused then, as far as that can still be seen."""
    take_over = _("Somebody who may see all that the endpoint receives can take it over on its page.")
    later = _(
        "What happened while it was paused is not queued later. Use a report or an export to transfer it."
    )
    if now.is_paused:
        return stopped(
            Name.RIGHTS,
            " ".join([_("The endpoint is paused, so nothing is queued for it."), *now.reasons]),
            _("Give that person the right back, or let somebody else take over."),
            take_over,
            later,
        )
    changed = Event.objects.filter(
        number__gt=event.number, outcome=Event.Outcome.ALLOWED, touched__contains=[keys.person(then.maker)]
    )
    if changed.exists():
        return unknown(
            Name.RIGHTS,
            _("The endpoint was paused then. The rights of the person who set it up have changed since."),
            _("It is not paused now: what happens from now on is queued."),
            later,
        )
    return unknown(
        Name.QUEUE,
        _("Every step was passed, but there is no payload. This should not happen."),
        _("Ask support, and give them the request id of the event."),
    )
