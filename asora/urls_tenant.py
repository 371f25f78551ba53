"""URLs of a tenant's host."""

from django.urls import include, path

from asora.pages import dashboard, error_guide, search

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("search/", search.search, name="search"),
    path("", include("asora.accounts.urls")),
    path("", include("asora.trials.urls_tenant")),
    path("", include("asora.jobs.urls")),
    path("", include("inventory.urls")),
    path("", include("ledger.urls")),
    path("", include("plans.urls_tenant")),
    path("audit/", include("audit.urls")),
    path("integrations/", include("integrations.urls")),
    path("help/errors/", error_guide.error_guide, name="error-guide"),
    path("help/errors/<slug:key>/", error_guide.guide, name="error-guide-entry"),
    path("help/", include("support.help.urls")),
]

handler400 = "asora.web.refusal_pages.bad_request"
handler403 = "asora.web.refusal_pages.forbidden"
handler404 = "asora.web.refusal_pages.not_found"
handler500 = "asora.web.refusal_pages.failed"
