"""The app of uploaded files that are not imported yet."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "asora.files"
    label = "uploads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register how a file in a refused request is found again."""
        import asora.files.asked  # noqa: F401
