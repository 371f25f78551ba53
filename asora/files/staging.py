"""Stores a file between two requests, so that exactly the bytes that were checked are imported.

This writes without the door, as sessions do, because the rows are temporary: nothing is derived from them, only the
sender can use them, and they are deleted after a day. A file is stored only after an action has checked it; that
action's event has its digest. All changes are made by the actions that import the file.
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
from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.refusals import PlanLimitExceeded, Reason, Refusal, RouteNotFound, ValidationFailed

MAX_AGE = timedelta(days=1)
MAX_STORED = 5  # per person


def store(act: Act, upload: Upload) -> Upload:
    """Store a file, or update its name and mapping. Each person keeps only the newest five files."""
    upload.created_at = timezone.now()
    with transaction.atomic():
        # The stored row may have been deleted in the meantime; then insert it again.
        if not (upload.is_stored and _touch(upload)):
            upload.save(force_insert=True)
        theirs = _idle().filter(actor_ref=act.actor.ref).order_by("-created_at", "-id")
        older = list(theirs.values_list("pk", flat=True)[MAX_STORED : MAX_STORED + 100])
        Upload.objects.filter(pk__in=older).delete()
    return upload


def _touch(upload: Upload) -> bool:
    values = {"name": upload.name, "mapping": upload.mapping, "created_at": upload.created_at}
    return bool(Upload.objects.filter(pk=upload.pk).update(**values))


def find(act: Act, kind: str, number: str, *, is_awaited: bool = False) -> Upload:
    """The actor's own file of this kind with this id, if sent in the last day. A job that waited for its turn
    (`is_awaited`) also finds older files. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    theirs = Upload.objects.filter(actor_ref=act.actor.ref, kind=kind)
    if not is_awaited:
        theirs = theirs.filter(created_at__gt=timezone.now() - MAX_AGE)
    found = theirs.filter(pk=number).first() if _is_id(number) else None
    if found is None:
        raise RouteNotFound(
            _("This file is no longer stored. Choose it again."), reason=Reason.NO_SUCH_RECORD
        )
    return found


def may_be_sent_again(refusal: Refusal) -> bool:
    """Returns True if a correction, another mapping or another plan could change this refusal of a file."""
    return isinstance(refusal, ValidationFailed | PlanLimitExceeded)


def discard(upload: Upload) -> None:
    """Delete a file at once."""
    Upload.objects.filter(pk=upload.pk).delete()


def same(act: Act, kind: str, sha256: str) -> Upload | None:
    """The actor's stored file with the same bytes, if there is one."""
    return (
        Upload.objects.filter(actor_ref=act.actor.ref, kind=kind, sha256=sha256)
        .order_by("-created_at")
        .first()
    )


def sweep() -> int:
    """Delete the files of the bound tenant that are more than a day old. Returns their number."""
    return _idle().filter(created_at__lte=timezone.now() - MAX_AGE).delete()[0]


def delete_of(ref: str) -> int:
    """Delete all stored files of a person. Returns their number. There is no table of files on the public host."""
    if binding.schema_name() == binding.PUBLIC:
        return 0
    return Upload.objects.filter(actor_ref=ref).delete()[0]


def _idle() -> QuerySet[Upload]:
    """The files that no unfinished job needs."""
    awaited = Job.objects.filter(state__in=UNFINISHED, arguments__has_key="upload")
    return Upload.objects.exclude(pk__in=list(awaited.values_list("arguments__upload", flat=True)))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
