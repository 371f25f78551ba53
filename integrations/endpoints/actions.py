"""Changes of endpoints. A person who decides what an endpoint receives, or where it is sent, has to see all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import asked, keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from integrations.endpoints import rules
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.endpoints.rights import MANAGE, require_sees, require_sees_all
from integrations.endpoints.secrets import OVERLAP, new_secret
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


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint, and the text of the secret that was just made for it. The text cannot be shown again."""

    endpoint: Endpoint
    secret: str = field(repr=False)


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
    row = _opened(act, endpoint, version=version)
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
    _save(
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
    row = _locked(act, endpoint)
    if row.maker == act.actor.ref:
        act.noop("no difference")
        return row
    require_sees_all(act, row)
    before, row.maker = row.maker, act.actor.ref
    _save(act, row, "maker", before={"maker": before}, after={"maker": row.maker})
    return row


@action(
    "integrations.endpoint.enable",
    permission=MANAGE,
    subject="endpoint",
    done=gettext_lazy("enabled endpoint {label}"),
    tried=gettext_lazy("tried to enable endpoint {label}"),
)
def enable_endpoint(act: Act, *, endpoint: Endpoint) -> Endpoint:
    """Queue events for an endpoint from now on.

    Refusals: PERMISSION_DENIED (a permission that its event types or values need; HUB_NOT_GRANTED);
    STATE_CONFLICT ALREADY_ACTIVE, NOT_ACTIVE (removed).
    """
    row = _locked(act, endpoint)
    if row.is_enabled:
        raise StateConflict(
            _("%(endpoint)s is already enabled.") % {"endpoint": row}, reason=Reason.ALREADY_ACTIVE
        )
    require_sees_all(act, row)
    row.is_enabled = True
    _save(act, row, "is_enabled", before={"is_enabled": False}, after={"is_enabled": True})
    return row


@action(
    "integrations.endpoint.disable",
    permission=MANAGE,
    subject="endpoint",
    while_frozen=True,
    done=gettext_lazy("disabled endpoint {label}"),
    tried=gettext_lazy("tried to disable endpoint {label}"),
)
def disable_endpoint(act: Act, *, endpoint: Endpoint) -> Endpoint:
    """Stop queueing events for an endpoint. What is queued stays.

    Refusals: STATE_CONFLICT NOT_ACTIVE (it is disabled already, or removed).
    """
    row = _locked(act, endpoint)
    if not row.is_enabled:
        raise StateConflict(
            _("%(endpoint)s is already disabled.") % {"endpoint": row}, reason=Reason.NOT_ACTIVE
        )
    row.is_enabled = False
    _save(act, row, "is_enabled", before={"is_enabled": True}, after={"is_enabled": False})
    return row


@action(
    "integrations.endpoint.rotate_secret",
    permission=MANAGE,
    subject="endpoint",
    step_up=True,
    while_frozen=True,
    done=gettext_lazy("rotated the signing secret of endpoint {label}"),
    tried=gettext_lazy("tried to rotate the signing secret of endpoint {label}"),
)
def rotate_secret(act: Act, *, endpoint: Endpoint) -> WithSecret:
    """Make a new signing secret; returns it, once. The present one signs too for another 24 hours.

    Refusals: PERMISSION_DENIED (a permission that its event types or values need; HUB_NOT_GRANTED);
    STATE_CONFLICT NOT_ACTIVE (removed).
    """
    row = _locked(act, endpoint)
    require_sees_all(act, row)
    now = timezone.now()
    ends = now + OVERLAP
    EndpointSecret.objects.filter(endpoint=row, expires_at__lte=now).delete()
    EndpointSecret.objects.filter(endpoint=row, expires_at=None).update(expires_at=ends)
    made = new_secret(row)
    made.row.save(force_insert=True)
    act.changed(row, before={"secret": "present"}, after={"secret": "new", "older_secret_ends": ends})
    return WithSecret(row, made.text)


@action(
    "integrations.endpoint.end_older_secrets",
    permission=MANAGE,
    subject="endpoint",
    while_frozen=True,
    done=gettext_lazy("ended the older signing secrets of endpoint {label}"),
    tried=gettext_lazy("tried to end the older signing secrets of endpoint {label}"),
)
def end_older_secrets(act: Act, *, endpoint: Endpoint) -> int:
    """Let only the newest secret sign from now on, for example because an older one became known to others.

    Returns how many ended. Refusals: STATE_CONFLICT NOT_ACTIVE (no older secret signs, or the endpoint is removed).
    """
    row = _locked(act, endpoint)
    older = list(row.secrets.select_for_update().filter(expires_at__gt=timezone.now()))
    if not older:
        raise StateConflict(
            _("Only the newest secret of %(endpoint)s signs.") % {"endpoint": row}, reason=Reason.NOT_ACTIVE
        )
    EndpointSecret.objects.filter(pk__in=[secret.pk for secret in older]).delete()
    act.changed(row, before={"older_secrets": len(older)}, after={"older_secrets": 0})
    return len(older)


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
    row = _locked(act, endpoint)
    EndpointSecret.objects.filter(endpoint=row).delete()
    was_enabled, row.is_enabled, row.removed_at = row.is_enabled, False, timezone.now()
    act.touched(keys.plan("integrations"))
    _save(
        act,
        row,
        "is_enabled",
        "removed_at",
        before={"is_enabled": was_enabled, "removed_at": None},
        after={"is_enabled": False, "removed_at": row.removed_at},
    )
    return row


def recorded(endpoint: Endpoint, *, hubs: Iterable[Hub] | None = None) -> Values:
    """The settings of an endpoint as events record them. Of the address only the part without path and query.

    `hubs`: the chosen hubs, if they are not saved yet.
    """
    chosen = endpoint.hubs.all() if hubs is None else hubs
    return {
        "name": endpoint.name,
        "address": rules.origin(endpoint.url),
        "event_types": list(endpoint.event_types),
        "all_hubs": endpoint.all_hubs,
        "hubs": sorted(hub.code for hub in chosen),
        "with_values": endpoint.with_values,
    }


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


def _locked(act: Act, endpoint: Endpoint) -> Endpoint:
    """The endpoint's current row, locked until commit. Refusals: STATE_CONFLICT NOT_ACTIVE (removed)."""
    act.reads(endpoint)
    row = Endpoint.everything.select_for_update(of=("self",)).filter(pk=endpoint.pk).first()
    if row is None:
        raise RouteNotFound(_("This endpoint does not exist."), reason=Reason.NO_SUCH_RECORD)
    if row.removed_at:
        raise StateConflict(
            _("%(endpoint)s was removed.") % {"endpoint": row},
            reason=Reason.NOT_ACTIVE,
            details={"remedy": _("Create a new endpoint.")},
        )
    return row


def _opened(act: Act, endpoint: Endpoint, *, version: int) -> Endpoint:
    row = _locked(act, endpoint)
    if row.version != version:
        raise StateConflict(
            _("Somebody changed %(endpoint)s after you opened this form.") % {"endpoint": row},
            reason=Reason.STALE_FORM,
            details={"seen": version, "version": row.version},
        )
    return row


def _save(act: Act, row: Endpoint, *fields: str, before: ReadOnlyValues, after: ReadOnlyValues) -> None:
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    act.changed(
        row,
        before={**before, "version": row.version - 1},
        after={**after, "version": row.version},
    )
    if not row.all_hubs:
        act.at_hubs(*row.hubs.values_list("pk", flat=True))
