"""Creating, changing, taking over and removing endpoints. A person has to see all of what they decide about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import asked, keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from integrations.endpoints import rules
from integrations.endpoints.actions.rows import locked, opened, recorded, save
from integrations.endpoints.actions.signing import WithSecret
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.endpoints.rights import MANAGE, require_sees, require_sees_all
from integrations.endpoints.secrets import new_secret
from integrations.outbound.addresses import check_url
from integrations.types.catalogue import CHOSEN
from inventory.actions.records import obey
from inventory.models import Hub

asked.register_check("event_types", lambda text: text in CHOSEN)


def name_taken() -> ValidationFailed:
    """The refusal of a name that another endpoint has."""
    message = _("Another endpoint has this name. Choose another one.")
    refusal = ValidationFailed.at_field("name", message, reason=Reason.CODE_TAKEN)
    refusal.details["remedy"] = _("Choose another name. The name of a removed endpoint can be used again.")
    return refusal


EDITABLE = ("name", "name_key", "url", "event_types", "all_hubs", "with_values", "maker")
CONSTRAINT_REFUSALS = {"integrations_endpoint_name": name_taken}


def _hubs_in(values: ReadOnlyValues) -> Iterable[Any]:
    return values.get("hubs") or ()


@action(
    "integrations.endpoint.create",
    permission=MANAGE,
    ceiling="integrations",
    hubs=_hubs_in,
    step_up=True,
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("created endpoint {label}"),
    tried=gettext_lazy("tried to create an endpoint"),
)
def create_endpoint(
    act: Act,
    *,
    name: str,
    url: str,
    event_types: Sequence[str],
    hubs: Sequence[Hub] | None,
    with_values: bool,
    is_enabled: bool,
) -> WithSecret:
    """Add an endpoint that receives these event types. `hubs=None`: of all hubs. Returns its secret, once.

    Refusals: PERMISSION_DENIED (a permission that the event types or values need; HUB_NOT_GRANTED);
    VALIDATION_FAILED INVALID_INPUT, CODE_TAKEN, ADDRESS_NOT_ALLOWED; PLAN_LIMIT_EXCEEDED.
    """
    wanted = _checked(name=name, url=url, event_types=event_types, hubs=hubs)
    require_sees(act, event_types=event_types, hubs=hubs, with_values=with_values)
    if Endpoint.objects.filter(name_key=wanted["name"]).exists():
        raise name_taken()
    endpoint = Endpoint(
        **wanted, all_hubs=hubs is None, with_values=with_values, is_enabled=is_enabled, maker=act.actor.ref
    )
    endpoint.save(force_insert=True)
    endpoint.hubs.set(hubs or ())
    made = new_secret(endpoint)
    made.row.save(force_insert=True)
    act.at_hubs(*hubs or ())
    act.changed(endpoint, after={**recorded(endpoint), "is_enabled": is_enabled, "version": 1})
    return WithSecret(endpoint, made.text)


@action(
    "integrations.endpoint.change",
    permission=MANAGE,
    hubs=_hubs_in,
    subject="endpoint",
    step_up=True,
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("changed endpoint {label}"),
    tried=gettext_lazy("tried to change endpoint {label}"),
)
def change_endpoint(
    act: Act,
    *,
    endpoint: Endpoint,
    version: int,
    name: str,
    url: str,
    event_types: Sequence[str],
    hubs: Sequence[Hub] | None,
    with_values: bool,
) -> Endpoint:
    """Change an endpoint. The actor becomes its maker, and has to see what it received so far too.

    Payloads that are queued already would go to the new address. Refusals: as of `create_endpoint`; STATE_CONFLICT
    STALE_FORM, NOT_ACTIVE (removed).
    """
    wanted = _checked(name=name, url=url, event_types=event_types, hubs=hubs)
    row = opened(act, endpoint, version=version)
    require_sees_all(act, row)
    require_sees(act, event_types=event_types, hubs=hubs, with_values=with_values)
    if Endpoint.objects.filter(name_key=wanted["name"]).exclude(pk=row.pk).exists():
        raise name_taken()
    before, url_before = recorded(row), row.url
    for column, value in {**wanted, "all_hubs": hubs is None, "with_values": with_values}.items():
        setattr(row, column, value)
    after = recorded(row, hubs=hubs or ())
    if before == after and row.url == url_before:
        act.noop("no difference")
        return row
    if row.url != url_before and after["address"] == before["address"]:
        act.found(path_changed=True)
    before["maker"], row.maker = row.maker, act.actor.ref
    after["maker"] = row.maker
    act.at_hubs(*row.hubs.all())
    row.hubs.set(hubs or ())
    changed = [key for key in after if before[key] != after[key]]
    save(
        act,
        row,
        *EDITABLE,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
    )
    return row


@action(
    "integrations.endpoint.take_over",
    permission=MANAGE,
    subject="endpoint",
    step_up=True,
    done=gettext_lazy("took over endpoint {label}"),
    tried=gettext_lazy("tried to take over endpoint {label}"),
)
def take_over_endpoint(act: Act, *, endpoint: Endpoint) -> Endpoint:
    """Bind an endpoint to the actor's rights from now on, for example because its maker has left.

    Refusals: PERMISSION_DENIED (a permission that its event types or values need; HUB_NOT_GRANTED);
    STATE_CONFLICT NOT_ACTIVE (removed).
    """
    row = locked(act, endpoint)
    if row.maker == act.actor.ref:
        act.noop("no difference")
        return row
    require_sees_all(act, row)
    before, row.maker = row.maker, act.actor.ref
    save(act, row, "maker", before={"maker": before}, after={"maker": row.maker})
    return row


@action(
    "integrations.endpoint.remove",
    permission=MANAGE,
    subject="endpoint",
    step_up=True,
    done=gettext_lazy("removed endpoint {label}"),
    tried=gettext_lazy("tried to remove endpoint {label}"),
)
def remove_endpoint(act: Act, *, endpoint: Endpoint) -> Endpoint:
    """Remove an endpoint for good: its secrets are destroyed, and it no longer counts against the plan.

    Its payloads and attempts stay in the records as long as others do. Refusals: STATE_CONFLICT NOT_ACTIVE.
    """
    row = locked(act, endpoint)
    EndpointSecret.objects.filter(endpoint=row).delete()
    was_enabled, row.is_enabled, row.removed_at = row.is_enabled, False, timezone.now()
    act.touched(keys.plan("integrations"))
    save(
        act,
        row,
        "is_enabled",
        "removed_at",
        before={"is_enabled": was_enabled, "removed_at": None},
        after={"is_enabled": False, "removed_at": row.removed_at},
    )
    return row


def _checked(*, name: str, url: str, event_types: Sequence[str], hubs: Collection[Hub] | None) -> Values:
    """The values that the columns get. Refusals: VALIDATION_FAILED INVALID_INPUT, ADDRESS_NOT_ALLOWED."""
    chosen = sorted(set(event_types))
    if not chosen:
        raise _wrong_choice("event_types", _("Choose at least one event type."))
    if not set(chosen) <= set(CHOSEN):
        raise _wrong_choice("event_types", _("One of these event types does not exist."))
    if hubs is not None and not hubs:
        raise _wrong_choice("hubs", _("Choose at least one hub, or all of them."))
    return {
        "name": obey(rules.name, name, field="name"),
        "url": check_url(url.strip()),
        "event_types": chosen,
    }


def _wrong_choice(field_name: str, message: str) -> ValidationFailed:
    return ValidationFailed.at_field(field_name, message, reason=Reason.INVALID_INPUT)
