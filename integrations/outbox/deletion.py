"""Deletes the payloads that an action has released, in small steps, so that nobody waits for it."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

AT_ONCE = 2_000
# A payload that somebody is sending right now is left to the next hour.
DELETE = """
DELETE FROM integrations_payload WHERE id IN (
    SELECT payload.id FROM integrations_payload AS payload
    JOIN integrations_endpointnumber AS number ON number.endpoint_id = payload.endpoint_id
    WHERE payload.endpoint_id = %s AND payload.number <= number.deleted_upto AND payload.state <> 'sending'
    ORDER BY payload.number LIMIT %s
)
"""
RELEASED = """
SELECT number.endpoint_id FROM integrations_endpointnumber AS number
WHERE EXISTS (
    SELECT FROM integrations_payload AS payload
    WHERE payload.endpoint_id = number.endpoint_id AND payload.number <= number.deleted_upto
      AND payload.state <> 'sending'
)
ORDER BY number.endpoint_id
"""


def released() -> list[UUID]:
    """The endpoints with payloads that are released and still there."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASED)
        return [endpoint for (endpoint,) in cursor.fetchall()]


def delete_released(endpoint: UUID) -> int:
    """Delete the oldest released payloads of an endpoint, a limited number. Returns how many; 0: all are gone.

    Their attempts have to be deleted before.
    """
    with connection.cursor() as cursor:
        cursor.execute(DELETE, [endpoint, AT_ONCE])
        return cursor.rowcount
