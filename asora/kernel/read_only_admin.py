"""Django admin as a window: operators look at rows there, and nobody changes one (architecture.md, "The door")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import DataError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _

from asora.kernel.refusals import ValidationFailed


def is_operator(request: HttpRequest) -> bool:
    """Whether an operator of the public host asks."""
    actor = request.act.actor  # type: ignore[attr-defined]
    return bool(actor.type == "operator" and actor.schema == "public" and actor.account.is_active)


def by_name(field: str, title: Any) -> Callable[[Any], str]:
    """A column of a window that shows whose pseudonym a field holds: the name, or the pseudonym of who was erased."""

    @admin.display(description=title, ordering=field)
    def shown(row: Any) -> str:
        return getattr(row, f"{field}_name", None) or getattr(row, field) or "\N{EN DASH}"

    return shown


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows to operators. What changes something is an action behind the door, never an admin form."""

    #: Fields that hold pseudonyms of the platform's people, with their columns (`by_name`), which replace them.
    people: ClassVar[Mapping[str, Callable[[Any], str]]] = {}

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows, with the names behind their pseudonyms as far as the public host's directory has them."""
        rows: QuerySet[Any] = super().get_queryset(request)
        directory = get_user_model()._default_manager
        names = {
            f"{field}_name": Subquery(directory.filter(ref=OuterRef(field)).values("name")[:1])
            for field in self.people
        }
        named: QuerySet[Any] = rows.annotate(**names)
        return named

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields of a row, people by name."""
        return [self.people.get(str(field), field) for field in super().get_fields(request, obj)]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list. Refusals: VALIDATION_FAILED for a filter that the database cannot take (NUL, the year 99999)."""
        try:
            return super().changelist_view(request, extra_context)
        except (ValueError, OverflowError, DataError) as error:
            raise ValidationFailed(_("This filter cannot be read.")) from error

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators."""
        return is_operator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators."""
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
