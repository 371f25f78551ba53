"""What a reply has to contain. Pure: the requirements are data, the facts of the ticket are arguments."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from asora.kernel.shapes import ReadOnlyValues


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. The text must contain the value of each of `variables`, or match one of `patterns`.

    `when`: conditions that all have to hold; `unless`: conditions of which none may hold. A variable without a value
    is required only if `is_needed`: a reply need not name a request if no event is linked.
    """

    key: str
    sentence: str
    variables: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    is_needed: bool = False


def requirements_of(values: ReadOnlyValues) -> tuple[Requirement, ...]:
    """The requirements of a knowledge entry. Raises ValueError if a pattern is not valid."""
    found = []
    for key, row in values["requirements"].items():
        for pattern in row.get("patterns", ()):
            _valid(pattern)
        found.append(
            Requirement(
                key=key,
                sentence=row["sentence"],
                variables=tuple(row.get("variables", ())),
                patterns=tuple(row.get("patterns", ())),
                when=tuple(row.get("when", ())),
                unless=tuple(row.get("unless", ())),
                is_needed=bool(row.get("is_needed", False)),
            )
        )
    return tuple(found)


def missing(
    text: str,
    requirements: Sequence[Requirement],
    *,
    values: Mapping[str, str],
    conditions: Collection[str] = (),
) -> list[Requirement]:
    """The requirements that `text` (already filled) does not meet.

    `values`: what the variables are for this ticket. `conditions`: such as `resolves`, `acknowledges`, `asks`,
    `category_a_to_d`.
    """
    plain = _folded(text)
    return [one for one in requirements if _applies(one, conditions) and not _is_met(one, plain, values)]


def _applies(one: Requirement, conditions: Collection[str]) -> bool:
    return all(name in conditions for name in one.when) and not any(name in conditions for name in one.unless)


def _is_met(one: Requirement, plain: str, values: Mapping[str, str]) -> bool:
    for name in one.variables:
        value = _folded(values.get(name, ""))
        if (value and value not in plain) or (not value and one.is_needed):
            return False
    return not one.patterns or any(re.search(pattern, plain, re.IGNORECASE) for pattern in one.patterns)


def _folded(text: str) -> str:
    """For comparison: without Markdown's marks, in lower case, with single spaces."""
    return " ".join(re.sub(r"[*_`\\]", "", text).casefold().split())


def _valid(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as broken:
        raise ValueError(f"{pattern}: {broken}") from broken
