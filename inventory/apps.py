"""Master data: categories, hubs, bins, vendors and items."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the file imports, so that the worker process knows them, and the fields whose text events record."""
        import inventory.files.kinds
        import inventory.repairs  # noqa: F401
        from asora.kernel import words
        from asora.kernel.evidence import KEPT_TEXTS
        from inventory.models.item_fields import ITEM_FIELDS

        recorded = [field for field in ITEM_FIELDS if field.is_recorded]
        KEPT_TEXTS.update({field.name for field in recorded}, {field.in_file for field in recorded})

        words.gather(self.name)
