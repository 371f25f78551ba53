"""Steps about batches: files, complete or with lines left out, sent once or again, and their reversals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.ledger.model.batches import BatchReversal, File, Import
from tests.ledger.random_history.moving import LINES, again, aimed, kinds, movements, reverse
from tests.ledger.random_history.steps import Past, Step, one_of, pick, picks


@cache
def files_of(kind: str) -> st.SearchStrategy[File]:
    """A file of rows of up to three references, in any order."""
    rows = st.lists(st.tuples(st.sampled_from(["R-1", "R-2", "R-3"]), LINES[kind]), min_size=2, max_size=7)
    return rows.map(
        lambda found: File(
            kind, tuple((reference, replace(line, number=n)) for n, (reference, line) in enumerate(found, 2))
        )
    )


files = kinds.flatmap(files_of)
skipping = st.booleans()


def _import(file: File, skips: bool) -> Step:
    def wish(past: Past) -> Import:
        rows = tuple((name, aimed(line, file.kind, past.ledger.stock)) for name, line in file.rows)
        return Import(replace(file, rows=rows), skips)

    return Step(f"import {file} {skips}", wish)


def _import_again(number: int, skips: bool) -> Step:
    def wish(past: Past) -> Import | None:
        return Import(pick(past.files, number), skips) if past.files else None

    return Step(f"import again {number} {skips}", wish)


def _reverse_batch(number: int) -> Step:
    def wish(past: Past) -> BatchReversal | None:
        return BatchReversal(pick(past.files, number), past.number) if past.files else None

    return Step(f"reverse batch {number}", wish)


batches = one_of(
    (2, st.builds(_import, files, skipping)),
    (1, st.builds(_import_again, picks, skipping)),
    (1, st.builds(_reverse_batch, picks)),
)


@st.composite
def whole_batches(draw: Callable[..., Any]) -> list[Step]:
    """A file, changes to single postings of it, its reversal, and repeated sendings."""
    picked = st.sampled_from([0, 0, 1, 2])
    return [
        draw(st.builds(_import, files, skipping)),
        *draw(st.lists(one_of((1, movements), (1, st.builds(reverse, picked))), max_size=3)),
        draw(st.builds(_reverse_batch, st.just(0))),
        *draw(st.lists(one_of((1, st.builds(again, picked)), (1, batches)), max_size=2)),
    ]
