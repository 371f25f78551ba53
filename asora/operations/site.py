"""The operators' Django admin on the public host: Asora's own sign-in, read-only models only, no password pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth import logout
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _

from asora.kernel.gates import lacking, not_signed_in
from asora.kernel.pages import open_page
from asora.kernel.permissions import Permission
from asora.kernel.read_only_admin import ReadOnlyAdmin, is_operator
from asora.kernel.refusals import RouteNotFound
from asora.kernel.shapes import Values

PERMISSION = Permission.PLANS_VIEW_TENANT


@open_page(methods=["POST"], host="public")
def _sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("front")


class Operations(admin.AdminSite):
    """Django's admin, for operators."""

    site_header = _("Asora operations")
    site_title = _("Asora operations")
    index_title = _("This installation")
    site_url = "/"
    enable_nav_sidebar = True

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: Any = None,
        **options: Any,
    ) -> None:
        """Register read-only models only; models that third parties register (for example groups) are ignored."""
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Return True for operators of the public host, and for nobody else."""
        return is_operator(request)

    def get_urls(self) -> list[Any]:
        """Django's URLs, with Asora's overview as the first page."""
        from asora.operations.overview import overview

        entries = super().get_urls()
        ours = path("", overview, name="index")
        return [ours if getattr(entry, "name", "") == "index" else entry for entry in entries]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's)
        """Refuse as every page does: 401 with the sign-in form, 403 with the missing permission."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **values: Any) -> Any:
            act = request.act  # type: ignore[attr-defined]
            if not act.actor.is_authenticated:
                raise not_signed_in(act)
            if not self.has_permission(request):
                raise lacking(act, PERMISSION)
            return inner(request, *args, **values)

        guarded.policy = PERMISSION  # type: ignore[attr-defined]
        return guarded

    def login(self, request: HttpRequest, extra_context: Values | None = None) -> HttpResponse:
        """Redirect to Asora's sign-in, which has a lock-out and writes an event."""
        return redirect("accounts:sign-in")

    def logout(self, request: HttpRequest, extra_context: Values | None = None) -> HttpResponse:  # type: ignore[override]
        """Sign out by POST only, because otherwise a link on any page could do it."""
        return cast(HttpResponse, _sign_out(request))

    def password_change(self, request: HttpRequest, extra_context: Values | None = None) -> HttpResponse:  # type: ignore[override]
        """Not available: this would be a change without an event."""
        raise RouteNotFound()

    def password_change_done(self, request: HttpRequest, extra_context: Values | None = None) -> HttpResponse:  # type: ignore[override]
        """Not available."""
        raise RouteNotFound()
