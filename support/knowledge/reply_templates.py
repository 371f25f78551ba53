"""Fills a reply template. Pure.

A variable is written `{ticket.ref}`. A paragraph that begins with `? ` is optional: it is left out if one of its
variables has no value. A paragraph without that sign needs all its values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: All variables that a template may use, with what they are filled from. None names a person: sent replies are stored.
VARIABLES: Mapping[str, str] = {
    "ticket.ref": "the ticket's reference",
    "tenant.name": "the name of the company",
    "request.id": "the request that the linked event belongs to",
    "event.time_utc": "the moment of the linked event, in UTC",
    "event.action": "the action of the linked event, in words",
    "rule.name": "the rule that decided",
    "rule.limit": "the limit of the plan at that moment",
    "rule.usage": "the usage at that moment",
    "rule.permission": "the permission that was missing",
    "audit.outcome": "the outcome of the linked event, with its code and reason",
    "doc.link": "the address of the error guide's page",
    "next_update_at": "when support writes again at the latest",
    "known_issue.title": "the title of the known issue",
    "known_issue.workaround": "what the known issue's entry advises",
    "incident.ref": "the reference of the incident",
    "incident.state": "the state of the incident",
    "plan.name": "the name of the company's plan",
    "report.rows": "the number of rows of the export",
    "ledger.summary": "the entries of the place and their sum",
    "missing_info": "the information that is still missing, as a list",
}
OPTIONAL = "? "
_VARIABLE = re.compile(r"\{\s*([A-Za-z_][A-Za-z0-9_.]*)\s*\}")
#: The sentence of the shipped templates, and how it is said otherwise.
_NEXT_UPDATE = re.compile(r"(?:\? )?We will write again by \{\s*next_update_at\s*\}\.[ \t]*")
_PROMISE = re.compile(
    r"\b(?:we|i|support)(?:['\u2019]ll| will)\b[^.!?\n]{0,40}\b(?:again|back|next update)\b[^.!?\n]{0,40}"
    r"\b(?:by|at|on|before|until|tomorrow)\b|\{\s*next_update_at\s*\}",
    re.IGNORECASE,
)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled template. `missing`: variables that are needed and have no value; `unknown`: that do not exist.

    A text with one of either must not be sent. Their places stay visible in it, as `{name}`.
    """

    text: str
    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every variable is filled."""
        return not self.missing and not self.unknown


def variables_of(text: str) -> tuple[str, ...]:
    """The names of the variables in a text, each once, in order of their first place."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def prepare(text: str, values: Mapping[str, str]) -> str:
    """A template as its author edits it: optional paragraphs that cannot be filled are left out, variables remain.

    `values`: variable to text; "" is no value.
    """
    paragraphs = _PARAGRAPHS.split(text.strip())
    kept = [one for one in paragraphs if not one.startswith(OPTIONAL) or not _lacking(one, values)]
    return "\n\n".join(one.removeprefix(OPTIONAL) for one in kept)


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Fill a template or an edited text with `values`, as of `prepare`. Values are not filled again."""
    kept = prepare(text, values)
    unknown = tuple(name for name in variables_of(text) if name not in VARIABLES)
    return Filled(_VARIABLE.sub(lambda found: _value(found, values), kept), _lacking(kept, values), unknown)


def without_next_update(text: str) -> str:
    """A text without the sentence that promises the next update."""
    return _NEXT_UPDATE.sub("", text).rstrip()


def promises_update(text: str) -> bool:
    """Whether a text says when support writes again."""
    return _PROMISE.search(text) is not None


def _lacking(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in variables_of(text) if name in VARIABLES and not values.get(name))


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    name = found[1]
    return (values.get(name) if name in VARIABLES else None) or found[0]
