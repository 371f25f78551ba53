"""Templates: each says what it needs, none carries script or style, every icon exists, every text can be translated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((REPOSITORY / "templates").rglob("*.html"))
ICON = re.compile(r"{% icon \"([a-z0-9-]+)\"")
STATEFUL = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|hx-on", re.IGNORECASE
)


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY / "templates").as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
class TestTemplate:
    """One template."""

    def test_opens_with_a_comment_that_says_what_it_needs(self, path):
        text = path.read_text()
        assert text.startswith(("{#", "{% comment %}")), "a stranger must see what it is for"
        opening = re.match(r"(?:{#.*?#}\s*)+|{% comment %}.*?{% endcomment %}", text, re.DOTALL)
        assert opening
        assert "context" in opening[0].lower()

    def test_carries_neither_script_nor_style(self, path):
        assert not STATEFUL.search(path.read_text()), "the content security policy would block it"

    def test_compiles(self, path):
        get_template(name_of(path))

    def test_its_icons_exist(self, path):
        for icon in ICON.findall(path.read_text()):
            try:
                lucide(icon)
            except IconDoesNotExist:
                pytest.fail(f"there is no icon {icon}")

    def test_no_line_needs_an_unsafe_filter(self, path):
        assert not re.search(r"\|\s*safe\b|{% autoescape off", path.read_text())


def test_scripts_never_evaluate_texts():
    for path in (REPOSITORY / "static" / "js").rglob("*.js"):
        assert not re.search(r"\beval\(|new Function\(|document\.write", path.read_text()), path.name
