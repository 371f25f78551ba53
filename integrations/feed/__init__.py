"""The pull feed: the same payloads in the same order, for a receiver that reads them itself."""
