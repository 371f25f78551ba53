"""URLs of evidence: packs, and references that are derived again."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.evidence.views import links, packs

urlpatterns: list[URLPattern] = [
    path("evidence/", packs.pack_list, name="evidence"),
    path("evidence/new/", packs.pack_create, name="evidence-pack-create"),
    path("evidence/verify.py", packs.verifier, name="evidence-verifier"),
    path("evidence/packs/<uuid:pack>/", packs.pack_detail, name="evidence-pack"),
    path("evidence/packs/<uuid:pack>/download/", packs.pack_download, name="evidence-pack-download"),
    path("evidence/links/<uuid:link>/", links.link_detail, name="evidence-link"),
]
