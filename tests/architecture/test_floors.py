"""The floors of the import contracts, as `make lint` checks them; and the schemas of each app."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from django.conf import settings

REPOSITORY = Path(__file__).resolve().parents[2]


def test_imports_point_down_and_never_in_circles():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    found = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_module_of_the_top_floor_is_under_contract():
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    top = next(contract for contract in contracts if contract["type"] == "layers")["layers"][0]
    named = {name.strip(" ()\\\n") for name in top.split(":")}
    modules = {
        f"asora.{path.stem}" for path in (REPOSITORY / "asora").glob("*.py") if path.stem != "__init__"
    }
    apps = {"asora.apps"}  # only registers
    assert modules - apps <= named, sorted(modules - apps - named)


def test_apps_live_where_the_design_says():
    shared, tenant = set(settings.SHARED_APPS), set(settings.TENANT_APPS)
    everywhere = {"asora.accounts", "guardian", "audit", "axes"}
    assert everywhere <= shared & tenant
    assert {"asora.files", "inventory", "ledger", "integrations"} <= tenant - shared
    assert {"plans", "support", "django.contrib.contenttypes", "django.contrib.auth"} <= shared - tenant
