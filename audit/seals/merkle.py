"""Merkle trees as RFC 6962 defines them (section 2.1, SHA-256), over stored nodes.

A stored node is the root of a complete subtree, so it never changes while the tree grows. Nodes are numbered in the
order in which appended leaves complete them: leaf 0 is node 0, leaf 1 node 1, their parent node 2, leaf 2 node 3. The
nodes of a tree are therefore the first nodes of every larger tree, and a table that only grows can store them.

Roots and proofs read O(log n) nodes, all of them with one call of a `Reader`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

#: The root of the tree without leaves.
EMPTY_ROOT = hashlib.sha256().digest()
#: Hashes by the numbers of their nodes. A node that is not stored is left out of the answer.
Reader = Callable[[Sequence[int]], Mapping[int, bytes]]


class MissingNode(LookupError):
    """A node that the proof needs is not stored. `number`: which one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"node {number} of the tree is missing")
        self.number = number


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is needed to append: the number of leaves, and the roots of the complete subtrees, the largest first."""

    size: int
    peaks: tuple[bytes, ...]

    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        return _fold(self.peaks)


@dataclass(frozen=True, slots=True)
class Appended:
    """The frontier after leaves were appended, and the hashes of all new nodes in order, 32 bytes each."""

    frontier: Frontier
    nodes: bytes


EMPTY = Frontier(0, ())


def leaf_hash(row: bytes) -> bytes:
    """The hash of a leaf, from the bytes of its row."""
    return hashlib.sha256(b"\0" + row).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def node_count(size: int) -> int:
    """How many nodes a tree of `size` leaves stores. Also the number of the next node."""
    return 2 * size - size.bit_count()


def node_number(level: int, index: int) -> int:
    """The number of the node over the leaves from `index << level` to `((index + 1) << level) - 1`."""
    last_leaf = ((index + 1) << level) - 1
    return node_count(last_leaf) + level


def frontier(size: int, read: Reader) -> Frontier:
    """The frontier of the first `size` leaves. Raises MissingNode."""
    return Frontier(size, _read(_peaks(0, size), read))


def root(size: int, read: Reader) -> bytes:
    """The root of the first `size` leaves. Raises MissingNode."""
    return frontier(size, read).root()


def append(start: Frontier, leaves: Iterable[bytes]) -> Appended:
    """Append leaves, given as hashes. The first new node has the number `node_count(start.size)`."""
    peaks, size, nodes = list(start.peaks), start.size, bytearray()
    sha256 = hashlib.sha256
    for leaf in leaves:
        node = leaf
        nodes += node
        rest = size
        while rest & 1:  # this leaf completes a subtree for each 1 at the end of the size
            node = sha256(b"\1" + peaks.pop() + node).digest()
            nodes += node
            rest >>= 1
        peaks.append(node)
        size += 1
    return Appended(Frontier(size, tuple(peaks)), bytes(nodes))


def inclusion(index: int, size: int, read: Reader) -> tuple[bytes, ...]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 6962, section 2.1.1).

    Raises ValueError if the tree has no such leaf, MissingNode.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    return _roots(_path(index, 0, size), read)


def consistency(old_size: int, new_size: int, read: Reader) -> tuple[bytes, ...]:
    """The proof that the tree of `old_size` leaves is the beginning of that of `new_size` (RFC 6962, section 2.1.2).

    Empty if both are equal or the old one is empty. Raises ValueError if the old one is larger, MissingNode.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {new_size} leaves does not begin with {old_size}")
    if old_size in (0, new_size):
        return ()
    return _roots(_difference(old_size, 0, new_size, is_known=True), read)


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root to which an audit path leads from a leaf's hash. Raises ValueError if its length is impossible."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    node, place, last = leaf, index, size - 1
    for step in path:
        if last == 0:
            raise ValueError("the path is too long")
        if place & 1 or place == last:
            node = node_hash(step, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return node


def is_consistent(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the new tree begins with the old one (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return old_root == new_root and not path
    if old_size == 0:
        return old_root == EMPTY_ROOT and not path
    steps = list(path)
    if (
        old_size & (old_size - 1) == 0
    ):  # a complete old tree is a node of the new one, so the proof leaves it out
        steps.insert(0, old_root)
    if not steps:
        return False
    return _roots_of_consistency(old_size, new_size, steps) == (old_root, new_root)


def _roots_of_consistency(old_size: int, new_size: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots to which a consistency proof leads; None if its length is impossible."""
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None


def _fold(peaks: Sequence[bytes]) -> bytes:
    """The root over the complete subtrees of a range, the largest first."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


def _peaks(first: int, end: int) -> list[int]:
    """The numbers of the nodes over leaves `first` to `end - 1`. `first`: a multiple of a power of 2 ≥ their count."""
    numbers = []
    while first < end:
        level = (end - first).bit_length() - 1
        numbers.append(node_number(level, first >> level))
        first += 1 << level
    return numbers


def _half(size: int) -> int:
    """The largest power of 2 below `size`, which is at least 2: where RFC 6962 divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _path(index: int, first: int, end: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose roots are the audit path, the nearest first."""
    ranges = []
    while end - first > 1:
        middle = first + _half(end - first)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((first, middle))
            first = middle
    return ranges[::-1]


def _difference(old_size: int, first: int, end: int, *, is_known: bool) -> list[tuple[int, int]]:
    """The ranges of leaves whose roots are the consistency proof: SUBPROOF of RFC 6962. `old_size`: in this range."""
    if old_size == end - first:
        return [] if is_known else [(first, end)]
    middle = first + _half(end - first)
    if old_size <= middle - first:
        return [*_difference(old_size, first, middle, is_known=is_known), (middle, end)]
    return [*_difference(old_size - (middle - first), middle, end, is_known=False), (first, middle)]


def _roots(ranges: Sequence[tuple[int, int]], read: Reader) -> tuple[bytes, ...]:
    """The roots of ranges of leaves, with one read for all of them."""
    numbers = [_peaks(*range_) for range_ in ranges]
    hashes = iter(_read([number for group in numbers for number in group], read))
    return tuple(_fold([next(hashes) for _number in group]) for group in numbers)


def _read(numbers: Sequence[int], read: Reader) -> tuple[bytes, ...]:
    found = read(numbers) if numbers else {}
    for number in numbers:
        if number not in found:
            raise MissingNode(number)
    return tuple(bytes(found[number]) for number in numbers)
