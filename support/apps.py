"""The support desk. It explains events from the audit trail and ledger, and cannot change either."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"
    default_auto_field = "django.db.models.BigAutoField"
