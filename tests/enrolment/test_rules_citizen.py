"""What a citizen is told: one sentence for each state, with its values (domain.md 14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from perahu.enrolment.facts import CENTRE_STATUSES
from perahu.enrolment.rules_citizen import (
    HANDED_OVER,
    HELD,
    MOVING,
    QUEUED,
    READY,
    CitizenCard,
    CitizenView,
    sentence,
)
from perahu.enrolment.rules_parts import (
    called_words,
    finger_number,
    going_on_words,
    part_words,
    parts_words,
    reason_words,
)

VIEW = CitizenView(place="Enggano", is_whole=True)
SENT = replace(VIEW, sent_on=date(2026, 11, 3))


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (VIEW, "Sudah direkam dan tercatat di Enggano; menunggu dikirim"),
        (replace(VIEW, is_whole=False), "belum selesai dan tidak hilang"),
        (SENT, "Sudah dikirim ke pusat tanggal 3 November 2026."),
        (
            replace(SENT, recalled=("left_index",)),
            "tidak terbaca (telunjuk kiri (jari 7)). Mohon datang sekali lagi ke Enggano",
        ),
        (replace(SENT, status="ENROLL_FAILURE_AT_CENTRAL"), "Mohon datang sekali lagi"),
        (
            replace(SENT, status="DUPLICATE_RECORD", other_nik="170301******9001"),
            "NIK lain (170301******9001)",
        ),
        (replace(SENT, status="ADJUDICATE_RECORD"), "memeriksa dengan teliti"),
        (replace(SENT, status="REQUEST_VALIDATION"), "memeriksa dengan teliti"),
    ],
)
def test_it_tells_where_the_recording_is(view: CitizenView, says: str) -> None:
    """The sentences of the recording."""
    assert says in sentence(view).id


@pytest.mark.parametrize(
    ("card", "says"),
    [
        (
            CitizenCard(state=QUEUED, place=4, queued=9, blanko=20),
            "Siap cetak, nomor urut 4 dari 9. Blanko tersisa 20; perkiraan cetak",
        ),
        (
            CitizenCard(state=QUEUED, place=4, queued=9, blanko=3),
            "menunggu kiriman blanko",
        ),
        (CitizenCard(state=QUEUED), "menunggu giliran cetak"),
        (CitizenCard(state=READY), "KTP sudah jadi. Ambil di Enggano"),
        (CitizenCard(state=MOVING), "sedang dikirim antarkantor"),
        (CitizenCard(state=HELD), "Silakan bertanya di Enggano"),
        (
            CitizenCard(state=HANDED_OVER, handed_on=date(2026, 1, 31)),
            "diserahkan tanggal 31 Januari 2026",
        ),
        (CitizenCard(state=HANDED_OVER), "KTP sudah diserahkan."),
    ],
)
def test_it_tells_where_the_card_is(card: CitizenCard, says: str) -> None:
    """Once there is a card, the card is what is asked about."""
    assert says in sentence(replace(SENT, card=card)).id


def test_it_has_a_sentence_for_every_word_of_the_centre() -> None:
    """No status of the centre is left without an answer, in either language."""
    for status in ("", *CENTRE_STATUSES):
        words = sentence(replace(SENT, status=status))
        assert words.id.endswith(".") and words.en.endswith(".")
        assert status == "" or status not in words.id


def test_it_names_parts_as_people_and_letters_do() -> None:
    """Fingers by name and number; several in one phrase, in the order of taking."""
    assert part_words("left_iris").id == "iris kiri"
    assert (finger_number("left_index"), finger_number("photo")) == (7, 0)
    assert called_words("right_thumb").en == "right thumb (finger 1)"
    several = parts_words(["left_index", "photo", "right_thumb"])
    assert several.id == "foto, jempol kanan (jari 1) dan telunjuk kiri (jari 7)"
    assert parts_words([]).id == ""
    assert going_on_words("capture", "signature").id == "tanda tangan"


def test_it_says_why_a_part_was_excepted() -> None:
    """The reasons of the form in words; a newer program's reason as it came."""
    assert reason_words("BARU").id == "BARU"
    assert going_on_words("sign", "").en == "have the statement signed"
