"""No dead styles: every class in a style sheet is used in a template, a script or the code that makes HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static" / "css").rglob("*.css"))
PLACES = (
    "templates",
    "static/js",
    "asora",
    "audit",
    "integrations",
    "inventory",
    "ledger",
    "plans",
    "support",
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
NO_SELECTOR = re.compile(r"\d\.\d|\"[^\"]*\"|'[^']*'")
CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
WORD = re.compile(r"[\w-]+")
FOREIGN = {"operations.css"}  # Django admin's own classes


@pytest.fixture(scope="module")
def words() -> set[str]:
    """Every word of everything that makes HTML."""
    files = (path for place in PLACES for path in (ROOT / place).rglob("*"))
    return {
        word
        for path in files
        if path.suffix in {".html", ".js", ".py"}
        for word in WORD.findall(path.read_text())
    }


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_class_is_used(sheet: Path, words: set[str]) -> None:
    named = set(CLASS.findall(NO_SELECTOR.sub("", COMMENT.sub("", sheet.read_text()))))
    assert sheet.name in FOREIGN or named - words == set()


def test_a_dead_class_would_be_found(words: set[str]) -> None:
    assert "nobody-wears-this" not in words
    assert {"table-frame", "copied", "button-primary"} <= words
