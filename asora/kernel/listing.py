"""One definition of a list serves its page, its HTMX fragment and its CSV.

Paging is by key: the rows after `(a, id)` are found by comparing whole keys, never by OFFSET (slow on late pages) and
never by a timestamp alone (not unique). Counts are capped, so that no page scans a whole table to count it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.signing import BadSignature, Signer
from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import HttpRequest
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Rows, StrOrPromise

PAGE_SIZE = 50
COUNT_CAP = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its stable name (the CSV header), its label (the page header), and how to read it from a row."""

    name: str
    label: StrOrPromise
    value: Callable[[Any], Any]
    kind: str = "text"  # text, code, kind, quantity, money, ordinal, moment, date, flag, badge
    link: Callable[[Any], str] | None = None
    decimals: Callable[[Any], int] | None = None
    badges: str = (
        ""  # of kinds badge and kind: the group that its states have their words in (`kernel.words`)
    )


@dataclass(frozen=True, slots=True)
class Download:
    """How a listing is downloaded as a CSV file.

    `columns(act)`: the columns of the file that this actor may see; None: those of the page. `prepare`: adds to the
    query what only these columns need.
    """

    columns: Callable[[Act], Sequence[Column]] | None = None
    prepare: Callable[[Rows], Rows] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, with the keys of its neighbours and a capped count."""

    rows: Sequence[Any]
    after: str
    before: str
    count: int
    capped: bool

    @property
    def count_label(self) -> str:
        """`1,234`, or `10,000+` if the count reached the cap."""
        return f"{self.count:,}+" if self.capped else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Beyond:
    """The limit of a page: it shows only rows whose key is below (or above) `values`."""

    values: tuple[Any, ...]
    is_below: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A filter form, columns, an order that identifies a row, and the query behind them.

    `query(act, filters)` returns the rows that this actor may see. `order` names the fields of the key, most
    significant first, all ascending or (`descending=True`) all descending; together they are unique and never null.

    `download`: how it is downloaded as CSV; None: it cannot be.

    For a page that starts at a key, `filters["beyond"]` is a `Beyond`. The listing filters the rows by it. PostgreSQL
    does not apply that filter inside subqueries, so a query with a large subquery can use it there.
    """

    name: str
    columns: Sequence[Column]
    order: tuple[str, ...]
    query: Callable[[Act, ReadOnlyValues], Rows]
    filters: type[forms.Form] = forms.Form
    descending: bool = False
    page_size: int = PAGE_SIZE
    count_cap: int | None = None  # None: COUNT_CAP, the most rows that are counted
    permission: Permission | None = None
    download: Download | None = None
    unrecorded: tuple[str, ...] = ()  # filters whose text must not be written to an audit event
    extra: ReadOnlyValues = field(default_factory=dict)

    def form(self, request: HttpRequest) -> forms.Form:
        """The filter form, filled from the URL.

        If the form has a method `narrow(act)`, it limits the choices to what the actor may see.
        """
        form = self.filters(request.GET)
        if narrow := getattr(form, "narrow", None):
            narrow(request.act)  # type: ignore[attr-defined]
        return form

    def page(self, act: Act, filters: ReadOnlyValues, *, after: str = "", before: str = "") -> Page:
        """The page after (or before) a key; both empty: the first page.

        Refusals: VALIDATION_FAILED INVALID_INPUT for a key that this listing did not make.
        """
        base = self.query(act, filters)
        forwards = not before
        rows = base
        if key := (after or before):
            beyond = Beyond(self._unpack(act, key), is_below=self.descending == forwards)
            rows = self.query(act, {**filters, "beyond": beyond}).filter(self._bounded(beyond))
        rows = rows.order_by(*self._ordering(forwards=forwards))
        found = list(rows[: self.page_size + 1])
        more = len(found) > self.page_size
        found = found[: self.page_size]
        if not forwards:
            found.reverse()
        cap = COUNT_CAP if self.count_cap is None else self.count_cap
        count = base.order_by()[: cap + 1].count()
        return Page(
            rows=found,
            after=self._pack(act, found[-1]) if found and (more if forwards else True) else "",
            before=self._pack(act, found[0]) if found and (bool(after) if forwards else more) else "",
            count=min(count, cap),
            capped=count > cap,
        )

    def rows(self, act: Act, filters: ReadOnlyValues) -> Iterator[Any]:
        """All rows in order, in chunks, for a download."""
        rows = self.query(act, filters).order_by(*self._ordering(forwards=True))
        if self.download and self.download.prepare:
            rows = self.download.prepare(rows)
        return rows.iterator(chunk_size=2000)

    def _ordering(self, *, forwards: bool) -> list[str]:
        falling = self.descending == forwards
        return [f"-{name}" if falling else name for name in self.order]

    def _bounded(self, beyond: Beyond) -> object:
        lookup = TupleLessThan if beyond.is_below else TupleGreaterThan
        return lookup(Tuple(*(F(name) for name in self.order)), beyond.values)

    def _pack(self, act: Act, row: Any) -> str:
        values = []
        for name in self.order:
            value: Any = row
            for step in name.split("__"):
                value = value[step] if isinstance(value, Mapping) else getattr(value, step)
            values.append(value)
        return pack_key(act, values, purpose=self._purpose)

    def _unpack(self, act: Act, key: str) -> tuple[Any, ...]:
        return unpack_key(act, key, purpose=self._purpose)

    @property
    def _purpose(self) -> str:
        return f"{self.name}:{','.join(self.order)}"


def page_by_key(
    act: Act,
    read: Callable[..., Sequence[Any]],
    *,
    key: Callable[[Any], Sequence[Any]],
    purpose: str,
    count: int,
    after: str,
    before: str,
) -> Page:
    """A page of rows without a model. `read(limit=…, after=…, before=…)` takes the values of a key, or `()`.

    Refusals: VALIDATION_FAILED INVALID_INPUT for a key that was not made for this purpose.
    """
    backwards = bool(before and not after)
    rows = read(
        limit=PAGE_SIZE + 1,
        after=unpack_key(act, after, purpose=purpose) if after else (),
        before=unpack_key(act, before, purpose=purpose) if backwards else (),
    )
    more = len(rows) > PAGE_SIZE
    shown = rows[-PAGE_SIZE:] if backwards else rows[:PAGE_SIZE]
    return Page(
        rows=shown,
        after=pack_key(act, key(shown[-1]), purpose=purpose) if shown and (more or backwards) else "",
        before=pack_key(act, key(shown[0]), purpose=purpose)
        if shown and (more if backwards else after)
        else "",
        count=count,
        capped=False,
    )


def pack_key(act: Act, values: Sequence[Any], *, purpose: str) -> str:
    """The key of a row for use in a URL, valid only in this tenant and for this purpose."""
    packed = json.dumps([_tagged(value) for value in values], separators=(",", ":")).encode()
    return _signer(act, purpose).sign(base64.urlsafe_b64encode(packed).decode().rstrip("="))


def unpack_key(act: Act, key: str, *, purpose: str) -> tuple[Any, ...]:
    """The values packed by `pack_key`. Refusals: VALIDATION_FAILED INVALID_INPUT for any other text."""
    try:
        packed = _signer(act, purpose).unsign(key)
    except BadSignature as error:
        raise ValidationFailed(
            _("This link is incomplete or damaged. Open the list again."), reason=Reason.INVALID_INPUT
        ) from error
    values = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return tuple(_PARSERS[kind](value) for kind, value in values)


def _signer(act: Act, purpose: str) -> Signer:
    """Keys are signed: a forged value of the wrong type would fail in the database, with status 500."""
    return Signer(salt=f"asora.listing:{act.tenant.schema_name}:{purpose}")


_PARSERS: dict[str, Callable[[str], Any]] = {
    "s": str,
    "i": int,
    "d": Decimal,
    "t": datetime.fromisoformat,
    "y": date.fromisoformat,
    "u": UUID,
}
_TAGS: dict[type, str] = {str: "s", int: "i", Decimal: "d", datetime: "t", date: "y", UUID: "u"}


def _tagged(value: Any) -> tuple[str, str]:
    tag = _TAGS[type(value)]
    return tag, value.isoformat() if tag in "ty" else str(value)
