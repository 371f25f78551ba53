"""The table of an item's fields is whole: no field of the model is missing in the form, the file or the download."""

from __future__ import annotations

from inventory.files.kinds import ITEM_FILES
from inventory.forms import ItemForm
from inventory.models import Item
from inventory.models.item_fields import BY_NAME, ITEM_FIELDS, SECTIONS


def test_every_column_that_people_fill_in_is_described() -> None:
    columns = {field.name for field in Item._meta.get_fields() if getattr(field, "editable", False)}
    described = {field.name for field in ITEM_FIELDS if field.sources}
    assert columns - {"id", "sku_key"} == described


def test_every_field_is_on_the_form_and_in_the_file() -> None:
    shown = [name for _legend, names in SECTIONS for name in names]
    assert sorted([*shown, "reorder_points"]) == sorted(BY_NAME)
    assert set(shown) <= set(ItemForm.base_fields)
    assert [column.name for column in ITEM_FILES.columns] == [
        *(field.in_file for field in ITEM_FIELDS),
        "state",
    ]
