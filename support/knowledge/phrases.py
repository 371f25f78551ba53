"""Finds in a reply what support must not write. Pure: the rules are arguments, and nothing is read or stored.

A rule finds its patterns in the text as the customer will read it: without Markdown's marks, with entities and
look-alike characters resolved. A rule that can be negated does not match in a negated clause, because “we cannot edit
the ledger” is exactly what support has to explain.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from asora.kernel.shapes import ReadOnlyValues
from audit.events.redaction import DETECTORS, redact


class Kind(StrEnum):
    """What a finding does: a block cannot be overridden, a warning needs the author's reason."""

    BLOCK = "block"
    WARN = "warn"


class Negation(StrEnum):
    """Where a negation in the clause silences a rule.

    BEFORE: in front of the phrase or inside it. AROUND: also behind it, as in “a special case is not possible”.
    """

    NONE = "none"
    BEFORE = "before"
    AROUND = "around"


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """One rule. `relaxed`: condition of the ticket → the kind that then applies, or "" if the phrase is then allowed.

    `finds_secrets`: also finds what the redactor would remove. `source`: the clause of the manual that demands it.
    """

    key: str
    title: str
    kind: Kind
    patterns: tuple[str, ...]
    proposal: str
    source: str
    negation: Negation = Negation.NONE
    relaxed: Mapping[str, str] = field(default_factory=dict)
    finds_secrets: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A phrase that a rule found. `start`, `end`: offsets in the text as it was given."""

    rule: str
    title: str
    start: int
    end: int
    text: str
    kind: Kind
    proposal: str

    @property
    def blocks(self) -> bool:
        """Whether the reply cannot be sent with this phrase."""
        return self.kind == Kind.BLOCK


def rule_of(key: str, title: str, proposal: str, values: ReadOnlyValues) -> PhraseRule:
    """The rule of a knowledge entry. Raises ValueError if a pattern or a value is not valid."""
    patterns = tuple(values.get("patterns", ()))
    for pattern in patterns:
        _compiled(pattern)
    relaxed = {str(name): str(kind) for name, kind in values.get("relaxed", {}).items()}
    for kind in relaxed.values():
        if kind:
            Kind(kind)
    return PhraseRule(
        key=key,
        title=title,
        kind=Kind(values["kind"]),
        patterns=patterns,
        proposal=proposal,
        source=str(values["source"]),
        negation=Negation(values.get("negation", "none")),
        relaxed=relaxed,
        finds_secrets=bool(values.get("finds_secrets", False)),
    )


def findings(text: str, rules: Sequence[PhraseRule], *, may: Collection[str] = ()) -> list[Finding]:
    """What `rules` find in `text`, by place. `may`: conditions that the ticket meets (`PhraseRule.relaxed`)."""
    plain, places = _as_read(text)
    clauses = [end.span() for end in _CLAUSE_END.finditer(plain)]
    found: list[Finding] = []
    for rule in rules:
        kind = _kind(rule, may)
        if kind is None:
            continue
        spans = [(places[begin], places[end - 1] + 1) for begin, end in _spans(rule, plain, clauses)]
        if rule.finds_secrets:
            spans = _outermost([*spans, *_secrets(text)])
        for start, stop in spans:
            found.append(Finding(rule.key, rule.title, start, stop, text[start:stop], kind, rule.proposal))
    return sorted(found, key=lambda one: (one.start, one.end, one.rule))


def _kind(rule: PhraseRule, may: Collection[str]) -> Kind | None:
    """The kind that applies under these conditions; None if the phrase is allowed."""
    for condition, relaxed in rule.relaxed.items():
        if condition in may:
            return Kind(relaxed) if relaxed else None
    return rule.kind


def _spans(rule: PhraseRule, plain: str, clauses: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places of a rule's phrases in the text as it is read."""
    spans = [span for pattern in rule.patterns for span in _places_of(_compiled(pattern), plain)]
    spans = [span for span in spans if not _is_negated(rule.negation, plain, clauses, span)]
    return _outermost(spans)


def _outermost(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places in order, without those inside others."""
    kept: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda one: (one[0], -one[1])):
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return kept


def _places_of(pattern: re.Pattern[str], plain: str) -> Iterator[tuple[int, int]]:
    """All places of a pattern, also those that begin inside another one: the outer one may be negated."""
    match = pattern.search(plain)
    while match is not None:
        yield match.span()
        match = pattern.search(plain, match.start() + 1)


def _secrets(text: str) -> list[tuple[int, int]]:
    """The places of secrets in a text as it was given: Markdown's marks may belong to them."""
    spans = [match.span() for pattern in DETECTORS.values() for match in pattern.finditer(text)]
    if not spans and text and redact(text)[1]:
        spans = [(0, len(text))]  # inside JSON, whose places the redactor does not give
    return spans


# Negation -----------------------------------------------------------------------------------------------------------

_NEGATOR = r"(?:cannot|\w+n't|never|not|no|nobody|none|nothing|neither|nor|unable)\b"
#: Words of negation that negate nothing that follows.
_POLITE = re.compile(
    r"\bno (?:problem|problems|worries|trouble|doubt|matter)\b|\bnot (?:only|to worry)\b|\bwhy not\b"
    r"|\bnot an? (?:problem|big deal|issue)\b|\b(?:no|not) (?:later|sooner|more|before) than\b"
    r"|\b(?:don't|do not) (?:worry|hesitate)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(rf"\b{_NEGATOR}", re.IGNORECASE)
#: Behind a phrase only a negated verb negates it, unless it is a relative clause's (“the balance that is not right”).
_NEGATED_BEHIND = re.compile(
    r"(?<!that )(?<!which )(?<!who )\b(?:(?:is|are|was|were|do|does|did|can|could|will|would|has|have|must|may)"
    r"(?: not|n't)|cannot|can't|won't|never)\b",
    re.IGNORECASE,
)
#: Where a clause ends: the punctuation of a sentence, a comma, a dash, a paragraph, a conjunction with a new subject.
_CLAUSE_END = re.compile(
    r"[.!?;:](?=\s|$)|,(?=\s)|\s[-\u2013]+\s|\u2014|\n"
    r"|\b(?:but|however|although|though|instead|so|because|then)\b"
    r"|\b(?:and|or)\b(?=\s+(?:we|i|you|they|he|she|it|asora|support)\b)",
    re.IGNORECASE,
)


#: Characters of a clause that are searched for a negation, before and behind a phrase.
_NEAR = 300


def _is_negated(
    negation: Negation, plain: str, clauses: Sequence[tuple[int, int]], span: tuple[int, int]
) -> bool:
    """Whether a negation in the clause silences a rule at `span`. `clauses`: the ends of clauses."""
    start, end = span
    if negation == Negation.NONE:
        return False
    before = bisect_right(clauses, (start, start))
    begin = max(clauses[before - 1][1] if before else 0, start - _NEAR)
    if _NEGATED.search(_POLITE.sub("", plain[begin:end])):
        return True
    if negation == Negation.BEFORE:
        return False
    after = bisect_left(clauses, (end, end))
    stop = min(clauses[after][0] if after < len(clauses) else len(plain), end + _NEAR)
    return bool(_NEGATED_BEHIND.search(plain[end:stop]))


# The text as it is read ---------------------------------------------------------------------------------------------

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SPACE = re.compile(r"\s+")
_ITEM = re.compile(r"(?:[-+>#]|\d{1,2}[.)])\s")
_MARKS = frozenset("*_~`\\")
_APOSTROPHES = dict.fromkeys((0x2018, 0x2019, 0x201B, 0x02BC, 0x00B4, 0x0060, 0xFF07), "'")
_HYPHENS = dict.fromkeys((0x2010, 0x2011, 0x2012, 0xFE63, 0xFF0D, 0x2043), "-")
_ALIKE = {**_APOSTROPHES, **_HYPHENS}


def _as_read(text: str) -> tuple[str, list[int]]:
    """The text without marks and invisible characters, and for each of its characters the offset in `text`.

    White space is one space, or one line feed where a paragraph or an item of a list begins.
    """
    characters: list[str] = []
    places: list[int] = []
    for place, written in _tokens(text):
        for character in unicodedata.normalize("NFKC", written.translate(_ALIKE)).translate(_ALIKE):
            if unicodedata.category(character) == "Cf" or character in _MARKS:
                continue
            characters.append(character)
            places.append(place)
    marked = "".join(characters)
    plain, kept = [], []
    begin = 0
    for space in _SPACE.finditer(marked):
        plain.append(marked[begin : space.start()])
        kept += places[begin : space.start()]
        plain.append("\n" if _is_break(space[0], marked[space.end() : space.end() + 4]) else " ")
        kept.append(places[space.start()])
        begin = space.end()
    return "".join([*plain, marked[begin:]]), kept + places[begin:]


def _is_break(space: str, after: str) -> bool:
    """Whether white space begins a paragraph or an item of a list."""
    return space.count("\n") > 1 or ("\n" in space and _ITEM.match(after) is not None)


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Each character with its offset; an entity of HTML is one character."""
    place = 0
    for entity in _ENTITY.finditer(text):
        yield from enumerate(text[place : entity.start()], place)
        yield entity.start(), html.unescape(entity[0])
        place = entity.end()
    yield from enumerate(text[place:], place)


#: A gap of up to n characters: `<40>`. `<40!you|how>`: the gap contains none of these words.
_GAP = re.compile(r"<(\d{1,2})(?:!([a-z|]+))?>")
#: One character of a gap, which crosses neither the end of a sentence nor an empty line.
_WITHIN = r"(?:[^.!?;\n]|\.(?=\d))"


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern in the notation of the rules: a regular expression with gaps (`_GAP`).

    Raises ValueError if it is not valid, or if it matches an empty text.
    """
    try:
        compiled = re.compile(_GAP.sub(_gap, pattern), re.IGNORECASE)
    except re.error as broken:
        raise ValueError(f"{pattern}: {broken}") from broken
    if compiled.match(""):
        raise ValueError(f"{pattern}: matches an empty text")
    return compiled


def _gap(written: re.Match[str]) -> str:
    length, without = written.groups()
    one = rf"(?!\b(?:{without})\b){_WITHIN}" if without else _WITHIN
    return f"(?:{one}){{0,{length}}}?"
