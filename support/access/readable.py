"""What support's database role may read: every column of a tenant's schema is in one of the two lists below.

A column that is in neither cannot be read, and a test fails until somebody decides. Nothing here limits the pages:
`pages.py` does. This is what holds if a page has a fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

#: Columns that may be read, by table.
READABLE: Mapping[str, str] = {
    "accounts_user": "id ref name role all_hubs is_active date_joined erased_at",
    "accounts_signinattempt": "id ref at kind request_id route reason person session_ref",
    "audit_accessdecision": "id session verdict decided_by decided_at request_id reason_id",
    "audit_accesspolicy": "id requires_approval decided_by decided_at request_id",
    "audit_counthead": "id number has_genesis",
    "audit_event": (
        "id xid8 occurred_at request_id client_request_id cause_id actor_type actor_ref session_ref route action"
        " outcome http_status error code reason message decision resource_type resource_id resource_label changes facts"
        " first_position last_position export_ref dispatch_ref ticket_ref schema_version redactions number rule_id"
        " touched hubs release duration_ms"
    ),
    "audit_hourcount": "id hour action outcome hub number",
    "audit_savedsearch": "id name query owner is_shared saved_at",
    "audit_seal": (
        "id stream number kind size first last count root row_format key_id vkey note consistency sealed_at"
    ),
    "audit_sealcheck": "id started_at finished_at is_intact streams",
    "audit_sealnodes": "id stream first_node hashes",
    "audit_sealreceipt": "id schema_name stream_name number size root vkey note sealed_at received_at",
    "audit_sealstream": "name origin started_at",
    "audit_statement": "id author text length stated_at",
    "audit_supportquestion": "id about asked_by asked_at request_id statement_id facts",
    "audit_ticketstatement": "id ticket ticket_ref kind statement_id is_good stated_by stated_at request_id",
    "audit_trailhead": "id number",
    "guardian_userobjectpermission": "id permission_id content_type_id object_pk user_id",
    "integrations_attempt": (
        "id payload_id dispatch_id ordinal started_at finished_at outcome http_status fault duration_ms"
    ),
    "integrations_dispatch": (
        "id endpoint_id kind actor_ref request_id amount delivered failed unknown started_at finished_at cut_short"
    ),
    "integrations_endpoint": (
        "id name name_key event_types all_hubs with_values is_enabled maker version created_at removed_at"
    ),
    "integrations_endpoint_hubs": "id endpoint_id hub_id",
    "integrations_endpointnumber": "endpoint_id last deleted_upto",
    "integrations_feedday": "id token_id day polls payloads last_at last_after",
    "integrations_feedtoken": "id endpoint_id issued_by issued_at expires_at revoked_at",
    "integrations_payload": (
        "id endpoint_id number event_type event_id position audit_event request_id hubs with_values state queued_at"
    ),
    "integrations_schedule": "id endpoint_id every_minutes set_by set_at request_id next_at ended_at",
    "inventory_barcode": "id code key item_id shares_code",
    "inventory_bin": "id shares_code created_at archived_at version hub_id code code_key name",
    "inventory_category": "id shares_code created_at archived_at version code code_key name parent_id",
    "inventory_hub": "id shares_code created_at archived_at version code code_key name",
    "inventory_hubuserobjectpermission": "id permission_id user_id content_object_id",
    "inventory_item": (
        "id shares_code created_at archived_at version sku sku_key name category_id unit decimals standard_cost"
        " putaway_bin_id reorder_point is_moved"
    ),
    "inventory_itemrevision": "position item_id name category_code recorded_at",
    "inventory_reorderpoint": "id item_id hub_id quantity",
    "inventory_reorderrevision": "id item_id hub_id position quantity unit decimals",
    "inventory_vendor": "id shares_code created_at archived_at version code code_key name eligible",
    "jobs_job": (
        "id kind label arguments key state attempts phase done total result refusal rights actor_ref request_id"
        " created_at started_at finished_at"
    ),
    "kernel_head": "id position recorded_at",
    "ledger_adjustmentreason": "id code name archived_at",
    "ledger_adjustmentrequest": (
        "id state reference effective_on reason note lines requested_by requested_at decided_by decided_at"
        " decision_note posting_id"
    ),
    "ledger_adjustmentrequest_hubs": "id adjustmentrequest_id hub_id",
    "ledger_binbalance": "id item_id bin_id quantity",
    "ledger_costlayer": (
        "id item_id hub_id position line number unit_cost quantity value quantity_left value_left"
    ),
    "ledger_countline": (
        "id session_id item_id bin_id round is_found is_left_out chosen_id decision decided_upto"
    ),
    "ledger_countreading": "id line_id round counted_by counted_at position quantity",
    "ledger_countscan": "id line_id scan",
    "ledger_countsession": (
        "id submission hub_id title state is_blind tolerance_kind tolerance not_counted_since assignee round version"
        " opened_by opened_at submitted_by submitted_at closed_by closed_at note posting_id"
    ),
    "ledger_countsession_bins": "id countsession_id bin_id",
    "ledger_countsession_categories": "id countsession_id category_id",
    "ledger_countsession_items": "id countsession_id item_id",
    "ledger_dailymovement": (
        "id effective_on item_id hub_id kind quantity_up quantity_down value_up value_down"
    ),
    "ledger_entry": (
        "position line item_id bin_id hub_id kind is_reversal quantity unit_cost value counted_quantity"
        " expected_quantity bin_quantity hub_quantity hub_value"
    ),
    "ledger_export": (
        "id report parameters parameters_sha256 position format renderer_version file_name rows rows_sha256 file_sha256"
        " actor_type actor_ref request_id created_at"
    ),
    "ledger_hubbalance": "id item_id hub_id quantity value",
    "ledger_layeruse": (
        "id entry_position entry_line number layer_position layer_line layer_number quantity value"
    ),
    "ledger_posting": (
        "position kind reference vendor_id effective_on recorded_at actor_type actor_ref request_id reason note"
        " reverses batch submission"
    ),
    "ledger_verificationrun": "id started_at finished_at position is_proved checks",
}

#: Columns that may never be read, by table. `*`: the whole table, with every column that it will get.
UNREADABLE: Mapping[str, str] = {
    "accounts_invitation": "*",
    "accounts_networkcount": "*",
    "accounts_recoverycode": "*",
    "accounts_secondfactor": "*",
    "accounts_session": "*",
    "accounts_signinattempt": "address_digest source browser",
    "accounts_user": "password last_login email email_key reset_sent_at",
    "accounts_user_groups": "*",
    "accounts_user_user_permissions": "*",
    "audit_receiptsubscription": "*",
    "audit_sealstream": "salt",
    "axes_accessattempt": "*",
    "axes_accessattemptexpiration": "*",
    "axes_accessfailurelog": "*",
    "axes_accesslog": "*",
    "django_migrations": "*",
    "guardian_groupobjectpermission": "*",
    "integrations_attempt": "answer",
    "integrations_endpoint": "url",
    "integrations_endpointsecret": "*",
    "integrations_feedtoken": "prefix digest",
    "integrations_payload": "body",
    "uploads_upload": "*",
}

#: The only rows of public that a page inside a tenant needs. Of Django's own tables they are names in Asora's code, by
#: which grants of hubs are found: the rights of the person who set an endpoint up decide whether it is paused.
PUBLIC: Mapping[str, str] = {
    "auth_permission": "id name content_type_id codename",
    "django_content_type": "id app_label model",
    "plans_tenant": "id schema_name slug name plan role_model costing currency time_zone created_at",
    "plans_tenantfreeze": (
        "tenant_id is_active reason frozen_by frozen_at root_cause root_cause_by root_cause_at unfrozen_by unfrozen_at"
    ),
}

TRAIL = "audit_event"
#: The columns of an event that support's role writes. A trigger gives the number, so that none can be left out.
WRITTEN = tuple(name for name in READABLE[TRAIL].split() if name not in {"number", "xid8", "occurred_at"})


def digest() -> str:
    """A digest of the lists: databases that were prepared with others are prepared again."""
    lists = [sorted(listed.items()) for listed in (READABLE, UNREADABLE, PUBLIC)]
    return hashlib.sha256(repr(lists).encode()).hexdigest()[:16]
