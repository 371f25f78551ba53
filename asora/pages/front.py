"""The public front page: what Asora is, a form that leads to one's company, and the operators' sign-in."""

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
    """The name of a company in its URL. The form never reveals whether the company is a customer."""

    company = forms.CharField(
        label=_("Your company's name in Asora"),
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "organization", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_company(self) -> str:
        """Convert to lowercase, and require a valid part of a host name."""
        name = cast(str, self.cleaned_data["company"]).lower()
        slug_shape(name)
        return name


# The content security policy also applies to a form's redirect.
@csp_update({"form-action": [f"*.{settings.DOMAIN}:*", f"*.{settings.DOMAIN}"]})
@open_page(methods=["GET", "POST"], host="public")
def front(request: HttpRequest) -> HttpResponse:
    """Show the front page; redirect people to their company's address, whether or not the company exists."""
    context = {"domain": settings.DOMAIN}
    if request.method != "POST":
        return respond(request, TEMPLATE, {**context, "form": CompanyForm()})
    form = CompanyForm(request.POST)
    if not form.is_valid():
        return refused_form(request, TEMPLATE, form, invalid_form(form), context)
    return HttpResponseRedirect(_address_of(request, form.cleaned_data["company"]))


def _address_of(request: HttpRequest, slug: str) -> str:
    """`https://<slug>.<domain>/`, on the port of this request."""
    _, colon, port = request.get_host().rpartition(":")
    return f"{request.scheme}://{slug}.{settings.DOMAIN}{colon + port if colon else ''}/"
