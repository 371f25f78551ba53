"""Django admin as a window: operators look at rows there, and nobody changes one (architecture.md, "The door")."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


def is_operator(request: HttpRequest) -> bool:
    """Whether an operator of the public host asks."""
    actor = request.act.actor  # type: ignore[attr-defined]
    return bool(actor.type == "operator" and actor.schema == "public" and actor.account.is_active)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows to operators. What changes something is an action behind the door, never an admin form."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

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
