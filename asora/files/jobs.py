"""Files that are too long for a request: the worker checks or imports them, and their page shows the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.files import staging
from asora.files.kinds import FILES
from asora.files.models import Upload
from asora.jobs.actions import request_job
from asora.jobs.kinds import kind
from asora.jobs.models import Job, State
from asora.jobs.rights import may_see, withheld
from asora.kernel.act import Act
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from asora.kernel.shapes import ReadOnlyValues, Values

CHECK, IMPORT = "uploads.check", "uploads.import"


class Finished(NamedTuple):
    """The result of a job: an outcome as JSON of the kind of file, or a refusal."""

    is_check: bool
    upload: str
    mapping: dict[str, str]
    options: ReadOnlyValues
    outcome: ReadOnlyValues | None
    refusal: ReadOnlyValues


def enqueue_file(act: Act, upload: Upload, *, is_check: bool, options: ReadOnlyValues) -> Job:
    """Store a file and start a job that checks or imports exactly these bytes with this mapping.

    The action of its kind decides later, in the job, whether the import is allowed.
    """
    upload = staging.store(act, upload)
    arguments = {
        "file": upload.kind,
        "upload": str(upload.pk),
        "mapping": upload.mapping,
        "options": dict(options),
    }
    return request_job(act, kind=CHECK if is_check else IMPORT, label=str(upload), arguments=arguments)


def finished(act: Act, file: str, job: str) -> Finished:
    """The result of the actor's own job about this kind of file.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; PERMISSION_DENIED if the actor has lost a right that the job ran with.
    """
    theirs = Job.objects.filter(
        actor_ref=act.actor.ref,
        kind__in=(CHECK, IMPORT),
        arguments__file=file,
        state__in=(State.DONE, State.REFUSED),
    )
    try:
        found = theirs.filter(pk=UUID(job)).first()
    except ValueError:
        found = None
    if found is None:
        raise RouteNotFound(_("This job does not exist."), reason=Reason.NO_SUCH_RECORD)
    if not may_see(act.actor, found):
        raise withheld()
    asked = found.arguments
    return Finished(
        is_check=found.kind == CHECK,
        upload=asked["upload"],
        mapping=asked["mapping"],
        options=asked["options"],
        outcome=found.result["outcome"] if found.result else None,
        refusal=found.refusal or {},
    )


def _page_of(job: Job) -> str:
    """The import page, which shows the result of a job in the same way as that of a short file."""
    return f"{reverse(FILES[job.arguments['file']].route)}?{urlencode({'job': str(job.pk)})}"


@kind(
    CHECK,
    title=gettext_lazy("File check"),
    permission=SIGNED_IN,
    template="files/_job_done.html",
    onward=_page_of,
)
def check(act: Act, arguments: Values) -> Values:
    """Check what importing a file would do. Refusals: those of its import; ROUTE_NOT_FOUND if the file is gone."""
    return _run(act, arguments, FILES[arguments["file"]].check)


@kind(
    IMPORT,
    title=gettext_lazy("File import"),
    permission=SIGNED_IN,
    template="files/_job_done.html",
    onward=_page_of,
)
def load(act: Act, arguments: Values) -> Values:
    """Import a file. Repeated after a crash, it finds everything done. Refusals: those of the import of its kind."""
    return _run(act, arguments, FILES[arguments["file"]].load)


def _run(act: Act, arguments: ReadOnlyValues, run: Callable[..., Any]) -> Values:
    """Check or import the file. It is deleted if the refusal is one that a corrected file would not change."""
    upload = staging.find(act, arguments["file"], arguments["upload"], is_awaited=True)
    upload.mapping = arguments["mapping"]  # the mapping at the time of the request
    try:
        outcome = run(act, upload, **arguments["options"])
    except Refusal as refusal:
        if not staging.may_be_sent_again(refusal):
            staging.discard(upload)
        raise
    return {"outcome": outcome.to_json()}
