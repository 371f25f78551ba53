"""The samples that receivers copy to verify signatures, run as programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from integrations.signatures.samples import FOLDER

#: The program that runs a sample, and the Debian package that has it.
NEEDED = {
    "python": ("", ""),
    "javascript": ("node", "nodejs"),
    "go": ("go", "golang-go"),
    "shell": ("openssl", "openssl"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sample said."""

    code: int
    output: str
    errors: str

    @property
    def is_valid(self) -> bool:
        """Return True if the sample accepted the payload. A crash is neither valid nor refused."""
        return self.code == 0 and self.output.startswith("valid:")

    @property
    def is_refused(self) -> bool:
        """Return True if the sample refused the payload for what it is."""
        return self.code == 1 and self.errors.startswith("refused:") and not self.output


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample in one language."""

    language: str
    command: list[str]
    folder: Path

    def verify(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *keys: str,
        environment: Mapping[str, str] | None = None,
    ) -> Verdict:
        """Write both files and run the program."""
        (self.folder / "headers").write_text(
            "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        )
        (self.folder / "body").write_bytes(body)
        done = subprocess.run(
            [*self.command, str(self.folder / "headers"), str(self.folder / "body")],
            env=os.environ | {"WEBHOOK_KEYS": " ".join(keys)} | (environment or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Verdict(code=done.returncode, output=done.stdout, errors=done.stderr)


def require(language: str) -> None:
    """Skip the test if the language is not installed here; in continuous integration, fail."""
    program, package = NEEDED[language]
    if not program or shutil.which(program):
        return
    reason = f"the sample in {language} is not tested: install Debian's package {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def build_go(folder: Path) -> Path:
    """The Go sample as a program."""
    program = folder / "verify"
    # Its cache is kept in the folder, since a home folder may be missing.
    environment = os.environ | {
        "GOCACHE": str(folder / "cache"),
        "GOPATH": str(folder / "path"),
        "GO111MODULE": "off",
    }
    subprocess.run(
        ["go", "build", "-o", str(program), str(FOLDER / "verify.go")], env=environment, check=True
    )
    return program


COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "python": lambda folder: [sys.executable, str(FOLDER / "verify.py")],
    "javascript": lambda folder: ["node", str(FOLDER / "verify.mjs")],
    "go": lambda folder: [str(build_go(folder))],
    "shell": lambda folder: ["sh", str(FOLDER / "verify.sh")],
}
