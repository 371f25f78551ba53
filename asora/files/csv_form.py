"""The base class of all forms that take a file, chosen or pasted."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason, Refusal, ValidationFailed

MAX_NAME = 120


class CsvForm(ActionForm):
    """A CSV file, chosen or pasted. Both may be empty: a form may refer to a file that was sent before."""

    is_long = True

    file = forms.FileField(label=_("CSV file"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("Or paste it here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "is-code", "spellcheck": "false"}),
        validators=[ProhibitNullCharactersValidator()],
    )

    def received(self) -> tuple[str, bytes] | None:
        """Name and bytes of the file; pasted text has no name. None if nothing was sent. Raises ValidationError."""
        upload, most = self.cleaned_data.get("file"), settings.ASORA_IMPORT_MAX_BYTES
        if upload is not None and upload.size > most:
            message = gettext("The file is larger than %(most)s. Split it into smaller files.") % {
                "most": filesizeformat(most)
            }
            raise ValidationError(message, code=str(Reason.TOO_LARGE))
        if upload is not None:
            return upload.name[:MAX_NAME], upload.read()
        text: str = self.cleaned_data.get("text", "")
        return ("", text.encode(errors="replace")) if text.strip() else None

    def refusal(self) -> Refusal:
        """The first error of the form as a refusal, for the door."""
        first = next(error for listed in self.errors.as_data().values() for error in listed)
        code = first.code or ""
        reason = Reason(code) if code in Reason.__members__ else Reason.INVALID_INPUT
        return ValidationFailed(" ".join(first.messages), reason=reason)


def no_file() -> ValidationError:
    """The error of a form without a file."""
    return ValidationError(gettext("Choose a file, or paste its lines."), code=str(Reason.NO_DATA))
