"""What is written about a freeze, with markup and a line break that pages must show as they were typed."""

from __future__ import annotations

from plans.models import FreezeToggle

REASON = "Stock <b>of two hubs</b> differs"
CAUSE = "A file was imported\ninto the wrong hub"


def root_cause_number() -> int:
    """The number of the latest root cause; 0 if there is none."""
    written = FreezeToggle.objects.filter(kind="root_cause").order_by("pk").last()
    return written.pk if written else 0
