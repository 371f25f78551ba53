"""Forms of master data. They check the shape of the input; the actions check everything else, under a lock."""

from inventory.forms.bins import BinFilters, BinForm
from inventory.forms.categories import CategoryForm
from inventory.forms.hubs import HubForm
from inventory.forms.items import ItemFilters, ItemForm
from inventory.forms.records import RecordFilters, RecordForm
from inventory.forms.vendors import EligibilityForm, VendorFilters, VendorForm

__all__ = [
    "BinFilters",
    "BinForm",
    "CategoryForm",
    "EligibilityForm",
    "HubForm",
    "ItemFilters",
    "ItemForm",
    "RecordFilters",
    "RecordForm",
    "VendorFilters",
    "VendorForm",
]
