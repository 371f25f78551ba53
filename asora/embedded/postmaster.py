"""What is true about the server process of a data folder, told from its postmaster.pid.

After kill -9 or a restarted container that file is left behind, and its process id may belong to a stranger by now.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PID_FILE = "postmaster.pid"


@dataclass(frozen=True)
class Postmaster:
    """A living server process: its id and the state it reports (``starting``, ``ready``, ``stopping``)."""

    pid: int
    state: str


def find(data: Path) -> Postmaster | None:
    """The server that runs on this data folder, or None."""
    lines = _pid_file(data)
    if not lines:
        return None
    pid, started_in = int(lines[0]), Path(lines[1])
    if f"postgres -D {started_in} " not in f"{_command_line(pid)} ":
        return None
    if started_in.exists() and not started_in.samefile(data):
        return None  # this folder is a copy of the one that is being served
    return Postmaster(pid=pid, state=lines[7].strip() if len(lines) > 7 else "starting")


def has_orphans(data: Path) -> bool:
    """Whether processes of a killed server still hold its shared memory. A second server now would destroy data."""
    lines, segments = _pid_file(data), Path("/proc/sysvipc/shm")
    if len(lines) < 7 or not segments.exists():
        return False
    for row in segments.read_text().splitlines()[1:]:
        key, identifier, _, _, _, _, attached, *_ = row.split()
        if [key, identifier] == lines[6].split():
            return int(attached) > 0
    return False


def clear(data: Path, *, sockets: Path) -> None:
    """Remove what a killed server left behind. Only Linux lets us prove that it is dead; elsewhere PostgreSQL decides."""
    if not sys.platform.startswith("linux"):
        return
    for remains in [data / PID_FILE, *sockets.glob(".s.PGSQL.*")]:
        remains.unlink(missing_ok=True)


def _pid_file(data: Path) -> list[str]:
    try:
        lines = (data / PID_FILE).read_text().splitlines()
    except FileNotFoundError:
        return []
    return lines if len(lines) > 1 and lines[0].isdigit() else []


def _command_line(pid: int) -> str:
    """The process's command line; empty when it is gone or a zombie, which ``os.kill(pid, 0)`` would not tell."""
    if not sys.platform.startswith("linux"):
        listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        return subprocess.run(listing, capture_output=True, text=True, check=False).stdout.strip()
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
