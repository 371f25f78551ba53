"""Feed tokens: issue, rotate, revoke. And the first poll of a day, which is an event."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from integrations.endpoints.models import Endpoint
from integrations.endpoints.rights import require_sees_all
from integrations.feed import tokens
from integrations.feed.models import FeedToken
from integrations.feed.polls import day_of

#: How long a token still reads the feed after a rotation, so that the receiver can be changed in between.
OVERLAP = timedelta(hours=24)
ONE_LASTING = "integrations_one_lasting_feed_token"


def reader(token: FeedToken, *, schema: str) -> Actor:
    """The actor of a request with this token. It may count its own polls, and nothing else."""
    return Actor(
        schema=schema,
        type="integration",
        ref=token.prefix,
        granted=frozenset({Permission.INTEGRATIONS_READ_FEED}),
    )


def _has_token() -> StateConflict:
    return StateConflict(
        _("This endpoint already has a feed token."),
        reason=Reason.ALREADY_ACTIVE,
        details={
            "remedy": _("Rotate the token to get a new one. The old one then works for another 24 hours.")
        },
    )


@action(
    "integrations.feed.issue_token",
    permission=Permission.INTEGRATIONS_MANAGE,
    subject="endpoint",
    step_up=True,
    constraint_refusals={ONE_LASTING: _has_token},
    done=gettext_lazy("issued feed token {label}"),
    tried=gettext_lazy("tried to issue a feed token for {label}"),
)
def issue_token(act: Act, *, endpoint: Endpoint) -> str:
    """Issue the feed token of an endpoint that has none; returns it, once: only its digest is stored.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD (the endpoint was removed); PERMISSION_DENIED (the actor may not see all
    that the endpoint receives); STATE_CONFLICT ALREADY_ACTIVE.
    """
    endpoint = _locked(act, endpoint)
    require_sees_all(act, endpoint)
    if FeedToken.objects.filter(endpoint=endpoint, expires_at=None, revoked_at=None).exists():
        raise _has_token()
    return _issue(act, endpoint)


@action(
    "integrations.feed.rotate_token",
    permission=Permission.INTEGRATIONS_MANAGE,
    subject="feed_token",
    step_up=True,
    while_frozen=True,
    done=gettext_lazy("rotated feed token {label}"),
    tried=gettext_lazy("tried to rotate feed token {label}"),
)
def rotate_token(act: Act, *, feed_token: FeedToken) -> str:
    """Issue a new token, and let the old one end in 24 hours; returns the new one, once.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD (the endpoint was removed); PERMISSION_DENIED (the actor may not see all
    that the endpoint receives); STATE_CONFLICT NOT_ACTIVE if the token was rotated or revoked before.
    """
    endpoint = _locked(act, feed_token.endpoint)
    require_sees_all(act, endpoint)
    act.reads(feed_token)
    old = FeedToken.objects.get(pk=feed_token.pk)
    if old.expires_at is not None or old.revoked_at is not None:
        raise _has_ended(_("This token was already rotated or revoked."))
    old.expires_at = timezone.now() + OVERLAP
    old.save(update_fields=["expires_at"])
    issued = _issue(act, endpoint)
    act.changed(old, before={"expires_at": None}, after={"expires_at": old.expires_at})
    return issued


@action(
    "integrations.feed.revoke_token",
    permission=Permission.INTEGRATIONS_MANAGE,
    subject="feed_token",
    while_frozen=True,
    done=gettext_lazy("revoked feed token {label}"),
    tried=gettext_lazy("tried to revoke feed token {label}"),
)
def revoke_token(act: Act, *, feed_token: FeedToken) -> FeedToken:
    """End a token at once. Refusals: STATE_CONFLICT NOT_ACTIVE if it has ended before."""
    _lock(feed_token.endpoint)
    act.reads(feed_token)
    row = FeedToken.objects.get(pk=feed_token.pk)
    now = timezone.now()
    if row.state_at(now) in {"revoked", "ended"}:
        raise _has_ended(_("This token has already ended."))
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    act.changed(row, before={"revoked_at": None}, after={"revoked_at": now})
    return row


@action(
    "integrations.feed.read",
    permission=Permission.INTEGRATIONS_READ_FEED,
    subject="feed_token",
    while_frozen=True,
    observes=True,
    done=gettext_lazy("read the feed with token {label}, for the first time that day"),
    tried=gettext_lazy("tried to read the feed with token {label}"),
)
def first_poll(act: Act, *, feed_token: FeedToken, at: datetime, after: int, payloads: int) -> None:
    """Count a token's first poll of a day. If another poll was faster, there is nothing to record but the count."""
    day = day_of(at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_feedday AS known (token_id, day, polls, payloads, last_at, last_after)"
            " VALUES (%s, %s, 1, %s, %s, %s) ON CONFLICT (token_id, day) DO UPDATE SET polls = known.polls + 1,"
            " payloads = known.payloads + excluded.payloads, last_at = excluded.last_at,"
            " last_after = excluded.last_after RETURNING polls",
            [feed_token.pk, day, payloads, at, after],
        )
        (polls,) = cursor.fetchone()
    if polls > 1:
        act.noop("another poll was the first one of the day")
        return
    act.changed(feed_token, after={"day": day, "after": after, "payloads": payloads})


def _issue(act: Act, endpoint: Endpoint) -> str:
    token = tokens.generate()
    row = FeedToken(
        endpoint=endpoint,
        prefix=tokens.prefix(token),
        digest=tokens.digest(token),
        issued_by=act.actor.ref,
    )
    row.save()
    act.changed(row, after={"endpoint": endpoint.name, "prefix": row.prefix})
    return token


def _locked(act: Act, endpoint: Endpoint) -> Endpoint:
    """The endpoint, while nobody else changes its tokens. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD (removed)."""
    act.reads(endpoint)
    row = _lock(endpoint)
    if row.removed_at is not None:
        raise RouteNotFound(_("This endpoint does not exist."), reason=Reason.NO_SUCH_RECORD)
    return row


def _lock(endpoint: Endpoint) -> Endpoint:
    """Wait until other changes of the endpoint's tokens have committed."""
    return Endpoint.everything.select_for_update(no_key=True).get(pk=endpoint.pk)


def _has_ended(message: str) -> StateConflict:
    return StateConflict(
        message,
        reason=Reason.NOT_ACTIVE,
        details={"remedy": _("Open the page of the feed. It shows the tokens that are valid now.")},
    )
