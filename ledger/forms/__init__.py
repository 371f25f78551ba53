"""The shape of what people type and upload to move stock. Nothing here saves."""

from ledger.forms.decisions import DecisionForm, PostingForm, ReasonForm, ReversalForm
from ledger.forms.documents import DocumentForm
from ledger.forms.lines import MAX_LINES

__all__ = [
    "MAX_LINES",
    "DecisionForm",
    "DocumentForm",
    "PostingForm",
    "ReasonForm",
    "ReversalForm",
]
