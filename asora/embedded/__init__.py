"""The database that comes along: PostgreSQL 18 in a private folder, for developing, testing and trying Asora.

Used only when DATABASE_URL is unset. This package imports the standard library and nothing else, since
manage.py needs it before Django is set up.
"""

import os
from pathlib import Path

from asora.embedded.cluster import Cluster
from asora.embedded.errors import EmbeddedDatabaseError

__all__ = ["Cluster", "EmbeddedDatabaseError", "default", "home", "url"]

REPOSITORY = Path(__file__).resolve().parents[2]


def home() -> Path:
    """Where this checkout keeps what it makes up for itself: ``.asora`` at its root, or ASORA_HOME."""
    return Path(os.environ.get("ASORA_HOME") or REPOSITORY / ".asora")


def default() -> Cluster:
    """The cluster of this checkout, in its home."""
    return Cluster(home())


def url() -> str:
    """The address of its database, for settings. Nothing is started: manage.py does that."""
    return default().url()
