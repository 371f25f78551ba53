"""A file on its way in, chosen or pasted: what the forms of all pages that take one have in common."""

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

LONGEST_NAME = 120


class SendingForm(ActionForm):
    """A CSV file, chosen or pasted. Neither need be there: a form may know the file from before."""

    file = forms.FileField(label=_("CSV file"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("Or paste it here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "is-code", "spellcheck": "false"}),
        validators=[ProhibitNullCharactersValidator()],
    )

    def sent(self) -> tuple[str, bytes] | None:
        """Name and bytes of what was sent just now; what was pasted has no name. Raises ValidationError TOO_LARGE."""
        upload, most = self.cleaned_data.get("file"), settings.ASORA_IMPORT_MAX_BYTES
        if upload is not None and upload.size > most:
            message = gettext("The file is larger than %(most)s.") % {"most": filesizeformat(most)}
            raise ValidationError(message, code=str(Reason.TOO_LARGE))
        if upload is not None:
            return upload.name[:LONGEST_NAME], upload.read()
        text: str = self.cleaned_data.get("text", "")
        return ("", text.encode(errors="replace")) if text.strip() else None

    def refusal(self) -> Refusal:
        """Why there is nothing to import, by the first thing that is wrong; the door asks."""
        first = next(error for listed in self.errors.as_data().values() for error in listed)
        code = first.code or ""
        reason = Reason(code) if code in Reason.__members__ else Reason.INVALID_INPUT
        return ValidationFailed(" ".join(first.messages), reason=reason)


def nothing_sent() -> ValidationError:
    """What a form says that neither got a file nor knows one."""
    return ValidationError(gettext("Choose a file, or paste its lines."), code=str(Reason.NO_DATA))
