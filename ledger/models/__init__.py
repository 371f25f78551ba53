"""Tables of the ledger: records, figures derived from them, exports, counts, and requests for adjustments."""

from ledger.models.adjustments import AdjustmentReason, AdjustmentRequest
from ledger.models.counts import CountLine, CountReading, CountScan, CountSession
from ledger.models.derived import BinBalance, CostLayer, DailyMovement, HubBalance, VerificationRun
from ledger.models.exports import Export
from ledger.models.records import ENTRY_KINDS, OPENING, Entry, Kind, LayerUse, Posting

__all__ = [
    "ENTRY_KINDS",
    "OPENING",
    "AdjustmentReason",
    "AdjustmentRequest",
    "BinBalance",
    "CostLayer",
    "CountLine",
    "CountReading",
    "CountScan",
    "CountSession",
    "DailyMovement",
    "Entry",
    "Export",
    "HubBalance",
    "Kind",
    "LayerUse",
    "Posting",
    "VerificationRun",
]
