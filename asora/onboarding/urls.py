"""URLs of onboarding, on the public host."""

from django.urls import path

from asora.onboarding.views import pages, steps

app_name = "onboarding"
urlpatterns = [
    path("", pages.onboarding_list, name="list"),
    path("new/", pages.start, name="start"),
    path("templates/<slug:step>.csv", pages.template, name="template"),
    path("<int:number>/", pages.detail, name="detail"),
    path("<int:number>/confirm/", steps.confirm_step, name="confirm"),
    path("<int:number>/plan/", steps.plan_step, name="plan"),
    path("<int:number>/role-model/", steps.role_model_step, name="role_model"),
    path("<int:number>/tenant/", steps.tenant_step, name="tenant"),
    path("<int:number>/seed/<slug:step>/", steps.seed_step, name="seed"),
    path("<int:number>/verify/", steps.verify_step, name="verify"),
    path("<int:number>/owner/", steps.owner_step, name="owner"),
    path("<int:number>/complete/", steps.complete_step, name="complete"),
    path("<int:number>/abandon/", steps.abandon_step, name="abandon"),
]
