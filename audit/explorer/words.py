"""The sentences of reading the trail, which is recorded outside of actions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import register_sentence

TRAIL, EVENT, REQUEST = "audit.trail.read", "audit.event.read", "audit.request.read"

register_sentence(TRAIL, done=_("read the audit trail"), tried=_("tried to read the audit trail"))
register_sentence(EVENT, done=_("read an event of the audit trail"), tried=_("tried to read an event"))
register_sentence(
    REQUEST, done=_("read the events of a request"), tried=_("tried to read the events of a request")
)
