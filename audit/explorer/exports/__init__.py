"""Events that leave Asora: one copied in a format, or a filtered slice as a file with a manifest of hashes."""
