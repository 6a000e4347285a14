"""Four words for the telephone."""

from __future__ import annotations

from itertools import combinations

from perahu.sync.checkwords import WORDS, four_words


def test_it_works() -> None:
    """Four bytes are four words, always the same ones: the list is part of the format."""
    assert four_words(bytes([0, 1, 2, 255])) == "abang abu acar yakin"
    assert four_words(bytes(32)) == "abang abang abang abang"


def test_it_has_no_two_words_that_sound_alike() -> None:
    """No two share their first four letters or differ in one letter only."""
    for one, two in combinations(WORDS, 2):
        assert one[:4] != two[:4]
        if len(one) == len(two):
            assert sum(a != b for a, b in zip(one, two, strict=True)) > 1
    assert all(3 <= len(word) <= 9 and word.isascii() for word in WORDS)
