"""URLs of background jobs."""

from django.urls import path

from asora.jobs import views

app_name = "jobs"
urlpatterns = [
    path("jobs/", views.job_list, name="list"),
    path("jobs/<uuid:job>/", views.job_detail, name="detail"),
]
