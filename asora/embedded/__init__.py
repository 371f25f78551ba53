"""The embedded database: PostgreSQL 18 in a private folder, for developing, testing and trying Asora.

Used only when DATABASE_URL is unset. This package imports only the standard library, because
manage.py needs it before Django is set up.
"""

import os
from pathlib import Path

from asora.embedded.cluster import Cluster
from asora.embedded.errors import EmbeddedDatabaseError

__all__ = ["Cluster", "EmbeddedDatabaseError", "default", "home", "url"]

REPOSITORY = Path(__file__).resolve().parents[2]


def home() -> Path:
    """The folder for files that this checkout generates: ``.asora`` at its root, or ASORA_HOME."""
    return Path(os.environ.get("ASORA_HOME") or REPOSITORY / ".asora")


def default() -> Cluster:
    """The cluster of this checkout, in its home folder."""
    return Cluster(home())


def url() -> str:
    """The URL of its database, for settings. Does not start the server: manage.py does that."""
    return default().url()
