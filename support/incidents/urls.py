"""URLs of incidents."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.incidents import views

urlpatterns: list[URLPattern] = [
    path("incidents/", views.incidents, name="incidents"),
    path("incidents/new/", views.incident_new, name="incident-new"),
    path("incidents/<str:ref>/", views.incident, name="incident"),
    path("incidents/<str:ref>/post/", views.incident_post, name="incident-post"),
    path("incidents/<str:ref>/move/", views.incident_move, name="incident-move"),
    path("incidents/<str:ref>/errors/", views.incident_error, name="incident-error"),
]
