"""The form of the sign-in page."""

from __future__ import annotations

from tests.factories.people import PASSWORD


def typed(email: str = "manager@example.com", password: str = PASSWORD, **more: str) -> dict[str, str]:
    """The fields that somebody fills in."""
    return {"email": email, "password": password, **more}
