"""What an erasure of a tenant's person deletes here: the Message-IDs of their mails."""

from __future__ import annotations

from support.mail.models import MailHeader
from support.tickets import erasing


def delete_headers(author: str) -> int:
    """Delete the Message-IDs of a person's mails; `author`: "<schema>:<pseudonym>". Returns their number."""
    schema, _colon, person = author.partition(":")
    rows = MailHeader.objects.filter(
        participant__ticket__tenant__schema_name=schema, participant__person=person
    )
    return rows.delete()[0]


erasing.register("mail_headers", delete_headers)
