"""The one exception of this package, written for the person at the terminal."""


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL has failed. The message says what to do."""
