"""Outbound integrations. They observe the ledger and can never change it."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words of this app, and the triggers that guard the outbox and what is sent from it."""
        from asora.kernel import expected_tables, words
        from integrations.dispatch.triggers import TRIGGERS
        from integrations.outbox.models import GUARDS

        words.gather(self.name)
        expected_tables.OURS.update(GUARDS)
        expected_tables.OURS.update(TRIGGERS)
