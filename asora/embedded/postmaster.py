"""The server process of a data folder, read from its postmaster.pid.

After kill -9 or a restart of the container that file is left behind, and its process id may belong to another program.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PID_FILE = "postmaster.pid"
PROCESS, DATA_FOLDER, SHARED_MEMORY, STATE = 0, 1, 6, 7  # line numbers of the file


@dataclass(frozen=True)
class Postmaster:
    """A running server process: its id and the state it reports (``starting``, ``ready``, ``stopping``)."""

    pid: int
    state: str


def find(data: Path) -> Postmaster | None:
    """The server that is running on this data folder, or None."""
    pid, started_in = _line(data, PROCESS), Path(_line(data, DATA_FOLDER))
    if not pid.isdigit() or f"postgres -D {started_in} " not in f"{_command_line(int(pid))} ":
        return None
    if started_in.exists() and not started_in.samefile(data):
        return None  # this folder is a copy of the one that the server uses
    return Postmaster(pid=int(pid), state=_line(data, STATE) or "starting")


def has_orphans(data: Path) -> bool:
    """Return True if processes of a killed server still use its memory. A second server would then destroy data."""
    memory, segments = _line(data, SHARED_MEMORY), Path("/proc/sysvipc/shm")
    if not memory or not segments.exists():
        return False
    for row in segments.read_text().splitlines()[1:]:
        key, identifier, _, _, _, _, attached, *_ = row.split()
        if [key, identifier] == memory.split():
            return int(attached) > 0
    return False


def forget_strangers(data: Path, *, sockets: Path) -> None:
    """Remove the lock files of a dead server whose process id now belongs to another program.

    PostgreSQL removes such files itself, unless a process with that id is running: then it refuses to start.
    """
    for lock in [data / PID_FILE, *sockets.glob(".s.PGSQL.*.lock")]:
        pid = lock.read_text().partition("\n")[0] if lock.exists() else ""
        if Path("/proc", pid or "-").exists() and find(data) is None:
            lock.unlink()


def _line(data: Path, number: int) -> str:
    """One line of postmaster.pid; empty if it has not been written yet."""
    try:
        lines = (data / PID_FILE).read_text().splitlines()
    except FileNotFoundError:
        return ""
    return lines[number].strip() if number < len(lines) else ""


def _command_line(pid: int) -> str:
    """The command line of a process; empty for a zombie, which ``os.kill(pid, 0)`` reports as running."""
    if not sys.platform.startswith("linux"):
        listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        return subprocess.run(listing, capture_output=True, text=True, check=False).stdout.strip()
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
