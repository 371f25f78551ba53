"""The app of the whole product: the commands and checks that need every floor."""

from django.apps import AppConfig


class AsoraConfig(AppConfig):
    name = "asora"

    def ready(self) -> None:
        """Register the start-up checks, and the words of what belongs to no other app."""
        import asora.web.request_subjects  # noqa: F401
        from asora.kernel import words
        from asora.startup import guarantees  # noqa: F401

        words.gather("asora.onboarding")
        words.gather("asora.trials")
