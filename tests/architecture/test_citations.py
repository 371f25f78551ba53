"""A text that cites a file or a section cites one that is in the repository, so that a reader can open it."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
THIS = "tests/architecture/test_citations.py"
KINDS = {".py", ".html", ".txt", ".js", ".css", ".md", ".toml", ".yml"}

#: A document beside the repository: "design.md", "S1 §5", "(S2)".
DOCUMENT = re.compile(r"(?<![\w:/.*-])[\w./-]*\w\.md\b(?!/)")
SECTION = re.compile(r"§ ?\d|\(S\d+\)|\bS\d+ ?§")
#: A file by its path (`kernel/door.py`) or its name (`decimals.js`), in a comment or docstring.
FILE = re.compile(r"(?<![\w:/.<>{}*~-])(?:[\w.-]+/)*[\w-]+\.(?:py|html|js|css|toml|json)\b(?![/(<{*])")
#: In a document only what is written as code is read as a path.
CODE = re.compile(r"`([^`\n]+)`")
PLACEHOLDER = re.compile(r"[<>{}…\s]|::$|^/|^~|^https?:")
ENDING = re.compile(r"\.(?:py|html|js|css|toml|json|md|txt|sh)$")
#: Files that other tools make, or that are inside an evidence pack; a text may name them.
FOREIGN = frozenset({"pylock.toml", "ticket.md"})
#: Where templates and static files are found by a path of their own.
SEARCHED = ("", "templates/", "static/", "tests/")


@cache
def tracked() -> tuple[str, ...]:
    """Every file of the repository, as git knows them."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(sorted(name for name in listed.stdout.splitlines() if (ROOT / name).is_file()))


@cache
def _folders() -> frozenset[str]:
    return frozenset(str(folder) for name in tracked() for folder in PurePosixPath(name).parents)


def exists(cited: str, *, by: str) -> bool:
    """Returns True if a cited path exists: from the root, from a folder of the citing file, or by its name."""
    path = cited.strip().rstrip("/").removeprefix("./").split("::")[0]
    if path in FOREIGN:
        return True
    folders = [f"{folder}/" for folder in PurePosixPath(by).parents if str(folder) != "."]
    candidates = [f"{place}{path}" for place in (*SEARCHED, *folders)]
    if "*" in path:
        return any(PurePosixPath(name).match(path) for name in tracked())
    known = set(tracked())
    if any(candidate in known or candidate in _folders() for candidate in candidates):
        return True
    # A name alone, or the end of a path: some file has to be called so.
    return any(name.endswith(f"/{path}") for name in known)


def prose_of(name: str) -> str:
    """The text that people read: comments and docstrings of Python, the newest heading of the changelog, all else."""
    text = (ROOT / name).read_text()
    if name == "CHANGELOG.md":
        return "\n## ".join(text.split("\n## ")[:2])
    if not name.endswith(".py"):
        return text
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [
        ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, documented)
    ]
    return "\n".join([*docstrings, *comments])


def dead_in(name: str, prose: str) -> list[str]:
    """The citations of a text that nobody can follow."""
    dead = [found.group() for found in SECTION.finditer(prose)]
    dead += [cited for cited in DOCUMENT.findall(prose) if not exists(cited, by=name)]
    if name.endswith(".md"):
        spans = CODE.findall(prose)
        paths = [
            span
            for span in spans
            if not PLACEHOLDER.search(span)
            and (ENDING.search(span.split("::")[0]) or _looks_like_a_folder(span))
        ]
        dead += [path for path in paths if not exists(path, by=name)]
    elif name.endswith((".py", ".css", ".js")):
        dead += [cited for cited in FILE.findall(prose) if not exists(cited, by=name)]
    return sorted(set(dead))


def _looks_like_a_folder(span: str) -> bool:
    """Returns True for a path whose first part is a folder of the root: `asora/kernel/`, not `HUB/BIN`."""
    return "/" in span and span.partition("/")[0] in _folders()


@pytest.mark.parametrize(
    "name", [name for name in tracked() if PurePosixPath(name).suffix in KINDS and name != THIS]
)
def test_every_citation_can_be_followed(name):
    dead = dead_in(name, prose_of(name))
    assert not dead, (
        f"{name} cites {dead}. Give the rule's own sentence, or link to a README of the repository."
    )


@pytest.mark.parametrize(
    ("name", "prose"),
    [
        ("asora/kernel/door.py", 'The order is fixed (design.md, "Gates").'),
        ("asora/kernel/door.py", "Five of them (S1 §2)."),
        ("asora/kernel/door.py", "See kernel/doors_of_old.py."),
        ("README.md", "Look at `asora/kernel/doors_of_old.py`."),
        ("README.md", "Look at `asora/basement/`."),
    ],
)
def test_it_finds_a_dead_one(name, prose):
    assert dead_in(name, prose)


def test_and_leaves_living_ones_alone():
    assert not dead_in("asora/kernel/door.py", "See gates.py, asora/kernel/gates.py and README.md.")
    assert not dead_in("README.md", "`asora/kernel/`, `HUB/BIN`, `/readyz`, `tests/<app>/test_<verb>.py`.")
