"""URLs of the audit trail."""

from __future__ import annotations

from django.urls import URLPattern, path

from audit.disclosure.views import access, questions
from audit.explorer import request_page, views
from audit.explorer.exports import views as exports
from audit.explorer.rehearsals import views as rehearsals
from audit.explorer.searches import views as searches
from audit.seals import views as seals
from audit.seals.proof import views as proof

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("", views.event_list, name="event-list"),
    path("requests/<str:request_id>/", request_page.request_detail, name="request-detail"),
    path("<uuid:event>/", views.event_detail, name="event-detail"),
    path("<uuid:event>/compare/<uuid:other>/", views.event_compare, name="event-compare"),
    path("support-access/", access.access_list, name="support-access"),
    path("support-access/approval/", access.access_requirement, name="access-requirement"),
    path("support-access/<uuid:session>/", access.access_session, name="access-session"),
    path("support-access/<uuid:session>/approve/", access.access_approve, name="access-approve"),
    path("support-access/<uuid:session>/refuse/", access.access_refuse, name="access-refuse"),
    path("support-access/<uuid:session>/revoke/", access.access_revoke, name="access-revoke"),
    path("seals/", seals.seal_list, name="seals"),
    path("seals/check/", seals.seal_check, name="seal-check"),
    path("seals/receipts/", seals.receipt_compare, name="receipt-compare"),
    path("seals/receipts/mail/", seals.receipt_mail, name="receipt-mail"),
    path("seals/receipts/<str:stream>/<int:number>/", seals.receipt, name="receipt"),
    path("ask-support/", questions.ask_support, name="ask-support"),
    path("now/", rehearsals.now, name="now"),
    path("why/", rehearsals.why, name="why"),
    path("<uuid:event>/copy/", exports.event_copy, name="event-copy"),
    path("searches/", searches.search_list, name="search-list"),
    path("searches/new/", searches.search_new, name="search-new"),
    path("searches/<uuid:search>/delete/", searches.search_delete, name="search-delete"),
    path("export/", exports.event_export, name="event-export"),
    path("<uuid:event>/proof/", proof.event_proof, name="event-proof"),
    path("proof/", proof.trail_proof, name="trail-proof"),
    path("proof/verify.py", proof.verifier, name="verifier"),
]
