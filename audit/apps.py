"""The audit trail: one event for every action, allowed or refused, with the rule that decided."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register words, rows for seals, values of actions, and the trigger that numbers events of support."""
        import audit.explorer.asked
        import audit.seals.event_rows  # noqa: F401
        from asora.kernel import expected_tables, words

        words.gather(self.name)
        expected_tables.OURS["audit_event_take_number"] = "audit_event"
