"""Random histories: a delivery, followed by random chapters."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.ledger.random_history.counting import counting, overlapping_counts, whole_counts
from tests.ledger.random_history.importing import batches, whole_batches
from tests.ledger.random_history.moving import documents_of, movements, post, requests
from tests.ledger.random_history.steps import Step, one_of

CHAPTERS = 7


def one(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    """A chapter of one step."""
    return steps.map(lambda step: [step])


chapters = one_of(
    (1, st.just([])),  # the simplest chapter, for shrinking
    (8, one(movements)),
    (3, one(batches)),
    (3, one(requests)),
    (2, one(counting)),
    (4, whole_batches()),
    (4, whole_counts()),
    (4, overlapping_counts()),
)
histories = st.tuples(
    documents_of("receipt", most=6).map(post), st.lists(chapters, min_size=CHAPTERS, max_size=CHAPTERS)
).map(lambda parts: [parts[0], *(step for chapter in parts[1] for step in chapter)])
