"""Uploaded files, stored temporarily until they are imported. Nothing is derived from these rows."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.csv.columns import line_ends
from asora.kernel.request_ids import uuid7


class Upload(models.Model):
    """An uploaded file: its bytes, its kind, and the mapping of its columns."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)  # empty if the text was pasted
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(
        default=dict
    )  # number of a column of the file to the name of our column; empty: by its header
    actor_ref = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file")
        indexes = [
            models.Index(fields=["actor_ref", "created_at"], name="uploads_upload_actor"),
            models.Index(fields=["created_at"], name="uploads_upload_age"),
        ]

    def __str__(self) -> str:
        return self.name or str(_("pasted text"))

    @property
    def is_stored(self) -> bool:
        """Returns True if the file is stored, so that it need not be sent again."""
        return not self._state.adding

    @property
    def lines(self) -> int:
        """The number of lines, including the header and line ends inside quotes."""
        return line_ends(self.as_sent)

    @property
    def as_sent(self) -> bytes:
        """The file, byte for byte."""
        return bytes(self.content)


def upload_of(*, kind: str, name: str, content: bytes, actor_ref: str, **values: Any) -> Upload:
    """A new upload that is not stored yet."""
    return Upload(
        kind=kind,
        name=name,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        actor_ref=actor_ref,
        **values,
    )
