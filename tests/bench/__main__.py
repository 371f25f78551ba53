"""`python -m tests.bench [line …]`: measure, print the table, write it as JSON. BENCH_SIZE=small only tries it out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from tests import database
from tests.bench import (
    crashes,
    desk,
    dispatching,
    exploring,
    exporting,
    feeding,
    freezing,
    histories,
    history,
    importing,
    on_hand,
    others,
    posting,
    proving,
    queueing,
    replaying,
    reporting,
    ring,
    sealing,
    tenants,
    writers,
)
from tests.bench.harness import Result, Size, keep, size, table

LINES: dict[str, Callable[[Size], Iterator[Result]]] = {
    "posting": posting.measure,
    "writers": writers.measure,
    "import": importing.measure,
    "ring": ring.measure,
    "crashes": crashes.measure,
    "freeze": freezing.measure,
    "histories": histories.measure,
    "on-hand": on_hand.measure,
    "reports": reporting.measure,
    "history": history.measure,
    "export": exporting.measure,
    "verify": proving.measure,
    "integrations": queueing.measure,
    "others": others.measure,
    "tenants": tenants.measure,
    "explorer": exploring.measure,
    "changed": exploring.measure_answers,
    "sealing": sealing.measure,
    "replay": replaying.measure,
    "feed": feeding.measure,
    "dispatch": dispatching.measure,
    "desk": desk.measure,
}


def run(names: list[str], *, measured: Size) -> list[Result]:
    """Measure the named lines, in the table's order, in a database of this run."""
    results: list[Result] = []
    with database.server(), database.copy_of_prepared():
        for name, measure in LINES.items():
            if name not in names:
                continue
            for result in measure(measured):
                results.append(result)
                print(f"{name}: {' '.join(result.cells()[1:])}", file=sys.stderr, flush=True)
    return results


def main() -> int:
    """Fails if the two sides did not do the same work, never because of a time."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("line", nargs="*", choices=[*LINES, []], help="which lines; all when none is named")
    measured = size()
    results = run(parser.parse_args().line or list(LINES), measured=measured)
    print(f"\n{table(results)}\n\nKept as {keep(results, measured=measured).name} in .asora/bench.")
    for result in results:
        for fault in result.figures["wrong"]:
            print(f"WRONG in “{result.work}”: {fault}", file=sys.stderr)
    return int(any(result.figures["wrong"] for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
