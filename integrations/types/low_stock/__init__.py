"""Stock that fell to its reorder point."""
