"""URLs of the customer's side of the support desk, on the tenant's host."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.help import views

app_name = "help"
urlpatterns: list[URLPattern] = [
    path("tickets/", views.ticket_list, name="tickets"),
    path("tickets/<str:ref>/", views.ticket_detail, name="ticket"),
    path("tickets/<str:ref>/answer/", views.ticket_answer, name="ticket-answer"),
    path("tickets/<str:ref>/confirm/", views.ticket_confirm, name="ticket-confirm"),
    path("tickets/<str:ref>/reopen/", views.ticket_reopen, name="ticket-reopen"),
    path("tickets/<str:ref>/rate/", views.ticket_rate, name="ticket-rate"),
    path("rate/<str:token>/", views.rate_by_link, name="rate-by-link"),
    path("known-issues/", views.known_issues, name="known-issues"),
]
