"""Tenants, their plans and their freezes."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words of this app, and what would lift its ceilings and freezes."""
        import plans.repairs  # noqa: F401
        from asora.kernel import words

        words.gather(self.name)
