"""What is true about the server process of a data folder, told from its postmaster.pid.

After kill -9 or a restarted container that file is left behind, and its process id may be a stranger's.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PID_FILE = "postmaster.pid"
PROCESS, DATA_FOLDER, SHARED_MEMORY, STATE = 0, 1, 6, 7  # its lines


@dataclass(frozen=True)
class Postmaster:
    """A living server process: its id and the state it reports (``starting``, ``ready``, ``stopping``)."""

    pid: int
    state: str


def find(data: Path) -> Postmaster | None:
    """The server that runs on this data folder, or None."""
    pid, started_in = _line(data, PROCESS), Path(_line(data, DATA_FOLDER))
    if not pid.isdigit() or f"postgres -D {started_in} " not in f"{_command_line(int(pid))} ":
        return None
    if started_in.exists() and not started_in.samefile(data):
        return None  # this folder is a copy of the one that is being served
    return Postmaster(pid=int(pid), state=_line(data, STATE) or "starting")


def has_orphans(data: Path) -> bool:
    """Whether processes of a killed server still use its memory. A server beside them would destroy data."""
    held, segments = _line(data, SHARED_MEMORY), Path("/proc/sysvipc/shm")
    if not held or not segments.exists():
        return False
    for row in segments.read_text().splitlines()[1:]:
        key, identifier, _, _, _, _, attached, *_ = row.split()
        if [key, identifier] == held.split():
            return int(attached) > 0
    return False


def forget_strangers(data: Path, *, sockets: Path) -> None:
    """Remove the lock files of a dead server whose process id somebody else has by now.

    PostgreSQL removes such files itself, except when a process of that id lives: then it refuses to start.
    """
    for lock in [data / PID_FILE, *sockets.glob(".s.PGSQL.*.lock")]:
        pid = lock.read_text().partition("\n")[0] if lock.exists() else ""
        if Path("/proc", pid or "-").exists() and find(data) is None:
            lock.unlink()


def _line(data: Path, number: int) -> str:
    """One line of postmaster.pid; empty when it is not written yet."""
    try:
        lines = (data / PID_FILE).read_text().splitlines()
    except FileNotFoundError:
        return ""
    return lines[number].strip() if number < len(lines) else ""


def _command_line(pid: int) -> str:
    """The process's command line; empty for a zombie, which ``os.kill(pid, 0)`` takes for alive."""
    if not sys.platform.startswith("linux"):
        listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        return subprocess.run(listing, capture_output=True, text=True, check=False).stdout.strip()
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
