"""Two people at the same moment: one of them is refused, and the rules hold."""

from __future__ import annotations

from typing import Any

from asora.kernel.refusals import Reason, Refusal
from inventory.actions.categories import archive_category, edit_category
from inventory.actions.items import create_item, edit_item
from inventory.models import Barcode, Category, Item
from tests.factories.items import default_category

TRIES = 6


def reasons(results: list[Any]) -> list[Reason]:
    """Why the refused ones were refused; anything else that was raised is a failure."""
    unexpected = [
        result for result in results if isinstance(result, Exception) and not isinstance(result, Refusal)
    ]
    assert not unexpected, unexpected
    return [result.reason for result in results if isinstance(result, Refusal)]


def test_nothing_slips_into_a_category_while_it_is_archived(
    committed_tenant: Any, act_as: Any, threads: Any
) -> None:
    committed_tenant(plan="enterprise")
    for number in range(TRIES):
        category = Category.objects.create(code=f"C-{number}", name="C")
        acts = [act_as("manager"), act_as("manager")]
        work = [
            lambda act, node=category: archive_category(act, category=node),
            lambda act, node=category: create_item(act, sku=node.code, name="N", category=node, unit="EA"),
        ]
        results = threads(2, lambda which, acts=acts, work=work: work[which](acts[which]))
        assert reasons(results) in ([Reason.STILL_IN_USE], [Reason.CATEGORY_ARCHIVED])


def test_two_branches_are_never_hung_below_each_other(
    committed_tenant: Any, act_as: Any, threads: Any
) -> None:
    committed_tenant()
    for number in range(TRIES):
        pair = [Category.objects.create(code=f"{side}-{number}", name=side) for side in "LR"]
        acts = [act_as("manager"), act_as("manager")]

        def hang(which: int, pair: Any = pair, acts: Any = acts) -> Category:
            return edit_category(
                acts[which], category=pair[which], version=1, name="N", parent=pair[1 - which]
            )

        assert reasons(threads(2, hang)) == [Reason.PARENT_LOOP]


def test_one_scan_code_never_means_two_items(committed_tenant: Any, act_as: Any, threads: Any) -> None:
    committed_tenant(plan="enterprise")
    category = default_category()
    for number in range(TRIES):
        item = create_item(act_as("manager"), sku=f"A-{number}", name="A", category=category, unit="EA")
        acts = [act_as("manager"), act_as("manager")]
        work = [
            lambda act, item=item, n=number: edit_item(act, item=item, version=1, barcodes=[f"B-{n}"]),
            lambda act, n=number: create_item(act, sku=f"B-{n}", name="B", category=category, unit="EA"),
        ]
        results = threads(2, lambda which, acts=acts, work=work: work[which](acts[which]))
        assert reasons(results) == [Reason.BARCODE_TAKEN]
    assert Item.objects.filter(sku__startswith="B").count() + Barcode.objects.count() == TRIES


def test_two_edits_of_one_version(committed_tenant: Any, act_as: Any, threads: Any) -> None:
    committed_tenant()
    item = create_item(act_as("manager"), sku="A", name="A", category=default_category(), unit="EA")
    acts = [act_as("manager") for _ in range(4)]
    results = threads(4, lambda n: edit_item(acts[n], item=item, version=1, name=f"Of {n}"))
    assert reasons(results) == [Reason.STALE_FORM] * 3
