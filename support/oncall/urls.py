"""URLs of calls and contacts."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.oncall import views

urlpatterns: list[URLPattern] = [
    path("on-call/", views.calls, name="calls"),
    path("on-call/calls/<uuid:call>/take/", views.call_take, name="call-take"),
    path("on-call/contacts/new/", views.contact_new, name="contact-new"),
    path("on-call/contacts/<int:contact>/", views.contact_change, name="contact-change"),
    path("on-call/contacts/<int:contact>/retire/", views.contact_retire, name="contact-retire"),
]
