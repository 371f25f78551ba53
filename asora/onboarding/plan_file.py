"""The file of `manage.py onboard`: every answer of the checklist as TOML. Unknown keys are errors.

slug = "harbour"
name = "Harbour Cycles"

[confirmations]                 # how you know, in a few words; do not name people
identity = "Register entry seen"
scope = "About 2,000 items in one hub"
plan = "Pro"
role_model = "Standard"
strategy = "One hub, aisles A to C"

[tenant]
plan = "pro"
role_model = "standard"
costing = "average"
currency = "EUR"
time_zone = "Europe/Berlin"

[files]                         # in the same folder as this file
categories = "categories.csv"
hubs = "hubs.csv"
bins = "bins.csv"
vendors = "vendors.csv"
items = "items.csv"

[owner]
name = "Robin Vale"
email = "robin@harbour.example"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asora.kernel.shapes import ReadOnlyValues
from asora.onboarding.rules import CONFIRMATIONS, SEEDED

TABLES: Mapping[str, tuple[str, ...]] = {
    "confirmations": CONFIRMATIONS,
    "tenant": ("plan", "role_model", "costing", "currency", "time_zone"),
    "files": SEEDED,
    "owner": ("name", "email"),
}
NAMES = ("slug", "name")
MAX_BYTES = 256 * 1024


class PlanFileError(ValueError):
    """The file cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """The content of the file, tables by name; a missing table is empty."""

    path: Path
    slug: str
    name: str
    confirmations: Mapping[str, str]
    tenant: Mapping[str, str]
    files: Mapping[str, Path]
    owner: Mapping[str, str]


def read(path: Path, *, may_leave_folder: bool = False) -> PlanFile:
    """Read a file and check its shape. `may_leave_folder`: CSV files may be outside the file's own folder.

    Raises PlanFileError: not readable, not TOML (with the line), an unknown or missing key, a value that is not a text,
    a CSV file that does not exist or is in another folder.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlanFileError(f"{path}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise PlanFileError(f"{path}: the file is larger than {MAX_BYTES:,} bytes")
    try:
        given = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise PlanFileError(f"{path}: the file is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise PlanFileError(f"{path}: {error}") from error
    _known(path, "", given, (*NAMES, *TABLES))
    head = _texts(path, "", {name: given[name] for name in NAMES if name in given}, needed=NAMES)
    tables = {}
    for table, keys in TABLES.items():
        found = given.get(table, {})
        if not isinstance(found, dict):
            raise PlanFileError(f"{path}: [{table}]: must be a table")
        _known(path, table, found, keys)
        needed = keys if table in given and table in {"tenant", "owner"} else ()
        tables[table] = _texts(path, table, found, needed=needed)
    files = {
        step: _beside(path, step, name, may_leave_folder=may_leave_folder)
        for step, name in tables.pop("files").items()
    }
    return PlanFile(
        path=path,
        slug=head["slug"],
        name=head["name"],
        confirmations=tables["confirmations"],
        tenant=tables["tenant"],
        files=files,
        owner=tables["owner"],
    )


def _known(path: Path, table: str, found: ReadOnlyValues, keys: tuple[str, ...]) -> None:
    for key in found:
        if key not in keys:
            raise PlanFileError(f"{path}: {_at(table, key)}: unknown key; use one of {', '.join(keys)}")


def _texts(path: Path, table: str, found: ReadOnlyValues, *, needed: tuple[str, ...]) -> dict[str, str]:
    for key in needed:
        if key not in found:
            raise PlanFileError(f"{path}: {_at(table, key)}: missing")
    for key, value in found.items():
        if not isinstance(value, str):
            raise PlanFileError(f"{path}: {_at(table, key)}: must be a text in quotes")
    return dict(found)


def _beside(path: Path, step: str, name: str, *, may_leave_folder: bool) -> Path:
    where = _at("files", step)
    if "\x00" in name:
        raise PlanFileError(f"{path}: {where}: this is not a file name")
    folder = path.resolve().parent
    target = (folder / name).resolve()
    if not may_leave_folder and not target.is_relative_to(folder):
        raise PlanFileError(f"{path}: {where}: the file is outside {folder}; use --outside to allow that")
    if not target.is_file():
        raise PlanFileError(f"{path}: {where}: there is no file {target}")
    return target


def _at(table: str, key: str) -> str:
    return f"[{table}] {key}" if table else key
