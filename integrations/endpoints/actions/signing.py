"""New signing secrets, and the end of older ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.refusals import Reason, StateConflict
from integrations.endpoints.actions.rows import locked
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.endpoints.rights import MANAGE, require_sees_all
from integrations.endpoints.secrets import OVERLAP, new_secret


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint, and the text of the secret that was just made for it. The text cannot be shown again."""

    endpoint: Endpoint
    secret: str = field(repr=False)


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
    row = locked(act, endpoint)
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
    row = locked(act, endpoint)
    older = list(row.secrets.select_for_update().filter(expires_at__gt=timezone.now()))
    if not older:
        raise StateConflict(
            _("Only the newest secret of %(endpoint)s signs.") % {"endpoint": row}, reason=Reason.NOT_ACTIVE
        )
    EndpointSecret.objects.filter(pk__in=[secret.pk for secret in older]).delete()
    act.changed(row, before={"older_secrets": len(older)}, after={"older_secrets": 0})
    return len(older)
