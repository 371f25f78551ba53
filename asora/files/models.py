"""A file that somebody sent, from looking at it to importing it. Scratch, and no record of anything."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.csv.columns import line_ends
from asora.kernel.request_ids import uuid7


class Upload(models.Model):
    """The bytes, what kind of file they are meant to be, and which column of them is which of ours."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)  # empty: it was pasted
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(
        default=dict
    )  # number of a column of the file to the name of ours; empty: by its header
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
    def is_kept(self) -> bool:
        """Whether it is on the server, so that it need not be sent again."""
        return not self._state.adding

    @property
    def lines(self) -> int:
        """How many lines it has, its header and those inside quotes included."""
        return line_ends(self.as_sent)

    @property
    def as_sent(self) -> bytes:
        """The file, byte for byte."""
        return bytes(self.content)


def upload_of(*, kind: str, name: str, content: bytes, actor_ref: str, **values: Any) -> Upload:
    """A file as it arrived, not kept yet."""
    return Upload(
        kind=kind,
        name=name,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        actor_ref=actor_ref,
        **values,
    )
