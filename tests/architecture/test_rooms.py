"""No circle of rooms, read from the sources: what imports what, late imports inside functions included.

A folder without folders in it is one room. A loose file beside folders is a room of its own, since the root of an app
has files of several floors: its models below everything, its urls above.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ["asora", "audit", "integrations", "inventory", "ledger", "plans", "support"]
#: Folders that Django finds by their names; they are no rooms of a subject.
DJANGO = {"migrations", "management", "templatetags"}


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name, without migrations."""
    paths = [path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py")]
    return {
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
        if "migrations" not in path.parts
    }


def room_of(path: Path) -> str:
    """The folder of a module, or the module itself where its folder has folders in it."""
    folder = path.parent
    has_folders = any((child / "__init__.py").exists() for child in folder.iterdir() if child.is_dir())
    room = path.with_suffix("") if has_folders and path.name != "__init__.py" else folder
    return str(room.relative_to(REPOSITORY))


def imported(tree: ast.AST, known: dict[str, Path]) -> Iterator[str]:
    """The modules that a source imports when it runs: not those for the type checker only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module
        else:
            yield from imported(node, known)


def graph() -> dict[str, set[str]]:
    """Room → the rooms that it imports."""
    known = modules()
    found: dict[str, set[str]] = {}
    for path in known.values():
        here = room_of(path)
        names = imported(ast.parse(path.read_text()), known)
        found.setdefault(here, set()).update(room_of(known[name]) for name in names if name in known)
    return {room: others - {room} for room, others in found.items()}


def circle(rooms: dict[str, set[str]]) -> list[str]:
    """The rooms of one circle, if there is any."""
    try:
        TopologicalSorter(rooms).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_circle_of_rooms() -> None:
    rooms = graph()
    assert len(rooms) > 100
    assert circle(rooms) == []


def test_a_pair_would_be_found() -> None:
    rooms = graph()
    rooms["asora/accounts/models"] |= {"asora/accounts/people/views"}
    assert {"asora/accounts/models", "asora/accounts/people/views"} <= set(circle(rooms))


def test_every_room_is_under_contract() -> None:
    """Each app with rooms is a container of a layers contract that names everything in it."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    exhaustive = {
        container
        for contract in settings["contracts"]
        if contract["type"] == "layers" and contract.get("exhaustive")
        for container in contract.get("containers", [])
    }
    apps = [*(REPOSITORY / package for package in PACKAGES), *(REPOSITORY / "asora").glob("*/")]
    with_rooms = {
        ".".join(app.relative_to(REPOSITORY).parts)
        for app in apps
        if app.name not in DJANGO
        and any(
            (child / "__init__.py").exists()
            for child in app.iterdir()
            if child.is_dir() and child.name not in DJANGO
        )
    }
    assert with_rooms <= exhaustive, sorted(with_rooms - exhaustive)
