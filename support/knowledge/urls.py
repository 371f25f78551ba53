"""URLs of the knowledge room."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.knowledge.views import entries, known_issues

urlpatterns: list[URLPattern] = [
    path("knowledge/", entries.entries, name="knowledge"),
    path("knowledge/new/", entries.entry_new, name="entry-new"),
    path("knowledge/<slug:kind>/<slug:key>/", entries.entry, name="entry"),
    path("knowledge/<slug:kind>/<slug:key>/edit/", entries.entry_edit, name="entry-edit"),
    path("knowledge/<slug:kind>/<slug:key>/withdraw/", entries.entry_withdraw, name="entry-withdraw"),
    path("known-issues/", known_issues.issues, name="known-issues"),
    path("known-issues/new/", known_issues.issue_new, name="known-issue-new"),
    path("known-issues/<str:ref>/", known_issues.issue, name="known-issue"),
    path("known-issues/<str:ref>/edit/", known_issues.issue_edit, name="known-issue-edit"),
    path("known-issues/<str:ref>/fix/", known_issues.issue_fix, name="known-issue-fix"),
    path("known-issues/<str:ref>/withdraw/", known_issues.issue_withdraw, name="known-issue-withdraw"),
]
