"""URLs of onboarding, on the public host."""

from django.urls import path

from asora.onboarding import views

app_name = "onboarding"
urlpatterns = [
    path("", views.onboarding_list, name="list"),
    path("new/", views.start, name="start"),
    path("templates/<slug:step>.csv", views.template, name="template"),
    path("<int:number>/", views.detail, name="detail"),
    path("<int:number>/confirm/", views.confirm_step, name="confirm"),
    path("<int:number>/plan/", views.plan_step, name="plan"),
    path("<int:number>/role-model/", views.role_model_step, name="role_model"),
    path("<int:number>/tenant/", views.tenant_step, name="tenant"),
    path("<int:number>/seed/<slug:step>/", views.seed_step, name="seed"),
    path("<int:number>/verify/", views.verify_step, name="verify"),
    path("<int:number>/owner/", views.owner_step, name="owner"),
    path("<int:number>/complete/", views.complete_step, name="complete"),
    path("<int:number>/abandon/", views.abandon_step, name="abandon"),
]
