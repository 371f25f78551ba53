"""People: who can sign in where, and what their role allows."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "asora.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the sign-in signals to the audit trail, and register the codes in requests about people."""
        from asora.kernel import words

        words.gather(self.name)
        import asora.accounts.roles.asked
        import asora.accounts.roles.repairs  # noqa: F401
        from asora.accounts.sign_in import sign_in_events  # noqa: F401
