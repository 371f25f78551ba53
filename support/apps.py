"""The support desk. It explains events from the audit trail and ledger, and cannot change either."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words of this app, and how a tenant reads the reasons of sessions."""
        from asora.kernel import expected_tables, words
        from audit.disclosure import sessions
        from support.access import queries
        from support.tickets.triggers import TRIGGERS

        words.gather(self.name)
        expected_tables.OURS.update(TRIGGERS)
        sessions.describe_with(queries.reasons)
