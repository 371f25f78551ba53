"""Files that are too long for a request: ordered by their page, worked on by the worker, shown by their page again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.files import staging
from asora.files.kinds import FILES
from asora.files.models import Upload
from asora.jobs.actions import order_job
from asora.jobs.kinds import kind
from asora.jobs.models import Job, State
from asora.jobs.rights import may_see, withheld
from asora.kernel.act import Act
from asora.kernel.door import SIGNED_IN
from asora.kernel.refusals import Reason, Refusal, RouteNotFound

CHECK, IMPORT = "uploads.check", "uploads.import"


class Finished(NamedTuple):
    """What a job came to: an outcome, as the kind of file tells it, or a refusal."""

    is_check: bool
    upload: str
    mapping: dict[str, str]
    options: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    refusal: Mapping[str, Any]


def order_file(act: Act, upload: Upload, *, is_check: bool, options: Mapping[str, Any]) -> Job:
    """Keep a file and have it checked or imported by the worker, byte for byte and with this mapping.

    Whether that is allowed, the action of its kind decides, when it is done.
    """
    upload = staging.keep(act, upload)
    arguments = {
        "file": upload.kind,
        "upload": str(upload.pk),
        "mapping": upload.mapping,
        "options": dict(options),
    }
    return order_job(act, kind=CHECK if is_check else IMPORT, label=str(upload), arguments=arguments)


def finished(act: Act, file: str, job: str) -> Finished:
    """What became of a job of whoever acts, about this kind of file.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; PERMISSION_DENIED when they have lost a right since that it was done with.
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
        raise RouteNotFound(_("There is no such job here."), reason=Reason.NO_SUCH_RECORD)
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
    """The file's own page, which shows what became of it as it does of a short one."""
    return f"{reverse(FILES[job.arguments['file']].route)}?{urlencode({'job': str(job.pk)})}"


@kind(
    CHECK,
    title=gettext_lazy("Check of a file"),
    permission=SIGNED_IN,
    template="files/_job_done.html",
    onward=_page_of,
)
def check(act: Act, arguments: dict[str, Any]) -> dict[str, Any]:
    """What importing a file would do. Refusals: those of the import of its kind; ROUTE_NOT_FOUND when it is gone."""
    return _judged(act, arguments, FILES[arguments["file"]].check)


@kind(
    IMPORT,
    title=gettext_lazy("Import of a file"),
    permission=SIGNED_IN,
    template="files/_job_done.html",
    onward=_page_of,
)
def load(act: Act, arguments: dict[str, Any]) -> dict[str, Any]:
    """Import a file; twice, after a crash, it finds everything there. Refusals: those of the import of its kind."""
    return _judged(act, arguments, FILES[arguments["file"]].load)


def _judged(act: Act, arguments: Mapping[str, Any], judge: Callable[..., Any]) -> dict[str, Any]:
    """What checking or importing the file came to. What nobody may do is not kept to be tried again."""
    upload = staging.find(act, arguments["file"], arguments["upload"], is_awaited=True)
    upload.mapping = arguments["mapping"]  # as it was when it was ordered
    try:
        outcome = judge(act, upload, **arguments["options"])
    except Refusal as refusal:
        if not staging.may_stay(refusal):
            staging.drop(upload)
        raise
    return {"outcome": outcome.to_json()}
