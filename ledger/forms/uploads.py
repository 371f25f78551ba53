"""A file of movements: chosen or pasted, read once, refused as a whole when it cannot be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy

from asora.kernel.refusals import Refusal, ValidationFailed
from ledger.imports.files import MovementFile, read_movements
from ledger.models import Kind


class UploadForm(forms.Form):
    """A CSV file, or the same as pasted text."""

    file = forms.FileField(label=gettext_lazy("CSV file"), required=False, max_length=255)
    text = forms.CharField(
        label=gettext_lazy("or paste it here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        validators=[ProhibitNullCharactersValidator()],
    )
    skip_refused = forms.BooleanField(
        label=gettext_lazy("Leave out every document that has a refused line"), required=False
    )

    def values(self) -> dict[str, Any]:
        """What the door learns of an upload that never became a file of movements: nothing."""
        return {}


class MovementUpload:
    """A file of movements as the door judges it."""

    def __init__(self, kind: Kind, content: bytes, *, name: str, skip_refused: bool = False) -> None:
        self.kind = kind
        self.content = content
        self.name = name
        self.skip_refused = skip_refused
        self._file: MovementFile | None = None
        self._refusal: Refusal | None = None

    def is_valid(self) -> bool:
        """Whether it is a table of movements; lines that are wrong in themselves are for the action to refuse."""
        try:
            self._file = read_movements(self.kind, self.content)
        except ValidationFailed as refusal:
            self._refusal = refusal
        return self._file is not None

    def values(self) -> dict[str, Any]:
        """The arguments of an action that imports movements."""
        if self._file is None:
            return {"name": self.name}
        return {"file": self._file, "name": self.name, "skip_refused": self.skip_refused}

    def refusal(self) -> Refusal:
        """Why the file could not be read."""
        return self._refusal or ValidationFailed()
