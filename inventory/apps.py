"""What is kept and where: categories, hubs, bins, vendors, items."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the worker know what it can be asked for."""
        import inventory.files.kinds  # noqa: F401
