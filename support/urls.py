"""URLs of the support desk, on the public host."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.access.views import desk, inside

app_name = "support"
urlpatterns: list[URLPattern] = [
    path("", desk.start, name="start"),
    path("sessions/<uuid:session>/start/", desk.session_start, name="session-start"),
    path("sessions/<uuid:session>/end/", desk.session_end, name="session-end"),
    path("tenants/<slug:slug>/", desk.tenant, name="tenant"),
    path("tenants/<slug:slug>/<path:path>", inside.inside, name="inside"),
]
