"""The triggers that guard the order of steps and their evidence, by name, with their tables. Start-up checks them."""

from __future__ import annotations

from collections.abc import Mapping

TRIGGERS: Mapping[str, str] = {
    "support_investigation_in_order": "support_investigation",
    "support_investigation_no_truncate": "support_investigation",
    "support_step_in_order": "support_step",
    "support_stepevidence_of_tenant": "support_stepevidence",
    "support_determination_after_steps": "support_determination",
    "support_determinationevidence_linked": "support_determinationevidence",
    "support_guaranteecheck_on_evidence": "support_guaranteecheck",
}
