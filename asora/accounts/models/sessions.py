"""Sessions with their owner, so that they can be listed and ended (Django's "Extending database-backed session
engines")."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.indexes import Index
from django.utils import timezone


class Session(AbstractBaseSession):
    """One browser's session; `ref` is the digest by which events name it."""

    user_id = models.BigIntegerField(null=True, blank=True)
    ref = models.CharField(max_length=32, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    #: The time of the first request after the session's end; that request has an event.
    late_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [Index(fields=["user_id", "seen_at"], name="accounts_session_user")]

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The engine that reads and writes these rows."""
        return import_module(settings.SESSION_ENGINE).SessionStore
