"""Asora, an inventory console for many tenants."""

import re
from pathlib import Path


def _version() -> str:
    """The latest release in CHANGELOG.md, which is the only place with the version; 0.0.0 before the first release."""
    changelog = Path(__file__).resolve().parent.parent / "CHANGELOG.md"
    if not changelog.exists():
        return "0.0.0"
    heading = r"^## \[?v?(\d+\.\d+\.\d+\S*?)\]?(?:\s|$)"
    release = re.search(heading, changelog.read_text(encoding="utf-8"), re.MULTILINE)
    return release[1] if release else "0.0.0"


__version__ = _version()
