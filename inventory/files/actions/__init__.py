"""Importing master data: one action per noun, a whole file or nothing."""

from inventory.files.actions.bins import import_bins
from inventory.files.actions.categories import import_categories
from inventory.files.actions.file_lines import Imported
from inventory.files.actions.hubs import import_hubs
from inventory.files.actions.items import import_items
from inventory.files.actions.vendors import import_vendors

__all__ = ["Imported", "import_bins", "import_categories", "import_hubs", "import_items", "import_vendors"]
