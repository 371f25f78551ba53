"""Headers for the server itself: none of them changes the URLs that Asora generates."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import get_script_name
from django.urls import clear_script_prefix, set_script_prefix

from asora.accounts.sign_in import mail

REPOSITORY = Path(__file__).resolve().parents[2]
ECHO = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr({name: environ.get(name) for name in ("SCRIPT_NAME", "wsgi.url_scheme")}).encode()]
"""
LINK = re.compile(r"https?://\S+")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A gunicorn that is started in the repository's folder and prints the environment of a request."""
    (tmp_path / "echo.py").write_text(ECHO)
    listener = socket.create_server(("127.0.0.1", 0))
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "echo",
        "--pythonpath",
        str(tmp_path),
        "--log-level",
        "critical",
    ]
    server = subprocess.Popen(
        [*command, "--bind", f"fd://{listener.fileno()}"], cwd=REPOSITORY, pass_fds=[listener.fileno()]
    )
    yield listener.getsockname()[1]
    server.terminate()
    server.wait(20)
    listener.close()


def say(port: int, request: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer.decode()


def test_no_header_becomes_a_prefix_or_a_scheme(port: int) -> None:
    answer = say(
        port,
        "GET /bent/sign-in/ HTTP/1.1\nHost: acacia.localhost\nConnection: close\n"
        "SCRIPT_NAME: /bent\nX-Forwarded-Proto: https\nX-Forwarded-Ssl: on\n\n",
    )
    assert "200 OK" in answer
    assert "{'SCRIPT_NAME': '', 'wsgi.url_scheme': 'http'}" in answer


@pytest.mark.parametrize(
    "bent",
    [
        {"SCRIPT_NAME": "@evil.example"},
        {"SCRIPT_NAME": "//evil.example"},
        {"HTTP_SCRIPT_NAME": "@evil.example"},
        {"HTTP_HOST": "acacia.localhost:1337"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_PREFIX": "/@evil.example"},
        {"wsgi.url_scheme": "ftp"},
    ],
    ids=str,
)
def test_a_reset_link_leads_to_the_tenants_own_host(
    acacia: Any, client_as: Any, mailoutbox: Any, bent: dict[str, str]
) -> None:
    set_script_prefix(
        get_script_name({"PATH_INFO": "/sign-in/forgot/"} | bent)
    )  # as the handler of a server does
    try:
        client_as().post("/sign-in/forgot/", {"email": "owner@example.com"}, **bent)
    finally:
        clear_script_prefix()
    deadline = time.monotonic() + 30
    while not mailoutbox and time.monotonic() < deadline:
        time.sleep(0.05)
    [link] = LINK.findall(mailoutbox[0].body)
    assert re.fullmatch(r"http://acacia\.localhost/[a-z][^@?#]+/", link), link
    assert "evil" not in link


@pytest.mark.parametrize("path", ["", "x/", "//evil.example/", "/\\evil.example/", "@evil.example/x/"])
def test_a_link_needs_a_path_of_ours(acacia: Any, path: str) -> None:
    with pytest.raises(ValueError, match="one slash"):
        mail.link(acacia, path)
