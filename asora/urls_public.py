"""URLs of the public host: the front page, sign-in, and the operators' pages."""

from django.contrib import admin
from django.urls import include, path

from asora.pages import error_guide
from asora.pages.front import front

urlpatterns = [
    path("", front, name="front"),
    path("", include("asora.accounts.urls")),
    path("help/errors/", error_guide.error_guide, name="error-guide"),
    path("help/errors/<slug:key>/", error_guide.guide, name="error-guide-entry"),
    path("support/", include("support.urls")),
    path("", include("asora.trials.urls_public")),
    path("admin/", include("asora.operations.urls")),
    path("admin/tenants/", include("plans.urls_public")),
    path("admin/onboarding/", include("asora.onboarding.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "asora.web.refusal_pages.bad_request"
handler403 = "asora.web.refusal_pages.forbidden"
handler404 = "asora.web.refusal_pages.not_found"
handler500 = "asora.web.refusal_pages.failed"
