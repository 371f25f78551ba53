"""Merkle trees: published vectors, and the recursive definitions of RFC 6962 as the reference."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

import pytest

from audit.seals import merkle

# The leaves and roots with which implementations of RFC 6962 test each other (transparency-dev/merkle, testonly).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = 70


def root_by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, right = root_by_definition(leaves[:half]), root_by_definition(leaves[half:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def path_by_definition(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return [*path_by_definition(index, leaves[:half]), root_by_definition(leaves[half:])]
    return [*path_by_definition(index - half, leaves[half:]), root_by_definition(leaves[:half])]


def proof_by_definition(old: int, leaves: Sequence[bytes], *, is_known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if is_known else [root_by_definition(leaves)]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if old <= half:
        return [
            *proof_by_definition(old, leaves[:half], is_known=is_known),
            root_by_definition(leaves[half:]),
        ]
    return [
        *proof_by_definition(old - half, leaves[half:], is_known=False),
        root_by_definition(leaves[:half]),
    ]


class Stored:
    """The nodes of a tree as a table stores them. Counts how many were read."""

    def __init__(self, nodes: bytes) -> None:
        self.nodes = nodes
        self.read_count = 0

    def __call__(self, numbers: Sequence[int]) -> dict[int, bytes]:
        self.read_count += len(numbers)
        found = {number: self.nodes[32 * number : 32 * number + 32] for number in numbers}
        return {number: node for number, node in found.items() if len(node) == 32}


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    return [merkle.leaf_hash(f"row {number}".encode()) for number in range(SIZES)]


@pytest.fixture(scope="module")
def stored(leaves: list[bytes]) -> Stored:
    return Stored(merkle.append(merkle.EMPTY, leaves).nodes)


def test_has_the_published_roots() -> None:
    frontier = merkle.EMPTY
    assert frontier.root() == merkle.EMPTY_ROOT
    for leaf, expected in zip(LEAVES, ROOTS, strict=True):
        frontier = merkle.append(frontier, [merkle.leaf_hash(leaf)]).frontier
        assert frontier.root().hex() == expected


def test_appends_in_batches_of_any_length_to_the_same_nodes(leaves: list[bytes], stored: Stored) -> None:
    choice = random.Random(7)
    frontier, nodes = merkle.EMPTY, b""
    while frontier.size < SIZES:
        appended = merkle.append(
            frontier, leaves[frontier.size : frontier.size + choice.choice((0, 1, 2, 3, 17))]
        )
        assert len(nodes) == 32 * merkle.node_count(frontier.size)
        nodes += appended.nodes
        frontier = appended.frontier
        assert frontier == merkle.frontier(frontier.size, stored)
    assert nodes == stored.nodes


def test_numbers_each_node_by_its_place(leaves: list[bytes], stored: Stored) -> None:
    for level in range(7):
        for index in range(SIZES >> level):
            below = leaves[index << level : (index + 1) << level]
            number = merkle.node_number(level, index)
            assert stored([number])[number] == root_by_definition(below)


def test_proves_every_leaf_in_every_tree(leaves: list[bytes], stored: Stored) -> None:
    for size in range(1, SIZES + 1):
        root = merkle.root(size, stored)
        assert root == root_by_definition(leaves[:size])
        for index in range(size):
            path = merkle.inclusion(index, size, stored)
            assert list(path) == path_by_definition(index, leaves[:size])
            assert merkle.root_of_inclusion(leaves[index], index, size, path) == root


def test_proves_that_every_tree_begins_with_every_smaller_one(leaves: list[bytes], stored: Stored) -> None:
    roots = [merkle.root(size, stored) for size in range(SIZES + 1)]
    for new in range(SIZES + 1):
        for old in range(new + 1):
            path = merkle.consistency(old, new, stored)
            if old:
                assert list(path) == proof_by_definition(old, leaves[:new])
            assert merkle.is_consistent(old, roots[old], new, roots[new], path)


def test_refuses_proofs_of_something_else(leaves: list[bytes], stored: Stored) -> None:
    roots = [merkle.root(size, stored) for size in range(SIZES + 1)]
    for old, new in ((1, 2), (3, 7), (4, 7), (6, 8), (8, 70), (33, 64), (64, 70)):
        path = merkle.consistency(old, new, stored)
        assert not merkle.is_consistent(old, roots[old - 1], new, roots[new], path)
        assert not merkle.is_consistent(old, roots[old], new, roots[new - 1], path)
        assert not merkle.is_consistent(old, roots[old], new, roots[new], path[:-1])
        assert not merkle.is_consistent(old, roots[old], new, roots[new], (*path, leaves[0]))
        assert not merkle.is_consistent(new, roots[new], old, roots[old], path)
        for place in range(len(path)):
            changed = [*path[:place], leaves[0], *path[place + 1 :]]
            assert not merkle.is_consistent(old, roots[old], new, roots[new], changed)
    path = merkle.inclusion(5, 70, stored)
    assert merkle.root_of_inclusion(leaves[6], 5, 70, path) != roots[70]
    assert merkle.root_of_inclusion(leaves[5], 4, 70, path) != roots[70]
    for wrong in (path[:-1], (*path, leaves[0])):
        with pytest.raises(ValueError, match="the path is too"):
            merkle.root_of_inclusion(leaves[5], 5, 70, wrong)
    with pytest.raises(ValueError, match="has no leaf 70"):
        merkle.root_of_inclusion(leaves[5], 70, 70, path)


def test_refuses_to_prove_what_is_not_there(stored: Stored) -> None:
    with pytest.raises(ValueError, match="a tree of 70 leaves has no leaf 70"):
        merkle.inclusion(70, 70, stored)
    with pytest.raises(ValueError, match="does not begin with 8"):
        merkle.consistency(8, 7, stored)
    with pytest.raises(merkle.MissingNode, match="is missing"):
        merkle.root(SIZES + 1, stored)


def test_reads_few_nodes_of_a_large_tree() -> None:
    size = 100_003
    large = Stored(merkle.append(merkle.EMPTY, (number.to_bytes(32) for number in range(size))).nodes)
    for work in (
        lambda: merkle.root(size, large),
        lambda: merkle.inclusion(4_711, size, large),
        lambda: merkle.consistency(77_777, size, large),
    ):
        large.read_count = 0
        work()
        assert 0 < large.read_count <= 2 * size.bit_length()
