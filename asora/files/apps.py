"""The app of uploaded files that are not imported yet."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "asora.files"
    label = "uploads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register how a file in a refused request is found again, and that erasing a person deletes their files."""
        import asora.files.asked  # noqa: F401
        from asora.files import staging
        from asora.kernel.erasure import register_eraser

        register_eraser("files", staging.delete_of)
