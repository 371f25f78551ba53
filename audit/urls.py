"""URLs of the audit trail."""

from __future__ import annotations

from django.urls import URLPattern, path

from audit.explorer import views

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("", views.event_list, name="event-list"),
    path("<uuid:event>/", views.event_detail, name="event-detail"),
]
