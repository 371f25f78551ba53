"""The kernel: the door, and the code that all bounded contexts use."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "asora.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words of the kernel's own events."""
        from asora.kernel import lists  # noqa: F401
