"""URLs of the audit trail."""

from __future__ import annotations

from django.urls import URLPattern, path

from audit.explorer import request_page, views

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("", views.event_list, name="event-list"),
    path("requests/<str:request_id>/", request_page.request_detail, name="request-detail"),
    path("<uuid:event>/", views.event_detail, name="event-detail"),
]
