"""The language of the query bar: `outcome:refused actor:u-3f… record:"Bolt M8"`.

This file knows how queries are spelt. `event_query` knows the filters and their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.request_ids import SHAPE

#: The parameter and the field that contain a whole query as text.
BAR = "q"
MAX_TEXT = 1_000
_TERM = re.compile(r'\s*(?:(?P<name>[^\s:"]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s"]+))(?=\s|$)')
_NEEDS_QUOTES = re.compile(r'[\s"\\]|^$')


def read(text: str, *, known: Iterable[str]) -> dict[str, str]:
    """The terms of a query by the name of their filter; `known`: the names of all filters.

    A request id may be written alone. Refusals: VALIDATION_FAILED INVALID_INPUT at `q` for a text that is too long, a
    quote that is not closed, an unknown filter, a word without a filter, a filter that is named twice.
    """
    if len(text) > MAX_TEXT:
        raise _refused(_("This query is too long. Use at most %(number)s characters.") % {"number": MAX_TEXT})
    terms: dict[str, str] = {}
    names, place = list(known), 0
    text = text.strip()
    while place < len(text):
        term = _TERM.match(text, place)
        if term is None:
            raise _refused(
                _(
                    "The query cannot be read from character %(place)s on. Close every quote, and leave a space "
                    "after it."
                )
                % {"place": place + 1}
            )
        name, value = _name_of(term, names, terms), _value_of(term)
        if name in terms:
            raise _refused(_("The filter “%(name)s” is there twice. Remove one.") % {"name": name})
        terms[name] = value
        place = term.end()
    return terms


def write(terms: Mapping[str, str]) -> str:
    """The text of a query, in the order of the terms. `read` reads the same terms from it."""
    return " ".join(f"{name}:{_quoted(value)}" for name, value in terms.items())


def _name_of(term: re.Match[str], names: list[str], terms: Mapping[str, str]) -> str:
    name = term["name"]
    if name is None and SHAPE.match(term["plain"] or ""):
        return "request"
    if name is None:
        raise _refused(
            _("Word %(number)s has no filter. Write, for example, record:BOLT. Filters: %(names)s.")
            % {"number": len(terms) + 1, "names": ", ".join(names)}
        )
    if name.lower() not in names:
        raise _refused(
            _("There is no filter “%(name)s”. Filters: %(names)s.")
            % {"name": _short(name), "names": ", ".join(names)}
        )
    return name.lower()


def _value_of(term: re.Match[str]) -> str:
    quoted = term["quoted"]
    return term["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def _quoted(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _refused(message: str) -> ValidationFailed:
    return ValidationFailed.at_field(BAR, message, reason=Reason.INVALID_INPUT)
