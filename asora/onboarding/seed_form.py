"""The form of steps 4 to 8: a file that is chosen or pasted, or the one that was just checked."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from asora.files.csv_form import CsvForm, no_file
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from plans.models import Onboarding

MAX_KEPT = 4 * 1024 * 1024  # a checked file up to this size does not have to be chosen again


class SeedForm(CsvForm):
    """A CSV file for one step. A checked file is sent back in the form itself: operators store no files in a tenant."""

    kept = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    kept_name = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)

    def __init__(self, *args: Any, onboarding: Onboarding, step: str, **options: Any) -> None:
        # The forms of all steps are on the same page, so their ids must differ.
        super().__init__(*args, **options | {"auto_id": f"id_{step}_%s"})
        self.onboarding, self.step = onboarding, step

    def clean(self) -> Values:
        """The content as bytes, from whichever of the three was sent."""
        cleaned: Values = super().clean() or {}
        if sent := self.received():
            cleaned["called"], cleaned["content"] = sent
        elif cleaned.get("kept"):
            cleaned |= {"content": _unpacked(cleaned["kept"]), "called": cleaned.get("kept_name", "")}
        elif not self.errors:
            raise no_file()
        return cleaned

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = getattr(self, "cleaned_data", {})
        content = {"content": cleaned["content"]} if "content" in cleaned else {}
        return {"onboarding": self.onboarding, "step": self.step} | content

    def kept_initial(self) -> Values:
        """The initial values with the file that was just checked, unchanged; empty if it is too long to send again."""
        content: bytes = self.cleaned_data["content"]
        if len(content) > MAX_KEPT:
            return {}
        return {"kept": base64.b64encode(content).decode(), "kept_name": self.cleaned_data["called"]}


def _unpacked(kept: str) -> bytes:
    try:
        return base64.b64decode(kept, validate=True)
    except binascii.Error as error:
        raise ValidationError(gettext("Choose the file again."), code=str(Reason.INVALID_INPUT)) from error
