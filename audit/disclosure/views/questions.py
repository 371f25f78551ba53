"""The question to support, and one's own questions."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, page, refused_form
from asora.kernel.refusals import Refusal
from asora.kernel.request_ids import SHAPE
from asora.kernel.shapes import Values
from audit.disclosure import announcing, tickets
from audit.disclosure.actions.questions import ask_support as ask
from audit.disclosure.facts import facts_about, in_words, topic_of
from audit.disclosure.forms import QuestionForm
from audit.disclosure.listings import QUESTIONS

MAX_ID = 64


@page(methods=["GET", "POST"], tries="audit.support.ask")
def ask_support(request: AsoraRequest) -> HttpResponse:
    """Ask support about a request (`?request=` fills it in), and see one's own questions."""
    template = "audit/access/ask.html"
    if request.method == "POST":
        form = QuestionForm(request.POST)
        try:
            question = ask.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, template, form, refusal, _own_questions(request))
        announcing.announce(request.act)
        messages.success(request, _("Support has your question, with the request id."))
        ticket = tickets.made_from(request.act, question.pk)
        return redirect("help:ticket", ticket) if ticket else redirect("audit:ask-support")
    about = request.GET.get("request", "")[:MAX_ID]
    facts = facts_about(request.act, about) if SHAPE.match(about) else {}
    form = QuestionForm(initial={"about": about, "topic": topic_of(facts)})
    return list_page(
        request,
        QUESTIONS,
        template=template,
        fragment="components/listing.html",
        context={"form": form, "facts": in_words(facts)},
    )


def _own_questions(request: AsoraRequest) -> Values:
    return {"listing": QUESTIONS, "page": QUESTIONS.page(request.act, {})}
