"""The addresses of closing, below those of the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.closing import views

urlpatterns: list[URLPattern] = [
    path("tickets/<str:ref>/resolve/", views.resolve, name="resolve"),
    path("tickets/<str:ref>/remind/", views.remind, name="remind"),
    path("tickets/<str:ref>/close/", views.close, name="close"),
    path("tickets/<str:ref>/reopen/", views.reopen, name="reopen"),
]
