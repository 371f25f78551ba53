"""The one script: a behaviour that fails leaves the others alone, and none acts on a page that does not ask for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from asora.web.bundles import Bundle
from plans.models import Tenant


def test_a_file_that_fails_does_not_stop_the_others(chromium: Browser, tmp_path: Path) -> None:
    files = {
        "app": 'import "./broken.js";\nimport "./uses_broken.js";\nimport "./works.js";\nimport "./again.js";\n',
        "broken": 'export const number = 1;\nthrow new Error("broken");\n',
        "uses_broken": 'import { number } from "./broken.js";\ndocument.title = `wrong ${number}`;\n',
        "works": 'import { twice } from "./numbers.js";\nconst same = twice(21);\ndocument.title = String(same);\n',
        "numbers": "export function twice(number) { return 2 * number; }\nglobalThis.n = 1 + (globalThis.n ?? 0);\n",
        "again": 'import { twice } from "./numbers.js";\nconst same = twice(1);\ndocument.body.dataset.same = same;\n',
    }
    for name, text in files.items():
        (tmp_path / f"{name}.js").write_text(text)
    context = chromium.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.add_script_tag(content=Bundle(tmp_path / "app.js").text, type="module")
    expect(page.locator("body")).to_have_attribute("data-same", "2")
    assert page.title() == "42"
    assert page.evaluate("[n, typeof twice, typeof modules]") == [1, "undefined", "undefined"]
    context.close()
    assert len(errors) == 2
    assert errors[0] == "broken"


def test_who_is_not_signed_in_leaves_a_form_without_being_asked(
    shop: Tenant, open_as: Callable[..., Page]
) -> None:
    """An address that was typed is nothing to lose; and Ctrl-Enter sends nothing."""
    page = open_as()
    asked: list[str] = []
    sent: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.on("request", lambda request: sent.append(request.method))
    page.goto("/sign-in/")
    page.get_by_label("E-mail").click()
    page.keyboard.type("somebody@example.com")
    page.keyboard.press("Control+Enter")
    page.get_by_role("link", name="Forgot").click()
    page.wait_for_url("**/sign-in/forgot/")
    assert asked == []
    assert "POST" not in sent


def test_who_is_signed_in_is_asked(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("owner")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/vendors/new/")
    page.get_by_label("Code").click()
    page.keyboard.type("V-1")
    page.locator(".breadcrumbs a").first.click()
    page.wait_for_url("**/vendors/")
    assert asked == ["beforeunload"]
