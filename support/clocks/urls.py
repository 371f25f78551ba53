"""URLs of promised times and calendars."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.clocks import views

urlpatterns: list[URLPattern] = [
    path("promised-times/", views.promised_times, name="promised-times"),
    path("promised-times/change/", views.policy_change, name="policy-change"),
    path("promised-times/calendars/<slug:key>/", views.calendar_change, name="calendar-change"),
]
