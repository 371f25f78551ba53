"""What is done on the pages of people before they are looked at. May be done once more, wherever it stopped."""

from __future__ import annotations

import re
import time
from urllib.parse import urljoin

from django.core import mail
from playwright.sync_api import Page

from asora import embedded

INVITED = "Ada Nilsson"
ADDRESS = "ada.nilsson@example.com"
LINK = re.compile(r"http://\S+/invitation/\S+")


def newest_link() -> str:
    """The link in the mail that was sent last: of the tests' outbox, or of the folder that photographs send to."""
    if hasattr(mail, "outbox"):
        return LINK.findall(mail.outbox[-1].body)[-1]
    for _ in range(50):
        if files := sorted((embedded.home() / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime):
            return LINK.findall(files[-1].read_text())[-1]
        time.sleep(0.1)
    raise TimeoutError("no mail was sent")


def type_invitation(page: Page, *, name: str, email: str, role: str) -> None:
    """Invites a person with a role; by the name of the role's field."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.locator(f"[name=role][value={role}]").check()


def invite(page: Page, role: str = "viewer") -> None:
    """Ada is invited; if she already was, the mail is sent again."""
    page.goto(urljoin(page.url, "/settings/staff/"))
    if page.get_by_role("link", name=INVITED).count():
        page.get_by_role("link", name=INVITED).click()
        page.get_by_role("button", name="Send again").click()
    else:
        page.get_by_role("link", name="Invite somebody").click()
        type_invitation(page, name=INVITED, email=ADDRESS, role=role)
        page.get_by_role("button", name="Send the invitation").click()
    page.get_by_text("The invitation was sent.").wait_for()


def see_invitation(page: Page) -> None:
    """The page of an invitation."""
    invite(page)
    page.get_by_role("link", name=INVITED).click()
    page.get_by_role("button", name="Withdraw").wait_for()


def open_link(page: Page) -> None:
    """What the mail's link opens."""
    invite(page)
    page.goto(newest_link())


def refuse_acceptance(page: Page) -> None:
    """Two different passwords."""
    open_link(page)
    page.locator("[name=password]").fill("a long enough secret")
    page.locator("[name=again]").fill("another long secret")
    page.get_by_role("button", name="Choose this password").click()
    page.get_by_role("alert").wait_for()


def invite_operator(page: Page) -> None:
    """The same on the public host."""
    invite(page, role="operator")


def choose_places(page: Page) -> None:
    """Some hubs only: then they are ticked."""
    page.locator("[name=where][value=some]").check()
    page.locator("[name=hubs]").first.check()


def refuse_invitation(page: Page) -> None:
    """An address that somebody has already, no role, no hub."""
    page.get_by_label("Name").fill("Ada Nilsson")
    page.get_by_label("E-mail").fill("no address")
    page.locator("[name=where][value=some]").check()
    page.get_by_role("button", name="Send the invitation").click()
    page.get_by_role("alert").wait_for()


def open_person(page: Page, *, role: str = "viewer") -> None:
    """The page of the person with a role."""
    page.goto(urljoin(page.url, f"/settings/staff/?role={role}"))
    page.locator("#listing .row-link").first.click()
    page.get_by_role("heading", name="Permissions").wait_for()


def open_role(page: Page) -> None:
    """Change the person's role."""
    open_person(page)
    page.get_by_role("link", name="Change role").click()
    page.locator("[name=role]").first.wait_for()


def try_role(page: Page) -> None:
    """The result of another role on the last 90 days, below the form: for somebody who has done much."""
    open_person(page, role="owner")
    page.get_by_role("link", name="Change role").click()
    page.locator("[name=role][value=viewer]").check()
    page.get_by_role("button", name="Try it on the last 90 days").click()
    page.locator("#result").wait_for()


def try_role_model(page: Page) -> None:
    """The result of another role model."""
    page.get_by_role("button", name="Try it on the last 90 days").click()
    page.locator("#result").wait_for()


def open_hubs(page: Page) -> None:
    """Change the person's hubs."""
    open_person(page)
    page.get_by_role("link", name="Change hubs").click()
    choose_places(page)


def open_tenants(page: Page) -> None:
    """Other tenants for an operator."""
    open_person(page, role="operator")
    page.get_by_role("link", name="Change tenants").click()
    choose_places(page)


def ask_to_deactivate(page: Page) -> None:
    """The question before a person is deactivated."""
    open_person(page)
    page.get_by_role("link", name="Deactivate").click()
    page.get_by_role("heading", name="Deactivate").wait_for()


def ask_to_erase(page: Page) -> None:
    """The question before a person is erased, without the tick."""
    open_person(page)
    page.get_by_role("link", name="Erase").click()
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_text("This cannot be undone.").first.wait_for()


def refuse_last_owner(page: Page) -> None:
    """The only owner tries to deactivate themselves."""
    open_person(page, role="owner")
    page.get_by_role("link", name="Deactivate").click()
    page.get_by_label("Yes, change my own account").check()
    page.get_by_role("button", name="Deactivate").click()
    page.locator(".refusal").wait_for()
