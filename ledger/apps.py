"""Everything that moves stock, and every figure that is derived from it."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what lower floors need: kinds of files, values of actions, rows for seals, links, a trigger."""
        import ledger.asked
        import ledger.files.kinds
        import ledger.repairs
        import ledger.views.records_of_request  # noqa: F401
        from asora.kernel import expected_tables, words
        from ledger.posting.opening_stock import CONSTRAINT
        from ledger.proof import leaves

        expected_tables.OURS[CONSTRAINT] = "ledger_posting"

        leaves.register_stream()

        words.gather(self.name)
