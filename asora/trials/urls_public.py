"""URLs of trials on the public host: plans."""

from __future__ import annotations

from django.urls import URLPattern, path

from asora.trials import views

app_name = "trials"
urlpatterns: list[URLPattern] = [
    path("admin/tenants/<slug:slug>/plan/try/", views.plan_trial, name="plan"),
]
