"""A read-only Django admin: operators can look at rows. Every change goes through the door, never through the admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import DataError
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _

from asora.kernel.refusals import ValidationFailed
from asora.kernel.shapes import Rows, StrOrPromise, Values


def is_operator(request: HttpRequest) -> bool:
    """Returns True if the request comes from an active operator on the public host."""
    actor = request.act.actor  # type: ignore[attr-defined]
    return bool(actor.type == "operator" and actor.schema == "public" and actor.account.is_active)


def by_name(field: str, title: StrOrPromise) -> Callable[[Any], str]:
    """A column that shows the name behind the pseudonym in a field; the pseudonym itself if the person was erased."""

    @admin.display(description=title, ordering=field)
    def shown(row: Any) -> str:
        return getattr(row, f"{field}_name", None) or getattr(row, field) or "\N{EN DASH}"

    return shown


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows to operators. Changes are made by actions through the door, never by an admin form."""

    #: Fields with pseudonyms of the platform's people, and the columns (`by_name`) that replace them.
    people: ClassVar[Mapping[str, Callable[[Any], str]]] = {}

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Rows:
        """The rows, with the names of the people from the public directory."""
        rows: Rows = super().get_queryset(request)
        directory = get_user_model()._default_manager
        names = {
            f"{field}_name": Subquery(directory.filter(ref=OuterRef(field)).values("name")[:1])
            for field in self.people
        }
        named: Rows = rows.annotate(**names)
        return named

    def get_fields(self, request: HttpRequest, obj: object = None) -> Any:
        """The fields of a row, with people shown by name."""
        return [self.people.get(str(field), field) for field in super().get_fields(request, obj)]

    def changelist_view(self, request: HttpRequest, extra_context: Values | None = None) -> Any:
        """The list. Refusals: VALIDATION_FAILED for a filter that the database cannot take (NUL, the year 99999)."""
        try:
            return super().changelist_view(request, extra_context)
        except (ValueError, OverflowError, DataError) as error:
            raise ValidationFailed(_("This filter is not valid. Remove it and filter again.")) from error

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Operators."""
        return is_operator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators."""
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody."""
        return False
