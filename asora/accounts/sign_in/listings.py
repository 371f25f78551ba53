"""The list of sign-in attempts: page, fragment and CSV of one definition."""

from __future__ import annotations

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from asora.accounts.models import SignInAttempt, User
from asora.accounts.sign_in.browsers import browser_of
from asora.kernel.act import Act
from asora.kernel.listing import Column, Download, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, Rows

VIEW = Permission.AUDIT_VIEW


class AttemptFilters(forms.Form):
    """The filters of the list."""

    q = forms.CharField(
        label=_("Request id or reference"),
        required=False,
        max_length=64,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.TextInput(attrs={"class": "is-code", "spellcheck": "false", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *SignInAttempt.Kind.choices]
    )


def _attempts(act: Act, filters: ReadOnlyValues) -> Rows:
    names = User.objects.filter(ref=OuterRef("person")).values("name")
    rows: Rows = SignInAttempt.objects.annotate(person_name=Subquery(names))
    if text := filters.get("q"):
        rows = rows.filter(Q(request_id=text) | Q(ref=text))
    if kind := filters.get("kind"):
        rows = rows.filter(kind=kind)
    return rows


ATTEMPTS = Listing(
    name="sign_ins",
    permission=VIEW,
    download=Download(),
    filters=AttemptFilters,
    order=("at", "id"),
    descending=True,
    query=_attempts,
    columns=(
        Column("at", _("When"), lambda row: row.at, kind="moment"),
        Column("kind", _("Kind"), lambda row: row.get_kind_display()),
        Column("person", _("Person"), lambda row: row.person_name or row.person or ""),
        Column("reason", _("Reason"), lambda row: row.reason, kind="code"),
        Column("source", _("Network address"), lambda row: row.source or "", kind="code"),
        Column("browser", _("Browser"), lambda row: browser_of(row.browser)),
        Column("address", _("Address (digest)"), lambda row: row.address_digest[:12], kind="code"),
        Column("request_id", _("Request"), lambda row: row.request_id, kind="code"),
        Column("reference", _("Reference"), lambda row: row.ref, kind="code"),
    ),
)
