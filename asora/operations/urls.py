"""URLs of the operators' own pages. They come before those of Django's admin."""

from django.urls import path

from asora.operations import overview, tenants

app_name = "operations"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("tenants/<slug:slug>/", tenants.tenant, name="tenant"),
    path("tenants/<slug:slug>/verify/", tenants.tenant_verify, name="tenant-verify"),
]
