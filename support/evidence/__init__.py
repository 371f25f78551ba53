"""Evidence: references to events of a tenant's trail that can be checked again later, and packs of them."""
