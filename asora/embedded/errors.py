"""The one exception of this package, written for the person at the terminal."""


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message says what to do about it."""
