"""URLs of the inbox, the ticket page and the page of a tenant."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.desk.views import inbox, pack, rules, tenant, ticket

urlpatterns: list[URLPattern] = [
    path("", inbox.tickets, name="inbox"),
    path("tickets/<str:ref>/", ticket.ticket, name="ticket"),
    path("tickets/<str:ref>/present/", ticket.present, name="ticket-present"),
    path("tickets/<str:ref>/pack/", pack.ticket_pack, name="ticket-pack"),
    path("rules/", rules.rules, name="rules"),
    path("tenants/<slug:slug>/", tenant.tenant, name="tenant"),
]
