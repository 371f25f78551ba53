"""Outbound integrations. They observe the ledger and can never change it."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register words, triggers and what requests queued and sent, and listen to the signal of written events."""
        import integrations.diagnosis.records_of_request  # noqa: F401
        from asora.kernel import expected_tables, signals, words
        from integrations.dispatch.triggers import TRIGGERS
        from integrations.feed.models import GUARDS as FEED_GUARDS
        from integrations.outbox.models import GUARDS
        from integrations.outbox.queueing import queue_payloads

        words.gather(self.name)
        expected_tables.OURS.update(GUARDS)
        expected_tables.OURS.update(TRIGGERS)
        expected_tables.OURS.update(FEED_GUARDS)
        signals.recorded.connect(queue_payloads, dispatch_uid="integrations.outbox")
