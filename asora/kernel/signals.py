"""The one signal of the product: an audit event was written.

The trail sends it inside the transaction that writes the event, for events of the door and for copies of operators'
events. Only the outbox of integrations listens to it; no business rule may depend on it.
"""

from __future__ import annotations

from django.dispatch import Signal

#: Sent with `event`: the audit event as it was written, numbered.
recorded = Signal()
