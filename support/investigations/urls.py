"""URLs of investigations, on the public host."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.investigations import views

_AT = "tickets/<str:ref>/investigation/"
urlpatterns: list[URLPattern] = [
    path(_AT, views.investigation, name="investigation"),
    path(f"{_AT}begin/", views.begin, name="investigation-begin"),
    path(f"{_AT}request/", views.identify_request, name="investigation-request"),
    path(f"{_AT}event/", views.locate_event, name="investigation-event"),
    path(f"{_AT}outcome/", views.interpret_outcome, name="investigation-outcome"),
    path(f"{_AT}report/", views.compare_report, name="investigation-report"),
    path(f"{_AT}back/", views.go_back, name="investigation-back"),
    path(f"{_AT}check/", views.check_guarantees, name="investigation-check"),
    path(f"{_AT}determine/", views.determine, name="investigation-determine"),
]
