"""Addresses of a tenant's host."""

from django.urls import include, path

from asora import dashboard, pages

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("search/", pages.search, name="search"),
    path("", include("asora.accounts.urls")),
    path("", include("asora.jobs.urls")),
    path("", include("inventory.urls")),
    path("", include("ledger.urls")),
    path("", include("plans.urls_tenant")),
    path("audit/", include("audit.urls")),
]

handler400 = "asora.refused.bad_request"
handler403 = "asora.refused.forbidden"
handler404 = "asora.refused.not_found"
handler500 = "asora.refused.failed"
