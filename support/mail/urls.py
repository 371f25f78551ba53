"""URLs of the desk's e-mail, on the public host."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.mail import views, webhook

urlpatterns: list[URLPattern] = [
    path("mail/", webhook.posted, name="mail"),
    path("tickets/<str:ref>/mails/<uuid:mail>/send/", views.mail_resend, name="mail-resend"),
    path("tickets/<str:ref>/senders/<uuid:participant>/forget/", views.sender_forget, name="sender-forget"),
    path("tickets/<str:ref>/files/<uuid:attachment>/", views.attachment, name="attachment"),
]
