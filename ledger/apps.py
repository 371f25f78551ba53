"""Everything that moves stock, and every figure that is derived from it."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the kinds of files, and the ledger's own trigger for the readiness check."""
        import ledger.files.kinds  # noqa: F401
        from asora.kernel import expected_tables, words
        from ledger.posting.opening_stock import CONSTRAINT

        expected_tables.OURS[CONSTRAINT] = "ledger_posting"

        words.gather(self.name)
