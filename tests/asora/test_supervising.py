"""Server and worker together: a dead worker is replaced, both end with the server, and a stop is passed on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SUPERVISOR = (
    "import sys; from asora.management.supervising import run_together; "
    "sys.exit(run_together({server!r}, {worker!r}))"
)
PATIENCE = 60


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def lives(file: Path) -> list[str]:
    """A process that prints its number and then waits."""
    return python(f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)")


def supervise(server: list[str], worker: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(python(SUPERVISOR.format(server=server, worker=worker)), cwd=REPOSITORY)


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def number_in(file: Path) -> int:
    wait_until(lambda: file.exists() and bool(file.read_text()))
    return int(file.read_text())


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("status", [0, 3])
def test_when_the_server_ends_both_do(tmp_path: Path, status: int) -> None:
    worker = tmp_path / "worker"
    wait = f"while not pathlib.Path({str(worker)!r}).exists(): time.sleep(0.05)"
    together = supervise(python(f"import pathlib, sys, time\n{wait}\nsys.exit({status})"), lives(worker))
    number = number_in(worker)
    assert together.wait(PATIENCE) == status
    assert not is_alive(number)


def test_a_killed_worker_is_started_again_while_the_server_runs(tmp_path: Path) -> None:
    server, worker = tmp_path / "server", tmp_path / "worker"
    together = supervise(lives(server), lives(worker))
    serving, killed = number_in(server), number_in(worker)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: number_in(worker) != killed)
    assert is_alive(serving)
    together.terminate()
    assert together.wait(PATIENCE) == 0
    assert not is_alive(number_in(worker))


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_passed_on(tmp_path: Path, stop_signal: signal.Signals) -> None:
    server, worker = tmp_path / "server", tmp_path / "worker"
    together = supervise(lives(server), lives(worker))
    numbers = number_in(server), number_in(worker)
    together.send_signal(stop_signal)
    assert together.wait(PATIENCE) == 0
    assert [is_alive(number) for number in numbers] == [False, False]
