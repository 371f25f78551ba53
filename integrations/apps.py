"""Outbound integrations. They observe the ledger and can never change it."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words of this app."""
        from asora.kernel import words

        words.gather(self.name)
