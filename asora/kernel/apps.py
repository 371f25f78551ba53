"""The kernel: the door, and what every bounded context stands on."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "asora.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"
