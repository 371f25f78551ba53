"""Every action of the product, in all modules."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from asora.kernel.action import registry
from asora.kernel.door import Action

PACKAGES = ["asora", "audit", "integrations", "inventory", "ledger", "plans", "support"]


def every_action() -> dict[str, Action[Any, Any]]:
    """Name to action."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if ".actions" in module.name:
                importlib.import_module(module.name)
    return dict(registry)
