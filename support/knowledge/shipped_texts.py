"""The entries that a release ships: files of this room, and the error guide that is code.

A Markdown file begins with its title and rule in TOML, between two lines `+++`. The folder names the kind, the file
name is the key. Phrase rules are tables of one TOML file.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils import translation

from asora.kernel.error_guide import GUIDES, Guide
from asora.kernel.shapes import ReadOnlyValues
from support.knowledge.models import Entry

SHIPPED = Path(__file__).parent / "shipped"
FENCE = "+++\n"
FOLDERS = {
    "articles": Entry.Kind.ARTICLE,
    "manuals": Entry.Kind.MANUAL,
    "playbooks": Entry.Kind.PLAYBOOK,
    "policies": Entry.Kind.POLICY,
    "reply_templates": Entry.Kind.REPLY_TEMPLATE,
}
#: Days after its publication in which an entry has to be reviewed.
REVIEW_DAYS = 180


@dataclass(frozen=True, slots=True)
class Shipped:
    """One entry as the release ships it."""

    kind: str
    key: str
    title: str
    body: str
    rule: ReadOnlyValues

    @property
    def content(self) -> str:
        """What a new version of the entry differs in, as one text."""
        return content_of(self.title, self.body, self.rule)


def content_of(title: str, body: str, rule: ReadOnlyValues) -> str:
    """The content of an entry as one text, for comparison."""
    return json.dumps([title, body, rule], sort_keys=True, ensure_ascii=False)


@cache
def shipped() -> tuple[Shipped, ...]:
    """All entries of this release, by kind and key. Raises ValueError for a file that is not well formed."""
    return tuple(sorted([*_files(), *_phrase_rules(), *_error_guide()], key=lambda one: (one.kind, one.key)))


def digest() -> str:
    """A digest of all shipped entries: preparing a database publishes them if it has changed."""
    content = "\n".join(f"{one.kind} {one.key} {one.content}" for one in shipped())
    return hashlib.sha256(content.encode()).hexdigest()


def _files() -> Iterator[Shipped]:
    for folder, kind in FOLDERS.items():
        for path in sorted((SHIPPED / folder).glob("*.md")):
            _, head, body = _parts(path)
            values = tomllib.loads(head)
            yield Shipped(kind, path.stem, values["title"], body.strip(), values.get("rule", {}))


def _parts(path: Path) -> list[str]:
    parts = path.read_text(encoding="utf-8").split(FENCE, 2)
    if len(parts) != 3 or parts[0]:
        raise ValueError(f"{path.name} does not begin with a head between two lines +++")
    return parts


def _phrase_rules() -> Iterator[Shipped]:
    rules = tomllib.loads((SHIPPED / "phrase_rules.toml").read_text(encoding="utf-8"))
    for key, values in rules.items():
        yield Shipped(Entry.Kind.PHRASE_RULE, key, values["title"], values["body"], values["rule"])


def _error_guide() -> Iterator[Shipped]:
    with translation.override("en"):
        for key, guide in GUIDES.items():
            rule = {"codes": list(guide.codes), "reasons": [str(one) for one in guide.reasons]}
            yield Shipped(Entry.Kind.ERROR_GUIDE, key, str(guide.title), _as_markdown(guide), rule)


def _as_markdown(guide: Guide) -> str:
    parts = [str(guide.meaning)]
    lists = {"Usual causes": guide.causes, "Check first": guide.checks, "What to avoid": guide.avoid}
    for heading, texts in lists.items():
        if texts:
            parts += [f"### {heading}", "\n".join(f"- {text}" for text in texts)]
    return "\n\n".join([*parts, "### How support answers", str(guide.answer)])
