"""The app of background jobs."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "asora.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Register the kinds of work of each app: those in its `jobs` module."""
        import asora.jobs.records_of_request  # noqa: F401
        from asora.kernel import words

        words.gather(self.name)
        autodiscover_modules("jobs")
