"""Addresses of tickets; `support.urls` includes them."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.tickets.views import working

_ONE = "tickets/<str:ref>/"
urlpatterns: list[URLPattern] = [
    path("tickets/new/", working.new, name="ticket-new"),
    path(f"{_ONE}triage/", working.triage, name="ticket-triage"),
    path(f"{_ONE}reclassify/", working.reclassify, name="ticket-reclassify"),
    path(f"{_ONE}assign/", working.assign, name="ticket-assign"),
    path(f"{_ONE}requeue/", working.requeue, name="ticket-requeue"),
    path(f"{_ONE}note/", working.note, name="ticket-note"),
    path(f"{_ONE}inform/", working.inform, name="ticket-inform"),
    path(f"{_ONE}security/", working.security, name="ticket-security"),
    path(f"{_ONE}no-security/", working.no_security, name="ticket-no-security"),
    path(f"{_ONE}doc-gap/", working.doc_gap, name="ticket-doc-gap"),
    path(f"{_ONE}link/", working.link, name="ticket-link"),
    path(f"{_ONE}unlink/", working.unlink, name="ticket-unlink"),
    path(f"{_ONE}merge/", working.merge, name="ticket-merge"),
    path(f"{_ONE}unmerge/", working.unmerge, name="ticket-unmerge"),
    path(f"{_ONE}attach/", working.attach, name="ticket-attach"),
    path(f"{_ONE}detach/", working.detach, name="ticket-detach"),
    path(f"{_ONE}known-issue/", working.recognise, name="ticket-recognise"),
    path(f"{_ONE}tenant/", working.tenant, name="ticket-tenant"),
    path(f"{_ONE}discard/", working.discard, name="ticket-discard"),
    path(f"{_ONE}restore/", working.restore, name="ticket-restore"),
]
