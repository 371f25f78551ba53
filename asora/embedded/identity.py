"""The user that runs PostgreSQL. PostgreSQL refuses to run as root, and developers in containers are root.

A normal user runs it directly. Root has two ways, and both work below folders that only root can enter:

- in a user namespace of its own, where the process is not root but still owns its files;
- where containers forbid namespaces, as an unprivileged user that may ignore folder permissions.
"""

import os
import pwd
import subprocess
from pathlib import Path

from asora.embedded.errors import EmbeddedDatabaseError

ROOT = 0
IN_NAMESPACE = ["unshare", "--user"]


def owner_of_new_folder() -> int:
    """The user id of the owner of a new data folder."""
    if os.geteuid() != ROOT or _namespaces_work():
        return os.geteuid()
    return pwd.getpwnam("nobody").pw_uid


def prefix(owner: int) -> list[str]:
    """The command prefix that runs a program as the owner of the data folder (a user id)."""
    if os.geteuid() == owner:
        return IN_NAMESPACE if owner == ROOT else []
    if os.geteuid() == ROOT:
        return _stepping_down(owner)
    raise EmbeddedDatabaseError(
        f"The embedded database belongs to user {owner}, but this is user {os.geteuid()}. "
        "Run as that user, or set ASORA_HOME to a folder of your own."
    )


def settle(data: Path) -> int:
    """The data folder's owner. If root cannot run PostgreSQL as that owner here, changes the owner first."""
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
