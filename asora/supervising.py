"""Several processes as one: they start together, and when one ends, all do."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Sequence
from types import FrameType

PATIENCE = 15  # seconds for what is under way, before a process that was asked to stop is killed


def run_together(commands: Sequence[Sequence[str]]) -> int:
    """Run commands until the first of them ends or we are told to stop; returns the status of the one that ended.

    A stop (SIGINT, SIGTERM) is passed on and answered with 0.
    """
    told_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told_to_stop.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    running = [subprocess.Popen(command) for command in commands]
    try:
        while not told_to_stop.wait(0.2):
            for process in running:
                if process.poll() is not None:
                    return process.returncode
        return 0
    finally:
        _stop(running)
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
