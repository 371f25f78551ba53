"""When two codes are equal."""

from __future__ import annotations

import pytest

from asora.kernel.text import fold_code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("qrA1x", "QRa1X"),
        ("BOLT-M6", " bolt-m6\n"),
        ("BOLT", "\uff22\uff2f\uff2c\uff34"),  # full width
        ("STRASSE", "straße"),
        ("K-1", "\u212a-1"),  # the Kelvin sign
        ("\u00e9", "e\u0301"),
        ("ﬁ", "FI"),
    ],
)
def test_equal(one: str, other: str) -> None:
    assert fold_code(one) == fold_code(other)


@pytest.mark.parametrize(
    ("one", "other"), [("A-1", "A1"), ("A 1", "A1"), ("O", "0"), ("i", "\u0131"), ("e", "é")]
)
def test_not_equal(one: str, other: str) -> None:
    assert fold_code(one) != fold_code(other)


def test_folding_again_changes_nothing() -> None:
    signs = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    assert [sign for sign in signs if fold_code(fold_code(sign)) != fold_code(sign)] == []
