"""Tenants, their plans and their freezes."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words of this app."""
        from asora.kernel import words

        words.gather(self.name)
