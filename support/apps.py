"""The support desk. It explains events from the audit trail and ledger, and cannot change either."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words of this app."""
        from asora.kernel import words

        words.gather(self.name)
