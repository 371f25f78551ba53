"""Uploads: what somebody sent and has not decided on yet."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "asora.uploads"
    label = "uploads"
    default_auto_field = "django.db.models.BigAutoField"
