"""Several processes as one: what ends one ends all, and a stop is passed on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SUPERVISOR = "import sys; from asora.supervising import run_together; sys.exit(run_together({commands!r}))"
PATIENCE = 60


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def lives(file: Path) -> list[str]:
    """A process that says its number and then waits."""
    return python(f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)")


def supervise(*commands: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(python(SUPERVISOR.format(commands=list(commands))), cwd=REPOSITORY)


def number_in(file: Path) -> int:
    end = time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < end, "it did not start"
        time.sleep(0.05)
    return int(file.read_text())


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("status", [0, 3])
def test_when_one_ends_all_do(tmp_path: Path, status: int) -> None:
    other = tmp_path / "other"
    wait = f"while not pathlib.Path({str(other)!r}).exists(): time.sleep(0.05)"
    ends = python(f"import pathlib, sys, time\n{wait}\nsys.exit({status})")
    together = supervise(lives(other), ends)
    number = number_in(other)
    assert together.wait(PATIENCE) == status
    assert not is_alive(number)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_passed_on(tmp_path: Path, told: signal.Signals) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    together = supervise(lives(one), lives(two))
    numbers = number_in(one), number_in(two)
    together.send_signal(told)
    assert together.wait(PATIENCE) == 0
    assert [is_alive(number) for number in numbers] == [False, False]
