"""The triggers that guard cases, feature requests and referrals, by name, with their tables."""

from __future__ import annotations

from collections.abc import Mapping

TRIGGERS: Mapping[str, str] = {
    "support_engineeringcase_stays": "support_engineeringcase",
    "support_engineeringcase_rows_stay": "support_engineeringcase",
    "support_featurerequest_rows_stay": "support_featurerequest",
    "support_commercialreferral_rows_stay": "support_commercialreferral",
}
