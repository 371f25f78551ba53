"""URLs of tenants, their plans and their freezes on the public host."""

from django.urls import path

from plans.views import freezes, tenants

app_name = "plans"

urlpatterns = [
    path("", tenants.tenant_list, name="tenant-list"),
    path("<slug:slug>/plan/", tenants.plan_change, name="plan-change"),
    path("<slug:slug>/freeze/", freezes.freeze_detail, name="freeze"),
    path("<slug:slug>/freeze/start/", freezes.freeze_start, name="freeze-start"),
    path("<slug:slug>/freeze/explain/", freezes.freeze_explain, name="freeze-explain"),
    path("<slug:slug>/freeze/end/", freezes.freeze_end, name="freeze-end"),
]
