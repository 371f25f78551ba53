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
from audit.disclosure.facts import facts_about
from audit.disclosure.models import SupportQuestion
from audit.disclosure.rules import MAX_QUESTION, TOPICS
from audit.disclosure.statements import stated


@action(
    "audit.support.ask",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("asked support about request {label}"),
    tried=gettext_lazy("tried to ask support about a request"),
)
def ask_support(act: Act, *, about: str, question: str, topic: str = "") -> SupportQuestion:
    """Ask support about a request of this tenant; `about`: its id. `topic`: one of `TOPICS`, or empty.

    The question is stored with the facts of that request's event, as far as the person may see them.
    Refusals: VALIDATION_FAILED INVALID_INPUT (another tenant's request id, no question, unknown topic); STATE_CONFLICT
    ALREADY_POSTED if the same person has asked the same already.
    """
    if not (SHAPE.match(about) and about.rpartition("-")[0] == act.tenant.slug):
        raise ValidationFailed.at_field(
            "about", _("This is not the id of a request here."), reason=Reason.INVALID_INPUT
        )
    if topic not in {"", *TOPICS}:
        raise ValidationFailed.at_field("topic", _("Choose one of the topics."), reason=Reason.INVALID_INPUT)
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
    facts = facts_about(act, about) | ({"topic": topic} if topic else {})
    statement.save()
    row = SupportQuestion(
        about=about, asked_by=act.actor.ref, request_id=act.request_id, statement=statement, facts=facts
    )
    row.save()
    act.changed(
        row, after={"about": about, "length": statement.length, **({"topic": topic} if topic else {})}
    )
    return row
