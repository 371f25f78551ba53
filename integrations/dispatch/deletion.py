"""Deletes the attempts of payloads that retention has released, in small steps, before the payloads themselves."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

AT_ONCE = 2_000
DELETE = """
DELETE FROM integrations_attempt WHERE id IN (
    SELECT attempt.id FROM integrations_attempt AS attempt
    JOIN integrations_payload AS payload ON payload.id = attempt.payload_id
    JOIN integrations_endpointnumber AS number ON number.endpoint_id = payload.endpoint_id
    WHERE payload.endpoint_id = %s AND payload.number <= number.deleted_upto AND payload.state <> 'sending'
    LIMIT %s
)
"""


def delete_released_attempts(endpoint: UUID) -> int:
    """Delete attempts of released payloads of an endpoint, a limited number. Returns how many; 0: all are gone."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE, [endpoint, AT_ONCE])
        return cursor.rowcount
