"""The app of uploaded files that are not imported yet."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "asora.files"
    label = "uploads"
    default_auto_field = "django.db.models.BigAutoField"
