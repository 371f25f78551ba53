"""The forms about people. They check shape only; the actions decide the rest, under a lock.

Messages never repeat the typed text: refusals are recorded in the audit trail, which must not contain names or
addresses.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from asora.accounts.models import Invitation, User
from asora.accounts.roles import grants
from asora.accounts.roles.labels import role_choices, role_name
from asora.accounts.roles.table import GRANTS, current_role_model
from asora.kernel.act import Act
from asora.kernel.forms import ActionForm
from asora.kernel.reach import works_everywhere
from asora.kernel.shapes import Values

EVERYWHERE, SOME = "all", "some"
NO_CHOICE = {"invalid_choice": _("Choose one of the options.")}


def _name_field() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "name"})
    return forms.CharField(label=_("Name"), max_length=120, widget=widget)


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Role"),
        choices=lambda: role_choices(current_role_model()),
        widget=forms.RadioSelect,
        error_messages=NO_CHOICE,
    )


class PlacesForm(ActionForm):
    """Where a person works: everywhere, or at the ticked hubs (on the public host: for the ticked tenants).

    The form offers only the places that the actor may grant. If there are none, it asks nothing and means everywhere.
    """

    where = forms.ChoiceField(widget=forms.RadioSelect, initial=EVERYWHERE, error_messages=NO_CHOICE)
    hubs = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, error_messages=NO_CHOICE
    )

    def __init__(
        self, data: QueryDict | None = None, *, act: Act, granted: tuple[str, ...] = (), **options: Any
    ) -> None:
        super().__init__(data, **options)
        here = grants.kind()
        is_public = here is grants.TENANTS
        offered = grants.within_reach(act.actor)
        if not is_public:
            offered = offered.filter(archived_at=None) | offered.filter(code__in=granted)
        where: Any = self.fields["where"]
        hubs: Any = self.fields["hubs"]
        where.label = _("Works for") if is_public else _("Works at")
        hubs.label = _("Tenants") if is_public else _("Hubs")
        where.choices = [
            (EVERYWHERE, _("All tenants, also new ones") if is_public else _("All hubs, also new ones")),
            (SOME, _("Only these tenants") if is_public else _("Only these hubs")),
        ]
        hubs.choices = [
            (getattr(place, here.key), f"{getattr(place, here.key)} · {place.name}") for place in offered
        ]
        if not works_everywhere(act.actor):
            del self.fields["where"]
            hubs.required = True
        elif not hubs.choices:
            del self.fields["where"], self.fields["hubs"]
        #: Places that the person has already and that the actor may neither grant nor revoke.
        self.beyond = [code for code in granted if code not in dict(hubs.choices)]

    def clean(self) -> Values:
        """Require at least one place where only some are allowed."""
        cleaned = super().clean() or {}
        if cleaned.get("where") == SOME and not cleaned.get("hubs") and "hubs" not in self.errors:
            self.add_error("hubs", _("Choose at least one, or all of them."))
        return cleaned

    def chosen(self) -> list[str] | None:
        """The chosen codes; None for everywhere."""
        cleaned = getattr(self, "cleaned_data", {})
        if "hubs" not in self.fields or cleaned.get("where") == EVERYWHERE:
            return None
        return [*cleaned.get("hubs", []), *self.beyond]


class InvitationForm(PlacesForm):
    """The person to invite, their role, and where they will work."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        validators=[validate_email],
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The invitation is sent to this address."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = _role_field()
    field_order = ("email", "name", "role", "where", "hubs")

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        typed = {name: cleaned.get(name, "") for name in ("email", "name", "role")}
        return {**typed, "hubs": self.chosen()}


class ConfirmForm(ActionForm):
    """Requires a tick for a change of one's own account, so that it does not happen by mistake."""

    confirm = forms.BooleanField(
        label=_("Yes, change my own account."),
        error_messages={"required": _("This changes your own account. Tick the box to confirm.")},
    )

    def __init__(self, data: QueryDict | None = None, *, act: Act, person: User, **options: Any) -> None:
        super().__init__(data, **options)
        self.person = person
        if act.actor.ref != person.ref:
            del self.fields["confirm"]

    def values(self) -> Values:
        """The arguments of the action."""
        return {"person": self.person}


class ReactivateForm(ActionForm):
    """Reactivate a person. There is nothing to fill in."""

    def __init__(self, data: QueryDict | None = None, *, person: User, **options: Any) -> None:
        super().__init__(data, **options)
        self.person = person

    def values(self) -> Values:
        """The arguments of the action."""
        return {"person": self.person}


class EraseForm(ActionForm):
    """Erase a person. Requires a tick, because it cannot be undone."""

    confirm = forms.BooleanField(
        label=_("Yes, erase this person for good."),
        error_messages={"required": _("This cannot be undone. Tick the box to confirm.")},
    )

    def __init__(self, data: QueryDict | None = None, *, person: User, **options: Any) -> None:
        super().__init__(data, **options)
        self.person = person

    def values(self) -> Values:
        """The arguments of the action."""
        return {"person": self.person}


class ResetForm(ConfirmForm):
    """Reset the authenticator app of a person."""

    def values(self) -> Values:
        """The arguments of the action."""
        return {"user": self.person}


class RoleForm(ConfirmForm):
    """Change the role of a person."""

    role = _role_field()
    seen = forms.CharField(max_length=20, widget=forms.HiddenInput)
    field_order = ("role", "confirm", "seen")

    def __init__(self, data: QueryDict | None = None, *, act: Act, person: User, **options: Any) -> None:
        options["initial"] = {"role": person.role, "seen": person.role}
        super().__init__(data, act=act, person=person, **options)

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        return super().values() | {name: cleaned.get(name, "") for name in ("role", "seen")}


class HubsForm(PlacesForm):
    """Change the hubs, or tenants, of a person."""

    seen = forms.CharField(required=False, max_length=200_000, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, act: Act, person: User, **options: Any) -> None:
        granted = tuple(grants.named(grants.granted_places(person)))
        options["initial"] = {
            "where": EVERYWHERE if person.all_hubs else SOME,
            "hubs": granted,
            "seen": grants.described(person),
        }
        super().__init__(data, act=act, granted=granted, **options)
        self.person = person

    def values(self) -> Values:
        """The arguments of the action."""
        seen = getattr(self, "cleaned_data", {}).get("seen", "")
        return {"person": self.person, "hubs": self.chosen(), "seen": seen}


class AcceptanceForm(ActionForm):
    """What the invited person enters: their name and a password."""

    name = _name_field()
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. Common passwords are not accepted."),
    )
    again = forms.CharField(
        label=_("Repeat the password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: QueryDict | None = None, *, invitation: Invitation, **options: Any) -> None:
        super().__init__(data, initial={"name": invitation.name}, **options)
        self.invitation = invitation

    def clean(self) -> Values:
        """Require both passwords to be the same."""
        cleaned = super().clean() or {}
        if {"password", "again"} <= cleaned.keys() and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        return cleaned

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        typed = {name: cleaned.get(name, "") for name in ("name", "password")}
        return {"invitation": self.invitation, **typed}


class StaffFilters(forms.Form):
    """The filters of the list of people."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name or address")}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=lambda: [("", _("All roles")), *_roles_here()],
        error_messages=NO_CHOICE,
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Active")),
            ("deactivated", _("Deactivated")),
            ("erased", _("Erased")),
            ("all", _("All")),
        ],
        error_messages=NO_CHOICE,
    )


def _roles_here() -> list[tuple[str, str]]:
    return [(role, role_name(role)) for role in GRANTS.get(current_role_model(), {})]
