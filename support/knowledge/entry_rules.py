"""Whether the content of an entry is valid: what programs read from it must be readable. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from asora.kernel.shapes import ReadOnlyValues, Values
from support.knowledge.models import Entry
from support.knowledge.must_include import requirements_of
from support.knowledge.phrases import rule_of
from support.knowledge.reply_templates import VARIABLES, variables_of

#: Kinds whose texts are parts of a release: they change with the code only.
RELEASED = frozenset({Entry.Kind.ERROR_GUIDE.value, Entry.Kind.MANUAL.value})
#: Kinds that people may publish.
WRITABLE = tuple(kind for kind in Entry.Kind if kind.value not in RELEASED)
#: Entries that the desk cannot work without.
NEEDED = frozenset({(Entry.Kind.POLICY.value, "must_include")})
DRAFTS = ("acknowledgement", "info_request", "reply")
MAX_TITLE, MAX_BODY, MAX_RULE, MAX_KEY = 160, 20_000, 20_000, 80


class InvalidEntry(Exception):
    """The content is not valid. `field`: of the form; `args[0]`: why."""

    def __init__(self, field: str, why: str) -> None:
        self.field = field
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says: title and body for people, `rule` for programs."""

    title: str
    body: str
    rule: ReadOnlyValues


def content(kind: str, key: str, *, title: str, body: str, rule: str) -> Content:
    """The content of an entry as it is entered; `rule` is JSON. Raises InvalidEntry."""
    title = " ".join(title.split())
    body = body.replace("\r\n", "\n").strip()
    for field, text, most in (("title", title, MAX_TITLE), ("body", body, MAX_BODY)):
        if not text:
            raise InvalidEntry(field, _("Enter a text."))
        if len(text) > most:
            raise InvalidEntry(field, _("Enter at most %(most)s characters.") % {"most": most})
    found = Content(title, body, _values(rule))
    check = _CHECKS.get(kind) or _NAMED_CHECKS.get((kind, key))
    if check is not None:
        check(key, found)
    return found


def _values(rule: str) -> Values:
    try:
        found = json.loads(rule or "{}")
    except (ValueError, RecursionError) as broken:
        raise InvalidEntry("rule", _("This is not JSON: %(why)s") % {"why": broken}) from broken
    if not isinstance(found, dict):
        raise InvalidEntry("rule", _("Enter an object: {…}."))
    if len(rule) > MAX_RULE:
        raise InvalidEntry("rule", _("Enter at most %(most)s characters.") % {"most": MAX_RULE})
    return found


def _phrase_rule(key: str, found: Content) -> None:
    try:
        rule = rule_of(key, found.title, found.body, found.rule)
    except (KeyError, ValueError, TypeError, AttributeError) as broken:
        raise InvalidEntry(
            "rule", _("A value is missing or not valid: %(why)s") % {"why": broken}
        ) from broken
    if not rule.patterns and not rule.finds_secrets:
        raise InvalidEntry("rule", _("Enter at least one pattern."))


def _reply_template(_key: str, found: Content) -> None:
    unknown = [name for name in variables_of(found.body) if name not in VARIABLES]
    if unknown:
        raise InvalidEntry("body", _("Unknown variables: %(names)s") % {"names": ", ".join(unknown)})
    if found.rule.get("draft") not in DRAFTS:
        raise InvalidEntry("rule", _("“draft” is one of: %(drafts)s") % {"drafts": ", ".join(DRAFTS)})
    categories = found.rule.get("categories")
    if not isinstance(categories, list) or not categories or not {*map(str, categories)} <= set("ABCDEFGH"):
        raise InvalidEntry("rule", _("“categories” is a list of letters from A to H."))


def _must_include(_key: str, found: Content) -> None:
    try:
        requirements = requirements_of(found.rule)
    except (KeyError, ValueError, TypeError, AttributeError) as broken:
        raise InvalidEntry(
            "rule", _("A value is missing or not valid: %(why)s") % {"why": broken}
        ) from broken
    if not requirements:
        raise InvalidEntry("rule", _("Enter at least one requirement."))


_CHECKS: Mapping[str, Callable[[str, Content], None]] = {
    Entry.Kind.PHRASE_RULE.value: _phrase_rule,
    Entry.Kind.REPLY_TEMPLATE.value: _reply_template,
}
_NAMED_CHECKS: Mapping[tuple[str, str], Callable[[str, Content], None]] = {
    (Entry.Kind.POLICY.value, "must_include"): _must_include,
}
