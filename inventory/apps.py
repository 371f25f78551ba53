"""Master data: categories, hubs, bins, vendors and items."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the file imports, so that the worker process knows them."""
        import inventory.files.kinds  # noqa: F401
