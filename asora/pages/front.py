"""The public front page: what Asora is, the way to one's company, the way in for operators."""

from __future__ import annotations

from typing import cast

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from asora.kernel.gates import invalid_form
from asora.kernel.pages import open_page, refused_form, respond
from plans.models import slug_shape

TEMPLATE = "front.html"


class CompanyForm(forms.Form):
    """The name of a company as it stands in its address; whether it is a customer is nobody's business."""

    company = forms.CharField(
        label=_("Your company's name in Asora"),
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "organization", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_company(self) -> str:
        """In small letters, and only what can be a host name."""
        name = cast(str, self.cleaned_data["company"]).lower()
        slug_shape(name)
        return name


# A browser follows a form's redirect only where the policy lets the form go.
@csp_update({"form-action": [f"*.{settings.DOMAIN}:*", f"*.{settings.DOMAIN}"]})
@open_page(methods=["GET", "POST"])
def front(request: HttpRequest) -> HttpResponse:
    """Say what this is; send a company's people to their own address, whether or not there is such a company."""
    context = {"domain": settings.DOMAIN}
    if request.method != "POST":
        return respond(request, TEMPLATE, {**context, "form": CompanyForm()})
    form = CompanyForm(request.POST)
    if not form.is_valid():
        return refused_form(request, TEMPLATE, form, invalid_form(form), context)
    return HttpResponseRedirect(_address_of(request, form.cleaned_data["company"]))


def _address_of(request: HttpRequest, slug: str) -> str:
    """`https://<slug>.<domain>/`, on the port that this page was asked for."""
    _, colon, port = request.get_host().rpartition(":")
    return f"{request.scheme}://{slug}.{settings.DOMAIN}{colon + port if colon else ''}/"
