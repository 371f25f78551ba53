"""The program that finds missing payloads: alone with a file, and with a feed that it fetches them from."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.feed.views.pages import GAP_CHECKER

TOKEN = "asora_feed_of_this_test"
PAGE = 3


def line(number: int) -> bytes:
    return json.dumps({"id": f"event-{number}", "asoranumber": str(number)}).encode() + b"\n"


def received(folder: Path, *numbers: int, rest: bytes = b"") -> Path:
    path = folder / "received.jsonl"
    path.write_bytes(b"".join(map(line, numbers)) + rest)
    return path


def find(path: Path, *address: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", GAP_CHECKER, path, *address],
        capture_output=True, text=True, env={"ASORA_TOKEN": TOKEN}, timeout=60, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.strip()


def numbers_of(path: Path) -> list[int]:
    return [int(json.loads(text)["asoranumber"]) for text in path.read_bytes().splitlines()]


@pytest.fixture
def feed() -> Iterator[str]:
    """The address of a feed with the numbers 1 to 10, in pages of three."""

    class Feed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            query = parse_qs(urlsplit(self.path).query)
            after = int(query["after"][0])
            assert query.get("seen", [f"event-{after}"]) == [f"event-{after}"]
            body = b"".join(line(number) for number in range(after + 1, min(after + PAGE, 10) + 1))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/integrations/feed"
    server.shutdown()
    server.server_close()


def test_it_is_short_and_needs_only_python() -> None:
    source = GAP_CHECKER.read_text()
    body = source.split('"""', 2)[2]
    assert len([text for text in body.splitlines() if text.strip()]) <= 45
    assert "import urllib.request" in source


@pytest.mark.parametrize(
    ("numbers", "status", "says"),
    [
        ((1, 2, 3), 0, "complete up to 3"),
        ((2, 1, 3, 2), 0, "complete up to 3"),
        ((1, 3, 6), 1, "missing: [2, 4, 5]"),
        ((57, 58, 60), 1, "missing: [59]"),
        ((), 0, "complete up to 0"),
    ],
)
def test_it_reports_missing_numbers(tmp_path, numbers, status, says) -> None:
    assert find(received(tmp_path, *numbers)) == (status, says)


@pytest.mark.parametrize("numbers", [(), (1,), (2, 5, 9), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), (10,), (1, 10)])
def test_it_fetches_what_is_missing_each_once(tmp_path, feed, numbers) -> None:
    path = received(tmp_path, *numbers)
    assert find(path, feed) == (0, "complete up to 10")
    assert sorted(numbers_of(path)) == list(range(min(numbers, default=1), 11))
    assert find(path) == (0, "complete up to 10")


def test_a_line_that_was_cut_off_is_fetched_again(tmp_path, feed) -> None:
    path = received(tmp_path, 1, 2, rest=line(3)[:9])
    assert find(path, feed) == (0, "complete up to 10")
    assert numbers_of(path) == list(range(1, 11))
