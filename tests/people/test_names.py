"""Names: kept as they are, refused only at birth, and heard the same however written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.people.rules import (
    clean_name,
    new_name_faults,
    sound_beginnings,
    sound_key,
    sound_tokens,
)
from perahu.people.rules.names import TOKEN_CHARS_MAX, TOKENS_MAX
from perahu.words import Refusal

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", max_size=60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Soerjadi", "Suryadi"),
        ("Djoko Prijono", "Joko Priyono"),
        ("Joko Priono", "Joko Priyono"),
        ("Tjahjono", "Cahyono"),
        ("Joesoef", "Yusup"),
        ("Moch. Arief", "Muhammad Arif"),
        ("M. Arif", "Mohamad Arip"),
        ("Moh Arif", "MUHAMAD ARIF"),
        ("Achmad Sjarifoeddin", "Ahmad Syarifudin"),
        ("Akhmad", "Ahmat"),
        ("Noer Hajati", "Nurhayati"),
        ("Abdurrahman", "Abdul Rahman"),
        ("Abdur Rachman", "Abdurahman"),
        ("Siti Aminah", "St. Amina"),
        ("Rizky", "Riski"),
        ("Chairul", "Khairul"),
        ("Suwarno", "Soearno"),
        ("Jenny", "Yeni"),
        ("Christina", "Kristina"),
        ("Ma'ruf", "Maroef"),
        ("H. Usman", "Oetsman"),
        ("René", "Rene"),
        ("Anna", "Ana"),
    ],
)
def test_it_hears_old_and_new_spelling_alike(one: str, other: str) -> None:
    """Spellings of before 1947, of before 1972, Arabic and Dutch ones meet."""
    assert sound_tokens(one) == sound_tokens(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Budi", "Buda"), ("Sari", "Sara"), ("Dewi", "Dewa"), ("Hasan", "Husin")],
)
def test_it_keeps_different_names_apart(one: str, other: str) -> None:
    """Vowels tell Indonesian names apart, at the end of a word above all."""
    assert sound_tokens(one) != sound_tokens(other)


def test_it_hears_the_beginning_of_a_word_being_typed() -> None:
    """What is typed so far begins the key of the whole word."""
    for whole in ("soerjadi", "rudi", "ahmad", "prijono"):
        for end in range(3, len(whole)):
            starts = sound_beginnings(f"budi {whole[:end]}")
            assert any(sound_key(whole).startswith(start) for start in starts), end
    assert sound_beginnings(" . ") == ()


@given(LETTERS)
def test_it_hears_a_key_as_itself(word: str) -> None:
    """The key of a key is the key."""
    key = sound_key(word)
    assert sound_key(key) == key
    assert len(key) <= TOKEN_CHARS_MAX


@given(st.text(max_size=200))
def test_it_hears_any_text(name: str) -> None:
    """Whatever is typed: few, short tokens of plain letters."""
    tokens = sound_tokens(name)
    assert len(tokens) <= TOKENS_MAX
    assert all(t.isascii() and t.isalpha() and t.islower() for t in tokens)


@given(st.lists(st.sampled_from(["Budi", "Soerjadi", "Moh.", "Kaitora"]), max_size=4))
def test_it_hears_words_whatever_their_order(words: list[str]) -> None:
    """The order of words changes no token."""
    backwards = " ".join(reversed(words))
    assert set(sound_tokens(" ".join(words))) == set(sound_tokens(backwards))


def test_it_cleans_a_name_and_changes_nothing_else() -> None:
    """Capitals, single spaces, no invisible signs; one word stays one word."""
    assert clean_name("  budi\u200b   ma'ruf \n") == "BUDI MA'RUF"
    assert clean_name("Sukarno") == "SUKARNO"


@pytest.mark.parametrize("text", ["", "  ", "123", "--", "B" * 101])
def test_it_refuses_what_is_no_name(text: str) -> None:
    """Nothing, no letter, or a broken file's hundred letters."""
    with pytest.raises(Refusal):
        clean_name(text)


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("BUDI SANTOSO", 0),
        ("SUKARNO", 1),
        ("BUDI 2", 1),
        ("M. BUDI", 1),
        ("A" * 30 + " " + "B" * 30, 1),
        ("A" * 30 + " " + "B" * 29, 0),
        ("X" * 61 + "7", 3),
    ],
)
def test_it_binds_new_births_to_the_rule_of_2022(name: str, faults: int) -> None:
    """Two words, sixty characters, Latin letters only: for the newly born."""
    assert len(new_name_faults(name)) == faults
