"""The words that contexts register beside what they describe: sentences of events, badges of states, permissions.

Each app registers its own at start-up (`gather` in its `AppConfig.ready`), so that pages of a lower floor can show the
words of an upper one without importing it. A state has its badge in a named group of its context, because one word may
mean two things: a job that is refused is not an event that is refused.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from asora.kernel.permissions import Permission
from asora.kernel.text import StrOrPromise


@dataclass(frozen=True, slots=True)
class Sentence:
    """An event without its subject: `done` if it was allowed, `tried` if refused or failed. `{label}`: its record."""

    done: StrOrPromise
    tried: StrOrPromise


@dataclass(frozen=True, slots=True)
class Badge:
    """A state as a word, the name of its icon, and the colour of both (none: grey)."""

    word: StrOrPromise
    icon: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class PermissionLabel:
    """A permission in words, and a remark about its effect."""

    label: StrOrPromise
    remark: StrOrPromise = ""


SENTENCES: dict[str, Sentence] = {}
BADGES: dict[str, Mapping[str, Badge]] = {}
PERMISSION_LABELS: dict[Permission, PermissionLabel] = {}


def register_sentence(action: str, *, done: StrOrPromise, tried: StrOrPromise) -> None:
    """Give an action, or an event outside of actions, its sentences."""
    if action in SENTENCES:
        raise RuntimeError(f"two sentences are registered for {action}")
    SENTENCES[action] = Sentence(done, tried)


def register_badges(group: str, badges: Mapping[str, Badge]) -> None:
    """Give the states of one group their badges; pages show them by `{% badge group state %}`."""
    if group in BADGES:
        raise RuntimeError(f"two groups of badges are called {group}")
    BADGES[group] = badges


def register_permission(permission: Permission, label: StrOrPromise, remark: StrOrPromise = "") -> None:
    """Give a permission its label on the page of roles."""
    if permission in PERMISSION_LABELS:
        raise RuntimeError(f"two labels are registered for {permission}")
    PERMISSION_LABELS[permission] = PermissionLabel(label, remark)


def badge_of(group: str, state: str) -> Badge:
    """The badge of a state; a state without one shows itself. Raises KeyError for an unknown group."""
    return BADGES[group].get(state, Badge(state))


def gather(package: str) -> None:
    """Import the modules of an app that register words: `words`, and its actions, which name their sentences."""
    root = import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if {"actions", "words"} & set(module.name.split(".")):
            import_module(module.name)
