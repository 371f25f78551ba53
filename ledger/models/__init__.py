"""Tables of the ledger, by what they are: records, what is derived from them, what left the house, what waits."""

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
