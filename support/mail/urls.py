"""URLs of the desk's e-mail, on the public host."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.mail import webhook

urlpatterns: list[URLPattern] = [path("mail/", webhook.posted, name="mail")]
