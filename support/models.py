"""The tables of the support desk. Public schema only."""

from support.access.models import AccessSession

__all__ = ["AccessSession"]
