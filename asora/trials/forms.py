"""The changes that can be tried out. The forms read the same fields as those that make the change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from asora.accounts.models import User
from asora.accounts.people.forms import NO_CHOICE, PlacesForm
from asora.accounts.roles import grants
from asora.accounts.roles.labels import role_choices, role_name
from asora.accounts.roles.table import GRANTS, current_role_model
from asora.kernel.act import Act
from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from asora.trials.policies import closest
from plans.forms import ROLE_MODELS
from plans.models import Tenant


class TryRoleForm(ActionForm):
    """Another role for a person."""

    role = forms.ChoiceField(
        label=_("Role"), choices=lambda: role_choices(current_role_model()), error_messages=NO_CHOICE
    )

    def __init__(self, data: QueryDict, *, person: User) -> None:
        super().__init__(data)
        self.record = person

    def values(self) -> Values:
        """The arguments of `try_role`."""
        return {"person": self.record, "role": getattr(self, "cleaned_data", {}).get("role", "")}


class TryHubsForm(PlacesForm):
    """Other hubs for a person."""

    def __init__(self, data: QueryDict, *, act: Act, person: User) -> None:
        super().__init__(data, act=act, granted=tuple(grants.named(grants.granted_places(person))))
        self.record = person

    def values(self) -> Values:
        """The arguments of `try_hubs`."""
        if not self.is_valid():
            return {"person": self.record}
        chosen = self.chosen()
        return {"person": self.record, "places": None if chosen is None else grants.find(chosen)}


class TryPlanForm(ActionForm):
    """Another plan for a tenant."""

    to_plan = forms.ChoiceField(label=_("New plan"), choices=Tenant.Plan.choices, error_messages=NO_CHOICE)

    def __init__(self, data: QueryDict, *, tenant: Tenant) -> None:
        super().__init__(data)
        self.record = tenant

    def values(self) -> Values:
        """The arguments of `try_plan`."""
        return {"tenant": self.record, **getattr(self, "cleaned_data", {})}


class TryAllRolesForm(ActionForm):
    """Another role model for this tenant, and for each present role the role in that model.

    Unless chosen otherwise, it is the role with the same name, or the one that comes closest.
    """

    role_model = forms.ChoiceField(label=_("Role model"), error_messages=NO_CHOICE)

    def __init__(self, data: QueryDict | None = None, *, present: str) -> None:
        super().__init__(data)
        choice: Any = self.fields["role_model"]
        choice.choices = [(name, label) for name, label in ROLE_MODELS if name != present]
        self._present = present
        self.initial = {"role_model": choice.choices[0][0]}

    def values(self) -> Values:
        """The arguments of `try_role_model`."""
        model = getattr(self, "cleaned_data", {}).get("role_model", "")
        return {"role_model": model, "renamed": self.renamed(model)}

    def renamed(self, model: str) -> dict[str, str]:
        """Present role → the role of `model` that comes closest."""
        return {role: closest(model, role) for role in GRANTS.get(self._present, {})}

    def renamed_in_words(self) -> list[tuple[str, str]]:
        """The same for the chosen model, as labels."""
        found = self.renamed(self.values()["role_model"])
        return [(role_name(role), role_name(other)) for role, other in found.items() if role != other]
