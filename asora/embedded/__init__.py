"""The database that comes along: PostgreSQL 18 in a private folder, for development, tests and trying Asora out.

Used only when DATABASE_URL is unset. This package imports the standard library and nothing else, since settings and
manage.py need it before Django exists.
"""

import os
from pathlib import Path

from asora.embedded.cluster import Cluster
from asora.embedded.errors import EmbeddedDatabaseError

__all__ = ["Cluster", "EmbeddedDatabaseError", "default", "url"]

REPOSITORY = Path(__file__).resolve().parents[2]


def default(root: Path = REPOSITORY / ".asora") -> Cluster:
    """The cluster of this checkout, in ``.asora`` at its root; the environment's ASORA_HOME names another folder."""
    return Cluster(Path(os.environ.get("ASORA_HOME") or root))


def url(root: Path = REPOSITORY / ".asora") -> str:
    """The address of that cluster's database, for settings. Nothing is started: manage.py does that."""
    return default(root).url()
