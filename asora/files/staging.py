"""Keeping a file between two requests, so that what is imported is, byte for byte, what was checked.

This writes beside the door, as sessions do, and for the same reason: it is scratch. Nothing is derived from it, nobody
but the one who sent it can use it, it is kept only once an action has judged it (whose event names the digest), and
after a day it is gone. Changes go through the actions that the file is handed to.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.files.models import Upload
from asora.jobs.models import UNFINISHED, Job
from asora.kernel.act import Act
from asora.kernel.refusals import PlanLimitExceeded, Reason, Refusal, RouteNotFound, ValidationFailed

KEPT_FOR = timedelta(days=1)
MOST_KEPT = 5  # by each person


def keep(act: Act, upload: Upload) -> Upload:
    """Keep a file, or what is new about it, for whoever acts; of theirs only the newest five stay."""
    upload.created_at = timezone.now()
    with transaction.atomic():
        # It may have been swept while it was looked at; what was looked at is still here.
        if not (upload.is_kept and _touch(upload)):
            upload.save(force_insert=True)
        theirs = _idle().filter(actor_ref=act.actor.ref).order_by("-created_at", "-id")
        older = list(theirs.values_list("pk", flat=True)[MOST_KEPT : MOST_KEPT + 100])
        Upload.objects.filter(pk__in=older).delete()
    return upload


def _touch(upload: Upload) -> bool:
    values = {"name": upload.name, "mapping": upload.mapping, "created_at": upload.created_at}
    return bool(Upload.objects.filter(pk=upload.pk).update(**values))


def find(act: Act, kind: str, number: str, *, is_awaited: bool = False) -> Upload:
    """The file of this kind that whoever acts has sent under this id, in the last day or, for a job that awaited it
    (`is_awaited`), before. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    theirs = Upload.objects.filter(actor_ref=act.actor.ref, kind=kind)
    if not is_awaited:
        theirs = theirs.filter(created_at__gt=timezone.now() - KEPT_FOR)
    found = theirs.filter(pk=number).first() if _is_id(number) else None
    if found is None:
        raise RouteNotFound(
            _("This file is not kept here any more. Choose it again."), reason=Reason.NO_SUCH_RECORD
        )
    return found


def may_stay(refusal: Refusal) -> bool:
    """Whether a file that was refused so may be tried again: corrected, mapped otherwise or under another plan."""
    return isinstance(refusal, ValidationFailed | PlanLimitExceeded)


def drop(upload: Upload) -> None:
    """Forget a file at once."""
    Upload.objects.filter(pk=upload.pk).delete()


def same(act: Act, kind: str, sha256: str) -> Upload | None:
    """The very same file, if whoever acts has sent it lately."""
    return (
        Upload.objects.filter(actor_ref=act.actor.ref, kind=kind, sha256=sha256)
        .order_by("-created_at")
        .first()
    )


def sweep() -> int:
    """Forget the files of the bound tenant that are older than a day; returns how many that was."""
    return _idle().filter(created_at__lte=timezone.now() - KEPT_FOR).delete()[0]


def _idle() -> QuerySet[Upload]:
    """The files that no job is about to need."""
    awaited = Job.objects.filter(state__in=UNFINISHED, arguments__has_key="upload")
    return Upload.objects.exclude(pk__in=list(awaited.values_list("arguments__upload", flat=True)))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
