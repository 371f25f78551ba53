"""A dotted name of Asora's, in an import, a setting or a text, names something that is in the repository.

The checkers of types and imports do not read tests, texts and settings, and Django reads many names at the first
request only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

import pytest

from tests.architecture.test_citations import ROOT, prose_of, tracked

PACKAGES = ("asora", "audit", "integrations", "inventory", "ledger", "plans", "support", "tests")
DOTTED = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.[A-Za-z_]\w*)+")
#: In a text only what is written as code is read as a name; a call's arguments do not matter.
CODE = re.compile(rf"`({DOTTED.pattern})(?:\(\))?`")
MODULE = re.compile(rf"\bpython3? -m ({DOTTED.pattern})")
FILE = re.compile(r"\.(?:py|md|html|css|js|csv|txt|json|toml)$")
SETTINGS = ("asora/settings.py", "tests/settings.py", "gunicorn.conf.py", "manage.py")
PYTHON = [name for name in tracked() if name.endswith(".py")]
TEXTS = [
    name
    for name in tracked()
    if name.endswith((".py", ".md", ".toml", ".yml")) or name == "Makefile" or name.startswith(".ci/")
]


@cache
def _names_in(module: str) -> frozenset[str] | None:
    """What a module defines or imports; None if it imports everything of another one."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Name(ctx=ast.Store()):
                names.add(node.id)
            case ast.Import() | ast.ImportFrom():
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return None if "*" in names else frozenset(names)


@cache
def exists(dotted: str) -> bool:
    """Returns True for a package, a module, or a name in one, with or without a further attribute."""
    parts = dotted.split(".")
    folder = ROOT
    for depth, part in enumerate(parts):
        if (folder / part).is_dir():
            folder /= part
            continue
        module = folder / f"{part}.py"
        rest = parts[depth + 1 :]
        if not module.is_file():
            module, rest = folder / "__init__.py", parts[depth:]
        if not module.is_file():
            return False
        names = _names_in(str(module.relative_to(ROOT)))
        return not rest or names is None or rest[0] in names
    return any(folder.glob("*.py"))


@cache
def _written_in_code() -> frozenset[str]:
    """Every string of the code that looks like a dotted name: actions, permissions, tasks, purposes of keys."""
    return frozenset(
        node.value
        for name in PYTHON
        if not name.startswith("tests/")
        for node in ast.walk(ast.parse((ROOT / name).read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value)
    )


def _is_a_string(name: str) -> bool:
    """Returns True for a string of the code, or one with a refusal's reason: `ledger.receive.bin_archived`."""
    permission = name.rpartition(".")[0]
    return name in _written_in_code() or (permission in _written_in_code() and not exists(permission))


def imported(source: str) -> Iterator[str]:
    """The dotted names that Python code imports from the repository, at its top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = [
                f"{node.module}.{alias.name}" if alias.name != "*" else str(node.module)
                for alias in node.names
            ]
        else:
            continue
        yield from (name for name in found if name.partition(".")[0] in PACKAGES)


def dead_in(prose: str) -> list[str]:
    """The dotted names of a text that name neither a module or its content nor a string of the code."""
    cited = {name for name in CODE.findall(prose) if not FILE.search(name)}
    dead = {name for name in cited if not (exists(name) or _is_a_string(name))}
    return sorted(dead | {name for name in MODULE.findall(prose) if not exists(name)})


@pytest.mark.parametrize("name", PYTHON)
def test_every_import_names_something(name):
    dead = [dotted for dotted in imported((ROOT / name).read_text()) if not exists(dotted)]
    assert not dead, f"{name} imports {dead}, which moved or are gone."


@pytest.mark.parametrize("name", [name for name in TEXTS if PurePosixPath(name).name != "CHANGELOG.md"])
def test_every_name_in_a_text_names_something(name):
    dead = dead_in(prose_of(name))
    assert not dead, f"{name} names {dead}, which moved or are gone."


@pytest.mark.parametrize("name", SETTINGS)
def test_every_path_in_settings_names_something(name):
    """Middleware, back ends, plugs and URL modules; models (`plans.Tenant`) are found by Django itself."""
    dead = [
        node.value
        for node in ast.walk(ast.parse((ROOT / name).read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and DOTTED.fullmatch(node.value)
        and not re.fullmatch(r"[a-z]+\.[A-Z]\w+", node.value)
        and not exists(node.value)
    ]
    assert not dead, f"{name} names {dead}, which moved or are gone."


def test_it_finds_dead_ones():
    assert dead_in("See `asora.kernel.doors_of_old`.")
    assert dead_in("See `asora.kernel.door.no_such_door()`.")
    assert dead_in("Run python -m tests.doors.")
    moved = ["from asora.kernel import doors_of_old", "def f():\n    import asora.kernel.doors_of_old"]
    assert all(not exists(name) for source in moved for name in imported(source))


def test_and_leaves_living_ones_alone():
    assert not dead_in(
        "`asora.kernel.door`, `ledger.receipt.post`, `inventory.manage`, python -m tests.bench"
    )
    assert all(map(exists, imported("from asora.kernel import door\nfrom asora.kernel.door import Act\n")))
