"""URLs of cases, feature requests and referrals."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.escalations import views

urlpatterns: list[URLPattern] = [
    path("tickets/<str:ref>/escalate/", views.escalate, name="escalate"),
    path("tickets/<str:ref>/feature/", views.feature, name="feature"),
    path("tickets/<str:ref>/referral/", views.referral, name="referral"),
    path("tickets/<str:ref>/referral/answer/", views.referral_answer, name="referral-answer"),
    path("cases/", views.case_list, name="case-list"),
    path("cases/<str:ref>/", views.case_detail, name="case"),
    path("cases/<str:ref>/review/", views.case_review, name="case-review"),
    path("cases/<str:ref>/answer/", views.case_answer, name="case-answer"),
    path("features/", views.feature_list, name="feature-list"),
]
