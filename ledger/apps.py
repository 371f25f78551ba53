"""Everything that moves stock, and every number that is derived from it."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the worker know what it can be asked for, and readiness which trigger is the ledger's own."""
        import ledger.files.kinds  # noqa: F401
        from asora.kernel import expected_tables
        from ledger.posting.opening_stock import CONSTRAINT

        expected_tables.OURS[CONSTRAINT] = "ledger_posting"
