"""Programs that verify a payload, for receivers to copy: one file for each language, with one contract.

They import nothing of Asora. Tests run each of them against signatures that Asora makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Sample:
    """One program: its file, its language, and what it needs."""

    file: str
    language: str
    content_type: str
    command: str
    needs: str | Promise

    @property
    def source(self) -> str:
        """The text of the program."""
        return (FOLDER / self.file).read_text()


SAMPLES: dict[str, Sample] = {
    sample.file: sample
    for sample in (
        Sample(
            file="verify.py",
            language="Python",
            content_type="text/x-python",
            command="python3 verify.py headers body",
            needs=_("Python 3.8 or newer. A public key also needs the package cryptography."),
        ),
        Sample(
            file="verify.mjs",
            language="JavaScript",
            content_type="text/javascript",
            command="node verify.mjs headers body",
            needs=_("Node.js 18 or newer, and no package."),
        ),
        Sample(
            file="verify.go",
            language="Go",
            content_type="text/x-go",
            command="go run verify.go headers body",
            needs=_("Go 1.18 or newer, and no module."),
        ),
        Sample(
            file="verify.sh",
            language="Shell",
            content_type="text/x-shellscript",
            command="sh verify.sh headers body",
            needs=_("A POSIX shell and openssl 3."),
        ),
    )
}
