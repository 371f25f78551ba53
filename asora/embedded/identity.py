"""As whom PostgreSQL runs. It refuses to run as root, and developers in containers are root.

A normal user runs it directly. Root has two ways, and both work below folders that only root may enter:

- inside a user namespace of its own, where root is nobody but still owns its files;
- as an unprivileged user whom folder permissions do not stop, where containers forbid namespaces.
"""

import os
import pwd
import subprocess
from pathlib import Path

from asora.embedded.errors import EmbeddedDatabaseError

ROOT = 0
IN_NAMESPACE = ["unshare", "--user"]


def owner_of_new_folder() -> int:
    """The user id that a new data folder belongs to."""
    if os.geteuid() != ROOT or _namespaces_work():
        return os.geteuid()
    return pwd.getpwnam("nobody").pw_uid


def prefix(owner: int) -> list[str]:
    """The command that runs a program as the owner of the data folder (a user id)."""
    if os.geteuid() == owner:
        return IN_NAMESPACE if owner == ROOT else []
    if os.geteuid() == ROOT:
        return _stepping_down(owner)
    raise EmbeddedDatabaseError(
        f"The embedded database belongs to user {owner}, and this is user {os.geteuid()}. "
        "Run as that user, or set ASORA_HOME to a folder of your own."
    )


def settle(data: Path) -> int:
    """The data folder's owner, after handing it over if root cannot run PostgreSQL as that owner here."""
    owner = data.stat().st_uid
    usable = owner_of_new_folder()
    if owner != ROOT or usable == ROOT or os.geteuid() != ROOT:
        return owner
    for path in [data, *data.rglob("*")]:
        os.chown(path, usable, usable, follow_symlinks=False)
    return usable


def _namespaces_work() -> bool:
    try:
        probe = subprocess.run([*IN_NAMESPACE, "id", "-u"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return probe.returncode == 0 and probe.stdout.strip() != str(ROOT)


def _stepping_down(owner: int) -> list[str]:
    return [
        "setpriv",
        f"--reuid={owner}",
        f"--regid={owner}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    ]
