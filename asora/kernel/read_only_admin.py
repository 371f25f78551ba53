"""Django admin as a window: operators look at rows there, and nobody changes one (architecture.md, "The door")."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import DataError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from asora.kernel.refusals import ValidationFailed


def is_operator(request: HttpRequest) -> bool:
    """Whether an operator of the public host asks."""
    actor = request.act.actor  # type: ignore[attr-defined]
    return bool(actor.type == "operator" and actor.schema == "public" and actor.account.is_active)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows to operators. What changes something is an action behind the door, never an admin form."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

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
