"""A real receiver in a process of its own, with TLS by an authority of the tests.

    receiver.url("/hook")             its address; allowed and trusted in the test's process
    receiver.behave("error")          from now on; receiver.behave("good", first=["error", "good"]): for the next two
    receiver.received()               every request that it got, oldest first, also after it was killed
    receiver.kill(); receiver.start() the same address and record
    receiver.environment              what another process (a worker, a command) needs to reach it

`server.KINDS` lists the behaviours.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integrations.receiver import certificates, server

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Received:
    """One request as the receiver got it. `headers`: by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    behaviour: str
    at: float

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Receiver:
    """The receiver's process, its behaviour and its record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        certificates.write(folder)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self._behaviours = 0
        self.reset()

    @property
    def host(self) -> str:
        """Its name, for which its certificate is good."""
        return certificates.HOST

    @property
    def ca_file(self) -> str:
        """The file with the authority to trust."""
        return str(self.folder / "ca.pem")

    @property
    def allowed(self) -> frozenset[tuple[str, int]]:
        """What `settings.ASORA_OUTBOUND_ALLOWED` must be."""
        return frozenset({(self.host, self.port)})

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which another process of the product reaches it."""
        return {
            "ASORA_OUTBOUND_ALLOWED": f"{self.host}:{self.port}",
            "ASORA_OUTBOUND_CA_FILE": self.ca_file,
        }

    def url(self, path: str = "/") -> str:
        """The address of one of its paths."""
        return f"https://{self.host}:{self.port}{path}"

    def behave(
        self,
        kind: str,
        *,
        first: Sequence[str] = (),
        at: Mapping[str, str] | None = None,
        seconds: float = 20.0,
        status: int = 500,
        body: str = "",
    ) -> None:
        """Behave like `kind` from now on.

        `first`: the kinds for the next requests. `at`: kinds by path. `seconds`: how long "slow" waits. `status` and
        `body`: what "status" answers. Kinds of certificates and connections have an effect on new connections only.
        """
        assert {kind, *first, *(at or {}).values()} <= server.KINDS
        self._behaviours += 1
        wanted = {
            "kind": kind,
            "first": list(first),
            "at": dict(at or {}),
            "seconds": seconds,
            "status": status,
            "body": body,
            "number": self._behaviours,
        }
        fresh = self.folder / "behaviour.new"
        fresh.write_text(json.dumps(wanted))
        fresh.rename(self.folder / "behaviour.json")

    def received(self) -> list[Received]:
        """Everything that it got since the last `reset`, oldest first."""
        return [
            Received(
                method=line["method"],
                path=line["path"],
                headers={name.lower(): value for name, value in line["headers"]},
                body=base64.b64decode(line["body"]),
                behaviour=line["behaviour"],
                at=line["at"],
            )
            for line in map(json.loads, (self.folder / "received.jsonl").read_text().splitlines())
        ]

    def wait_for(self, amount: int) -> list[Received]:
        """Wait until it got so many requests."""
        end = time.monotonic() + PATIENCE
        while len(got := self.received()) < amount:
            assert time.monotonic() < end, f"{len(got)} requests came instead of {amount}"
            time.sleep(0.01)
        return got

    def connections(self) -> int:
        """How many connections were opened since the last `reset`."""
        return (self.folder / "connections").stat().st_size

    def start(self) -> None:
        """Start it, unless it is running."""
        if self.is_running:
            return
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.integrations.receiver.server",
                    str(self.folder),
                    str(self.port),
                ],
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.is_running, (self.folder / "log").read_text()
            assert time.monotonic() < end, "it did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        """kill -9, in whatever it is doing. What it got so far stays in its record."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def reset(self) -> None:
        """Good behaviour, and an empty record."""
        for name in ("received.jsonl", "connections"):
            (self.folder / name).open("w").close()
        self.behave("good")

    @property
    def is_running(self) -> bool:
        """Returns True if its process lives."""
        return self._process is not None and self._process.poll() is None

    def _answers(self) -> bool:
        before = self.connections()
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        end = time.monotonic() + PATIENCE
        while self.connections() == before and time.monotonic() < end:
            time.sleep(0.005)
        with (self.folder / "connections").open("r+b") as counted:
            counted.truncate(before)
        return True


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Receiver]:
    """A receiver that is killed at the end."""
    made = Receiver(folder)
    made.start()
    try:
        yield made
    finally:
        made.kill()
