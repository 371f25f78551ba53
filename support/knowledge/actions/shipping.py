"""Publishes the entries of a release."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import asora
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from support.knowledge import locking, queries, shipped_texts
from support.knowledge.models import Entry
from support.knowledge.shipped_texts import REVIEW_DAYS, Shipped, content_of

MANAGE = Permission.SUPPORT_MANAGE_KNOWLEDGE


@action(
    "support.knowledge.ship",
    permission=MANAGE,
    done=gettext_lazy("published the knowledge entries of a release"),
    tried=gettext_lazy("tried to publish the knowledge entries of a release"),
)
def publish_shipped(act: Act) -> int:
    """Publish a new version of each shipped entry that has changed since it was last shipped. Returns their number.

    An entry that a person has withdrawn stays withdrawn; an entry that is no longer shipped is withdrawn.
    """
    locking.one_at_a_time()
    newest = {(row.kind, row.key): row for row in queries.newest()}
    last_shipped = {
        (row.kind, row.key): row
        for row in Entry.objects.exclude(release="")
        .order_by("kind", "key", "-version")
        .distinct("kind", "key")
    }
    wanted = shipped_texts.shipped()
    made = [
        _version_of(act, one, newest.get((one.kind, one.key)))
        for one in wanted
        if _differs(one, last_shipped)
    ]
    kept = {(one.kind, one.key) for one in wanted}
    made += [
        _ended(act, row)
        for key, row in newest.items()
        if key not in kept and key in last_shipped and row.release and not row.is_withdrawn
    ]
    act.found(release=asora.__version__, entries=len(made))
    if not made:
        act.noop(_("All entries of this release are published already."))
        return 0
    for row in made:
        row.save(force_insert=True)
        act.changed(row, after={"kind": row.kind, "key": row.key, "version": row.version})
    return len(made)


def _differs(one: Shipped, last_shipped: dict[tuple[str, str], Entry]) -> bool:
    before = last_shipped.get((one.kind, one.key))
    if before is None or (before.is_withdrawn and before.next_review is None):  # see _ended
        return True
    return content_of(before.title, before.body, before.rule) != one.content


def _version_of(act: Act, one: Shipped, before: Entry | None) -> Entry:
    return Entry(
        kind=one.kind,
        key=one.key,
        version=before.version + 1 if before else 1,
        title=one.title,
        body=one.body,
        rule=one.rule,
        is_withdrawn=bool(before and before.is_withdrawn and not before.release),
        next_review=(timezone.now() + timedelta(days=REVIEW_DAYS)).date(),
        release=asora.__version__,
        published_by=act.actor.ref,
        request_id=act.request_id,
    )


def _ended(act: Act, row: Entry) -> Entry:
    """The version of an entry that is no longer shipped. It has no next review, unlike what a person has withdrawn."""
    return Entry(
        kind=row.kind,
        key=row.key,
        version=row.version + 1,
        title=row.title,
        body=row.body,
        rule=row.rule,
        is_withdrawn=True,
        release=asora.__version__,
        published_by=act.actor.ref,
        request_id=act.request_id,
    )
