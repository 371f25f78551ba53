"""The pages of plans on a tenant's own host."""

from django.urls import path

from plans.views import usage

app_name = "plans"

urlpatterns = [path("settings/plan/", usage.usage, name="usage")]
