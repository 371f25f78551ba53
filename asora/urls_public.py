"""Addresses of the public host: sign-in choice and the operators' admin."""

from django.contrib import admin
from django.urls import include, path

from asora.front import front

urlpatterns = [
    path("", front, name="front"),
    path("", include("asora.accounts.urls")),
    path("admin/", include("asora.operations.urls")),
    path("admin/tenants/", include("plans.urls")),
    path("admin/onboarding/", include("asora.onboarding.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "asora.refused.bad_request"
handler403 = "asora.refused.forbidden"
handler404 = "asora.refused.not_found"
handler500 = "asora.refused.failed"
