"""Forms to move stock: a document with its lines, and a reversal. Nothing here saves."""
