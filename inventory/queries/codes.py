"""Finding master data by the codes that people type, scan and send: one rule of equality, `kernel.text.fold_code`.

Codes that are equal under it cannot be created twice. Where two are left from before, a code that was chosen for good
(of a hub, bin, vendor or category, and SKUs among themselves) names its record in its own spelling only; a barcode
that could mean two items names neither, however it is spelt, until the owner takes it from one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.text import fold_code
from inventory.models import Barcode, Bin, Hub, Item

LONGEST_CODE = 200  # of what is looked up; nothing longer is a code

MOST_IN_A_QUERY = 5_000  # codes; with more of them, reading every row costs less than the question

M = TypeVar("M", bound=Model)
BARCODE = ""  # instead of a spelling: this claim decides nothing


class Found(Generic[M]):
    """What was found for some codes. `claims`: key, the code as the record spells it (or BARCODE), the record."""

    def __init__(self, claims: Iterable[tuple[str, str, M]]) -> None:
        self._claims: dict[str, list[tuple[str, M]]] = {}
        for key, spelling, record in claims:
            self._claims.setdefault(key, []).append((spelling, record))

    def get(self, code: str) -> M | None:
        """The record that this code names; None if there is none, or more than one."""
        claims = self._claims.get(address_key(code), [])
        if len({record for _spelling, record in claims}) > 1:
            spelt_so = [record for spelling, record in claims if spelling == code.strip()]
            is_final = all(spelling != BARCODE for spelling, _record in claims)
            return spelt_so[0] if is_final and len(spelt_so) == 1 else None
        return claims[0][1] if claims else None

    def is_ambiguous(self, code: str) -> bool:
        """Whether this code names none because it could mean several."""
        return address_key(code) in self._claims and self.get(code) is None

    def missing(self, code: str, reason: Reason, message: Any) -> tuple[Reason, str]:
        """Why `get` found none: `reason` and `message` for a code that is not known, else CODE_AMBIGUOUS."""
        if not self.is_ambiguous(code):
            return reason, str(message)
        meant = dict.fromkeys(str(record) for _spelling, record in self._claims[address_key(code)])
        text = _(
            "This code can mean %(records)s. Codes that differ only in upper and lower case are the same one."
        )
        return Reason.CODE_AMBIGUOUS, text % {"records": _(" or ").join(meant)}


def address_key(code: str) -> str:
    """The key of a code, or of an address `HUB/BIN`: spaces around its first slash do not matter."""
    hub, slash, place = fold_code(code).partition("/")
    return f"{hub.rstrip()}{slash}{place.lstrip()}"


def is_code(text: str) -> bool:
    """Whether a text can be looked up at all: neither empty nor overlong, and nothing that no column can hold."""
    return bool(text) and len(text) <= LONGEST_CODE and "\x00" not in text


def by_code(rows: QuerySet[M], codes: Iterable[str], *, field: str = "code") -> Found[M]:
    """The categories, hubs, vendors (or, by `field="sku"`, items) among `rows` with these codes."""
    wanted = {fold_code(code) for code in codes if is_code(code)}
    if not wanted:
        return Found([])
    found = rows if len(wanted) > MOST_IN_A_QUERY else rows.filter(**{f"{field}_key__in": wanted})
    claims = ((getattr(row, f"{field}_key"), getattr(row, field), row) for row in found)
    return Found(claim for claim in claims if claim[0] in wanted)


def find_hub(code: str) -> Hub | None:
    """The hub with this code."""
    return by_code(Hub.objects.all(), [code]).get(code)


def items_by_code(codes: Iterable[str]) -> Found[Item]:
    """The items that these SKUs and barcodes name, with their category and put-away bin; archived ones too."""
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
    # Of every hub that is named, every code that is named: a few more than wanted, which nobody looks up.
    codes = {place for _hub, place in pairs}
    found = bins.filter(hub__code_key__in={hub for hub, _place in pairs})
    found = found if len(codes) > MOST_IN_A_QUERY else found.filter(code_key__in=codes)
    return Found((f"{bin_.hub.code_key}/{bin_.code_key}", bin_.address, bin_) for bin_ in found)


def find_bin(hub_code: str, bin_code: str) -> Bin | None:
    """The bin with this code at the hub with that one."""
    address = f"{hub_code}/{bin_code}"
    return bins_by_address([address]).get(address)


def at_address(rows: QuerySet[M], **codes: str) -> QuerySet[M]:
    """The rows that the address of a page names, the one whose very spelling it is first.

    `codes`: field to code, as in `at_address(Bin.objects, hub__code="north", code="a-1")`.
    """
    if not all(is_code(code) for code in codes.values()):
        return rows.none()
    keys = {f"{field}_key": code for field, code in codes.items()}
    spelt_so = Case(When(Q(**codes), then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.filter(**keys).order_by(spelt_so, "pk")
