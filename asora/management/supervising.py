"""Running the server and its worker together: a worker that dies is started again, and both end with the server."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

PATIENCE = 15  # seconds to finish work under way, before a process that was asked to stop is killed
BREATH = 2.0  # seconds before a worker that died is started again


def run_together(
    server: Sequence[str], worker: Sequence[str], *, look_after: Callable[[], None] | None = None
) -> int:
    """Run both until the server ends or a stop signal arrives; returns the server's exit status.

    A stop signal (SIGINT, SIGTERM) is passed on to both; the status is then 0. `look_after` runs about every second.
    """
    stop_requested = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stop_requested.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    serving, working = _start(server), _start(worker)
    try:
        for number in itertools.count(1):
            if stop_requested.wait(0.2):
                break
            if look_after is not None and number % 5 == 0:
                look_after()
            if serving.poll() is not None:
                return serving.returncode
            if working.poll() is not None:
                sys.stderr.write(f"The worker ended with status {working.returncode}. It is started again.\n")
                if not stop_requested.wait(BREATH):
                    working = _start(worker)
        return 0
    finally:
        _stop([serving, working])
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command)


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
