"""The five imports by name: one action per file, all or nothing."""

from inventory.actions.bins import import_bins
from inventory.actions.categories import import_categories
from inventory.actions.files import Imported
from inventory.actions.hubs import import_hubs
from inventory.actions.item_files import import_items
from inventory.actions.vendors import import_vendors

__all__ = ["Imported", "import_bins", "import_categories", "import_hubs", "import_items", "import_vendors"]
