"""Questions to support about one request."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import binding, locks
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.request_ids import SHAPE
from audit.disclosure.models import SupportQuestion
from audit.disclosure.rules import MAX_QUESTION
from audit.disclosure.statements import stated


@action(
    "audit.support.ask",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("asked support about request {label}"),
    tried=gettext_lazy("tried to ask support about a request"),
)
def ask_support(act: Act, *, about: str, question: str) -> SupportQuestion:
    """Ask support about a request of this tenant; `about`: its id.

    Refusals: VALIDATION_FAILED INVALID_INPUT (another tenant's request id, no question); STATE_CONFLICT ALREADY_POSTED
    if the same person has asked the same already.
    """
    if not (SHAPE.match(about) and about.rpartition("-")[0] == act.tenant.slug):
        raise ValidationFailed.at_field(
            "about", _("This is not the id of a request here."), reason=Reason.INVALID_INPUT
        )
    statement = stated(act, question, field="question", most=MAX_QUESTION)
    if statement is None:
        raise ValidationFailed.at_field("question", _("Enter your question."), reason=Reason.INVALID_INPUT)
    with connection.cursor() as cursor:
        subject = f"{binding.schema_name()}:{act.actor.ref}"
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("question", subject)])
    if SupportQuestion.objects.filter(
        asked_by=act.actor.ref, about=about, statement__text=statement.text
    ).exists():
        raise StateConflict(
            _("You have already asked this question."),
            reason=Reason.ALREADY_POSTED,
            details={"remedy": _("Nothing to do: support has your question.")},
        )
    statement.save()
    row = SupportQuestion(about=about, asked_by=act.actor.ref, request_id=act.request_id, statement=statement)
    row.save()
    act.changed(row, after={"about": about, "length": statement.length})
    return row
