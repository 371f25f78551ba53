"""The addresses of replies, below those of the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.replies import views

urlpatterns: list[URLPattern] = [
    path("approvals/", views.approvals, name="approvals"),
    path("tickets/<str:ref>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("tickets/<str:ref>/ask/", views.ask, name="ask"),
    path("tickets/<str:ref>/draft/begin/", views.draft_begin, name="draft-begin"),
    path("tickets/<str:ref>/draft/edit/", views.draft_edit, name="draft-edit"),
    path("tickets/<str:ref>/draft/check/", views.draft_check, name="draft-check"),
    path("tickets/<str:ref>/draft/submit/", views.draft_submit, name="draft-submit"),
    path("tickets/<str:ref>/draft/discard/", views.draft_discard, name="draft-discard"),
    path("tickets/<str:ref>/draft/approve/", views.draft_approve, name="draft-approve"),
    path("tickets/<str:ref>/draft/return/", views.draft_return, name="draft-return"),
    path("tickets/<str:ref>/evidence/<uuid:message>/", views.footnotes, name="footnotes"),
    path("tickets/<str:ref>/send/", views.send, name="send"),
]
