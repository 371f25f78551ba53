"""Checks of the ledger against the audit trail: both record the same changes, so they have to agree.

Somebody who gets past the triggers of one would have to forge the other one too. Each check is a SELECT of (what, is
it wrong), like those of `verification`. Records without an event (made before there was a trail) are not compared.
"""

from __future__ import annotations

_CHANGES = """
    SELECT DISTINCT ON (change->>'id')
           change->>'id' AS id, change->>'label' AS label,
           change->'after'->>'{name}' AS value
    FROM audit_event event
    CROSS JOIN LATERAL jsonb_array_elements(event.changes) change
    WHERE event.outcome = 'allowed' AND change->>'type' = '{type}' AND change->'after' ? '{name}'
    ORDER BY change->>'id', event.number DESC NULLS LAST, event.occurred_at DESC, event.id DESC
"""
_IMPORTS = """
    SELECT made.code FROM audit_event event
    CROSS JOIN LATERAL jsonb_array_elements_text(event.facts->'codes') AS made (code)
    WHERE event.outcome = 'allowed' AND event.action = '{action}' AND jsonb_typeof(event.facts->'codes') = 'array'
"""


def _last(type_: str, name: str) -> str:
    """The last value in the events for one field of each record of a type: (id, label, value)."""
    return _CHANGES.format(type=type_, name=name)


def _is_last(noun: str, table: str, column: str, *, type_: str, shown: str = "id") -> str:
    """Compare a column with the last event about it. `shown`: the column that names the record in an example."""
    return f"""SELECT '{noun} ' || coalesce(stored.{shown}::text, recorded.label) AS what,
                      stored.id IS NULL OR stored.{column}::text IS DISTINCT FROM recorded.value AS broken
               FROM ({_last(type_, column)}) recorded
               LEFT JOIN {table} stored ON stored.id::text = recorded.id"""  # noqa: S608 - our own words


def _is_there(noun: str, rows: str, *, action: str) -> str:
    """Compare the codes that imports recorded with those that exist. `rows`: a SELECT of (code)."""
    return f"""SELECT 'imported {noun}: ' || recorded.code AS what, stored.code IS NULL AS broken
               FROM ({_IMPORTS.format(action=action)}) recorded
               LEFT JOIN ({rows}) stored ON stored.code = recorded.code"""  # noqa: S608 - our own words


_CODES = (
    _is_last("item", "inventory_item", "sku", type_="inventory.item"),
    _is_last("category", "inventory_category", "code", type_="inventory.category"),
    _is_last("hub", "inventory_hub", "code", type_="inventory.hub"),
    _is_last("bin", "inventory_bin", "code", type_="inventory.bin"),
    _is_last("vendor", "inventory_vendor", "code", type_="inventory.vendor"),
    _is_there("item", "SELECT sku AS code FROM inventory_item", action="inventory.item.import"),
    _is_there("category", "SELECT code FROM inventory_category", action="inventory.category.import"),
    _is_there("hub", "SELECT code FROM inventory_hub", action="inventory.hub.import"),
    _is_there("vendor", "SELECT code FROM inventory_vendor", action="inventory.vendor.import"),
    _is_there(
        "bin",
        "SELECT hub.code || '/' || bin.code AS code FROM inventory_bin bin "
        "JOIN inventory_hub hub ON hub.id = bin.hub_id",
        action="inventory.bin.import",
    ),
)

TRAIL_CHECKS: tuple[tuple[str, str, str], ...] = (
    (
        "events_of_documents",
        "Each document has exactly one allowed event in the audit trail, which names its position",
        """SELECT 'position ' || posting.position AS what, count(event.id) <> 1 AS broken
           FROM ledger_posting posting
           LEFT JOIN audit_event event
             ON event.request_id = posting.request_id AND event.outcome = 'allowed'
            AND posting.position BETWEEN event.first_position AND event.last_position
           GROUP BY posting.position""",
    ),
    (
        "rights",
        "The role of each person, and whether they are active, agree with the last event about them",
        _is_last("person", "accounts_user", "role", type_="accounts.user", shown="ref")
        + "\nUNION ALL\n"
        + _is_last("person", "accounts_user", "is_active", type_="accounts.user", shown="ref"),
    ),
    (
        "plan",
        "The plan agrees with the last event about it",
        f"""SELECT 'plan ' || stored.plan AS what, stored.plan IS DISTINCT FROM recorded.value AS broken
            FROM (SELECT value FROM ({_last("plans.tenant", "plan")}) named) recorded
            CROSS JOIN (SELECT plan FROM public.plans_tenant WHERE schema_name = %(schema)s) stored""",  # noqa: S608
    ),
    (
        "codes",
        "SKUs and codes agree with the events that set them",
        "\nUNION ALL\n".join(_CODES),
    ),
)
