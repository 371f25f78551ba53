"""Jobs of integrations: a dispatch of many payloads."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.jobs.kinds import kind
from asora.jobs.models import Job, State
from asora.jobs.queue import SENDING
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from integrations.dispatch import requests
from integrations.dispatch.running import dispatch
from integrations.endpoints.models import Endpoint


def _page_of(job: Job) -> str:
    """The page of the dispatch, once it has ended; a refusal stays on the page of the job.

    A job that failed leads to the dispatches of the endpoint: the one that it began is among them.
    """
    if job.state == State.FAILED:
        return reverse("integrations:dispatches", args=[job.arguments["endpoint"]])
    if job.state != State.DONE or job.result is None:
        return ""
    return reverse("integrations:dispatch-detail", args=[job.result["dispatch"]])


@kind(
    requests.DISPATCH_JOB,
    title=_("Dispatch"),
    permission=Permission.INTEGRATIONS_DISPATCH,
    template="integrations/_dispatch_done.html",
    onward=_page_of,
    attempts=1,
    queue=SENDING,
)
def send(act: Act, arguments: Values) -> Values:
    """Send payloads of an endpoint, one attempt each. After a crash it is not begun again: a person decides.

    Refusals: those of `start_dispatch`, with the present rights of the person who requested it.
    """
    endpoint = Endpoint.everything.get(pk=arguments["endpoint"])
    done = dispatch(act, endpoint=endpoint, kind=arguments["kind"], chosen=requests.chosen_in(arguments))
    return requests.result_of(done)
