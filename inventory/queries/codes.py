"""Find master data by codes that are typed, scanned or imported. Codes are compared by `kernel.text.fold_code`.

No two equal codes can be created. Some exist from before this rule. A code that can never change (of a hub, bin,
vendor or category, or an SKU) is then found only in its exact spelling. A barcode that could mean two items finds
neither, in any spelling, until it is removed from one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import StrOrPromise
from asora.kernel.text import fold_code
from inventory.models import Barcode, Bin, Hub, Item

MAX_CODE = 200  # no code is longer

MAX_IN_A_QUERY = 5_000  # with more codes than this, reading every row is faster than a long IN list

M = TypeVar("M", bound=Model)
BARCODE = ""  # instead of a spelling: the spelling of a barcode does not decide between two records


class Found(Generic[M]):
    """The records found for some codes. `claims`: key, the code as the record spells it (or BARCODE), the record."""

    def __init__(self, claims: Iterable[tuple[str, str, M]]) -> None:
        self._claims: dict[str, list[tuple[str, M]]] = {}
        for key, spelling, record in claims:
            self._claims.setdefault(key, []).append((spelling, record))

    def get(self, code: str) -> M | None:
        """The record with this code; None if there is none, or more than one."""
        claims = self._claims.get(address_key(code), [])
        if len({record for _spelling, record in claims}) > 1:
            spelt_so = [record for spelling, record in claims if spelling == code.strip()]
            is_final = all(spelling != BARCODE for spelling, _record in claims)
            return spelt_so[0] if is_final and len(spelt_so) == 1 else None
        return claims[0][1] if claims else None

    def is_ambiguous(self, code: str) -> bool:
        """Returns True if this code could mean several records."""
        return address_key(code) in self._claims and self.get(code) is None

    def missing(self, code: str, reason: Reason, message: StrOrPromise) -> tuple[Reason, str]:
        """Why `get` returned None: `reason` and `message` for an unknown code, otherwise CODE_AMBIGUOUS."""
        if not self.is_ambiguous(code):
            return reason, str(message)
        meant = dict.fromkeys(str(record) for _spelling, record in self._claims[address_key(code)])
        text = _(
            "This code can mean %(records)s. Codes that differ only in upper and lower case are the same code."
        )
        return Reason.CODE_AMBIGUOUS, text % {"records": _(" or ").join(meant)}


def address_key(code: str) -> str:
    """The key of a code, or of an address `HUB/BIN`: spaces around its first slash do not matter."""
    hub, slash, place = fold_code(code).partition("/")
    return f"{hub.rstrip()}{slash}{place.lstrip()}"


def is_code(text: str) -> bool:
    """Returns True if a text can be a code: neither empty nor too long, and without NUL, which PostgreSQL refuses."""
    return bool(text) and len(text) <= MAX_CODE and "\x00" not in text


def by_code(rows: QuerySet[M], codes: Iterable[str], *, field: str = "code") -> Found[M]:
    """The categories, hubs, vendors (or, by `field="sku"`, items) among `rows` with these codes."""
    wanted = {fold_code(code) for code in codes if is_code(code)}
    if not wanted:
        return Found([])
    found = rows if len(wanted) > MAX_IN_A_QUERY else rows.filter(**{f"{field}_key__in": wanted})
    claims = ((getattr(row, f"{field}_key"), getattr(row, field), row) for row in found)
    return Found(claim for claim in claims if claim[0] in wanted)


def find_hub(code: str) -> Hub | None:
    """The hub with this code."""
    return by_code(Hub.objects.all(), [code]).get(code)


def items_by_code(codes: Iterable[str]) -> Found[Item]:
    """The items with these SKUs or barcodes, with their category and put-away bin; archived ones too."""
    wanted = {fold_code(code) for code in codes if is_code(code)}
    if not wanted:
        return Found([])
    items = Item.objects.select_related("category", "putaway_bin__hub")
    claims = [(item.sku_key, item.sku, item) for item in items.filter(sku_key__in=wanted)]
    scanned = list(Barcode.objects.filter(key__in=wanted).values_list("key", "item_id"))
    known = {item.pk: item for _key, _sku, item in claims}
    known |= items.in_bulk({item for _key, item in scanned} - known.keys())
    return Found([*claims, *((key, BARCODE, known[item]) for key, item in scanned)])


def find_item(code: str) -> Item | None:
    """The item with this SKU or barcode; archived ones too. Refusals: VALIDATION_FAILED CODE_AMBIGUOUS."""
    found = items_by_code([code])
    if found.is_ambiguous(code):
        reason, message = found.missing(code, Reason.UNKNOWN_ITEM, "")
        raise ValidationFailed.at_field("item", message, reason=reason)
    return found.get(code)


def bins_by_address(addresses: Iterable[str], *, rows: QuerySet[Bin] | None = None) -> Found[Bin]:
    """The bins (among `rows`) at these addresses, HUB/BIN, with their hubs."""
    pairs = {
        (hub, place)
        for hub, slash, place in (address_key(text).partition("/") for text in addresses if is_code(text))
        if slash
    }
    if not pairs:
        return Found([])
    bins = (Bin.objects.all() if rows is None else rows).select_related("hub")
    # Reads every wanted bin code in every wanted hub: a few more bins than wanted, which do no harm.
    codes = {place for _hub, place in pairs}
    found = bins.filter(hub__code_key__in={hub for hub, _place in pairs})
    found = found if len(codes) > MAX_IN_A_QUERY else found.filter(code_key__in=codes)
    return Found((f"{bin_.hub.code_key}/{bin_.code_key}", bin_.address, bin_) for bin_ in found)


def find_bin(hub_code: str, bin_code: str) -> Bin | None:
    """The bin with this code at the hub with that code."""
    address = f"{hub_code}/{bin_code}"
    return bins_by_address([address]).get(address)


def at_address(rows: QuerySet[M], **codes: str) -> QuerySet[M]:
    """The rows with the codes of a page's URL; the row with the exact spelling comes first.

    `codes`: field to code, as in `at_address(Bin.objects, hub__code="north", code="a-1")`.
    """
    if not all(is_code(code) for code in codes.values()):
        return rows.none()
    keys = {f"{field}_key": code for field, code in codes.items()}
    spelt_so = Case(When(Q(**codes), then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.filter(**keys).order_by(spelt_so, "pk")
