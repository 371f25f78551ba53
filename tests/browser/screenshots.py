"""Screenshots of every page, for people to look at: `python -m tests.browser.screenshots FOLDER [name …]`.

Starts the product on a database of its own (ASORA_HOME) with the demo's data and leaves it as it was, but for what
looking at it leaves in the audit trail.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, sync_playwright
from pyotp import TOTP

from asora import embedded
from tests.browser.chromium import launch
from tests.browser.page_states import security
from tests.browser.pages import PAGES, Shown

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = {1440: 900, 820: 1180, 390: 844}
TENANT = "birch"
SETTLING = 200  # milliseconds that colours take to change in Django's admin
PATIENCE = 120  # seconds until the product answers


@contextlib.contextmanager
def product() -> Iterator[int]:
    """The product with its demo tenants; yields the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    mail = {"ASORA_MAIL": "file", "ASORA_MAIL_FOLDER": str(embedded.home() / "mail")}
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, **mail})
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
            return
        time.sleep(0.2)
    raise TimeoutError("the product does not answer")


def photograph(folder: Path, names: Sequence[str]) -> None:
    """Every page, or the named ones, at three widths, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [shown for shown in PAGES if not names or shown.name in names]
    roles = sorted({shown.role for shown in wanted})
    kept: dict[str, StorageState] = {}
    with product() as port, sync_playwright() as playwright:
        for role in {shown.role for shown in wanted if shown.is_public and shown.role}:
            _forget_app("public", f"{role}@asora.example")
        _forget_app(TENANT, f"staff@{TENANT}.example")
        security.VISITOR |= {
            "host": "asora.example",
            "password": _demo_password(),
            "with_app": f"staff@{TENANT}.example",
        }
        browser = launch(playwright)
        for width, height in WIDTHS.items():
            for role in roles:
                mine = [shown for shown in wanted if shown.role == role]
                _photograph_as(browser, role, mine, folder=folder, port=port, size=(width, height), kept=kept)
        browser.close()


def _photograph_as(
    browser: Browser,
    role: str,
    pages: Sequence[Shown],
    *,
    folder: Path,
    port: int,
    size: tuple[int, int],
    kept: dict[str, StorageState],
) -> None:
    """`kept`: the sessions of those who have signed in already, for a code is good once."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=width < 1440,
        is_mobile=width < 1440,
        reduced_motion="reduce",
        base_url=f"http://{TENANT}.localhost:{port}",
        storage_state=kept.get(role),
    )
    page = context.new_page()
    is_signed_in = not role or role in kept
    for shown in pages:
        host = "localhost" if shown.is_public else f"{TENANT}.localhost"
        address = f"http://{host}:{port}"
        if not is_signed_in:
            _sign_in(page, address, f"{role}@{'asora' if shown.is_public else TENANT}.example")
            is_signed_in = True
            kept[role] = context.storage_state()
        page.goto(address + shown.path, wait_until="networkidle")
        if shown.then:
            shown.then(page)
        page.evaluate("scrollTo(0, 0)")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_timeout(SETTLING)
            page.screenshot(path=folder / f"{shown.name}-{width}-{theme}.png", full_page=True)
        page.emulate_media(color_scheme="light")
    context.close()


def _sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(_demo_password())
    page.get_by_role("button", name="Sign in").click()
    if "sign-in/app" in page.url:
        _set_up_app(page)
    page.wait_for_url(lambda url: "sign-in" not in url)


def _demo_password() -> str:
    return (embedded.home() / "demo_password").read_text().strip()


def _forget_app(tenant: str, email: str) -> None:
    """So that signing in begins with setting it up; nothing to do on a new database."""
    command = [sys.executable, "manage.py", "reset_second_factor", tenant, email]
    subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _set_up_app(page: Page) -> None:
    """As an operator does at the first sign-in."""
    secret = page.locator(".key code").inner_text().replace(" ", "")
    page.locator("[name=one_time_code]").fill(TOTP(secret).now())
    page.get_by_role("button", name="Set up and sign in").click()
    page.get_by_role("link", name="continue").click()


if __name__ == "__main__":
    if len(sys.argv) < 2 or os.environ.get("DATABASE_URL"):
        sys.exit("usage: python -m tests.browser.screenshots FOLDER [name …], without DATABASE_URL")
    photograph(Path(sys.argv[1]), sys.argv[2:])
