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
REFUSED = {"message": "This request has no valid feed token.", "details": {"remedy": "Send the token."}}


def line(number: int) -> bytes:
    return json.dumps({"id": f"event-{number}", "asoranumber": str(number)}).encode() + b"\n"


def received(folder: Path, *numbers: int, rest: bytes = b"") -> Path:
    path = folder / "received.jsonl"
    path.write_bytes(b"".join(map(line, numbers)) + rest)
    return path


def run(*arguments: Path | str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", GAP_CHECKER, *arguments],
        capture_output=True, text=True, env={"ASORA_TOKEN": token}, timeout=60, check=False,
    )  # fmt: skip


def find(path: Path, *address: str) -> tuple[int, str]:
    done = run(path, *address)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.strip()


def fault(*arguments: Path | str, token: str = TOKEN) -> str:
    """What the program says about a mistake: one line, and no line on its output."""
    done = run(*arguments, token=token)
    assert (done.returncode, done.stdout) == (1, "")
    (text,) = done.stderr.splitlines()
    return text


def numbers_of(path: Path) -> list[int]:
    return [int(json.loads(text)["asoranumber"]) for text in path.read_bytes().splitlines()]


@pytest.fixture
def feed() -> Iterator[str]:
    """The address of a feed with the numbers 1 to 10, in pages of three."""

    class Feed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.answer(401, json.dumps(REFUSED).encode())
                return
            if "/feed" not in self.path:
                self.answer(200 if "page" in self.path else 502, b"<h1>A page</h1>\n")
                return
            query = parse_qs(urlsplit(self.path).query)
            after = int(query["after"][0])
            assert query.get("seen", [f"event-{after}"]) == [f"event-{after}"]
            body = b"".join(line(number) for number in range(after + 1, min(after + PAGE, 10) + 1))
            self.answer(200, body)

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
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
    assert len([text for text in body.splitlines() if text.strip()]) <= 60
    assert "import urllib.request" in source


@pytest.mark.parametrize(
    ("numbers", "status", "says"),
    [
        ((1, 2, 3), 0, "no gaps up to 3"),
        ((2, 1, 3, 2), 0, "no gaps up to 3"),
        ((1, 3, 6), 1, "missing: [2, 4, 5]"),
        ((57, 58, 60), 1, "missing: [59]"),
        ((), 0, "no gaps up to 0"),
    ],
)
def test_it_reports_missing_numbers(tmp_path, numbers, status, says) -> None:
    assert find(received(tmp_path, *numbers)) == (status, says)


@pytest.mark.parametrize("numbers", [(), (1,), (2, 5, 9), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), (10,), (1, 10)])
def test_it_fetches_what_is_missing_each_once(tmp_path, feed, numbers) -> None:
    path = received(tmp_path, *numbers)
    assert find(path, feed) == (0, "complete up to 10")
    assert sorted(numbers_of(path)) == list(range(min(numbers, default=1), 11))
    assert find(path) == (0, "no gaps up to 10")


def test_a_line_that_was_cut_off_is_fetched_again(tmp_path, feed) -> None:
    path = received(tmp_path, 1, 2, rest=line(3)[:9])
    assert find(path, feed) == (0, "complete up to 10")
    assert numbers_of(path) == list(range(1, 11))


def test_without_an_address_it_changes_nothing(tmp_path) -> None:
    path = received(tmp_path, 1, 2, rest=line(3)[:9])
    path.chmod(0o400)
    before = path.read_bytes()
    assert find(path) == (0, "no gaps up to 2")
    assert path.read_bytes() == before


def test_a_file_that_does_not_exist_is_an_error_and_is_not_made(tmp_path) -> None:
    assert "No such file" in fault(tmp_path / "none.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_the_address_may_be_the_one_that_the_page_shows(tmp_path, feed) -> None:
    assert find(received(tmp_path, 1, 4), f"{feed}?after=0") == (0, "complete up to 10")


def test_each_mistake_is_explained_in_one_line(tmp_path, feed) -> None:
    path = received(tmp_path, 1, 4)
    before = path.read_bytes()
    said = fault(path, feed, token="wrong")
    assert said == "refused: This request has no valid feed token. Send the token."
    assert "export ASORA_TOKEN" in fault(path, feed, token="")
    assert "502" in fault(path, feed.replace("/feed", "/nowhere"))
    assert "line 1 of the answer" in fault(path, feed.replace("/feed", "/page"))
    assert fault(path, "FEED_ADDRESS").startswith("error: ")
    assert path.read_bytes() == before
    (tmp_path / "other.txt").write_text("no payload\n")
    assert "line 1 of" in fault(tmp_path / "other.txt")
    fault(tmp_path / "new.jsonl", feed, token="")
    assert not (tmp_path / "new.jsonl").exists()


def test_without_arguments_it_says_how_it_is_used() -> None:
    done = run()
    assert done.returncode == 1
    assert "https://<your host>/integrations/feed" in done.stderr
