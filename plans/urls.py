"""Addresses of tenants and their plans on the public host."""

from django.urls import path

from plans.views import tenants

app_name = "plans"

urlpatterns = [
    path("", tenants.tenant_list, name="tenant-list"),
    path("<slug:slug>/plan/", tenants.plan_change, name="plan-change"),
]
