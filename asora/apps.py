"""The app of the whole product: the commands and checks that need every floor."""

from django.apps import AppConfig


class AsoraConfig(AppConfig):
    name = "asora"

    def ready(self) -> None:
        """Register the start-up checks."""
        from asora.startup import guarantees  # noqa: F401
