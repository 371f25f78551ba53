"""URLs of trials on a tenant's host: rights."""

from __future__ import annotations

from django.urls import URLPattern, path

from asora.trials import views

app_name = "trials"
urlpatterns: list[URLPattern] = [
    path("settings/staff/<str:ref>/role/try/", views.role_trial, name="role"),
    path("settings/staff/<str:ref>/hubs/try/", views.hubs_trial, name="hubs"),
    path("settings/roles/try/", views.role_model_trial, name="role-model"),
]
