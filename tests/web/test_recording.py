"""Recording a person through pages: one screen a step, durable, resumed at the same finger."""

from __future__ import annotations

from perahu.enrolment.facts import INDEXES, PARTS
from tests.node.desk.town import Town
from tests.web.recordings import (
    GROUPS,
    begin,
    next_of,
    person_of,
    record_all,
    state_of,
    take,
)
from tests.web.seats import Seat, plain


def test_it_works(enggano: Seat, town: Town) -> None:
    """From the biodata read aloud to the proof, page by page."""
    (nik,) = town.to_record()
    text = enggano.text(f"/rekam/orang/{person_of(nik)}")
    assert f"{nik[:6]} {nik[6:12]} {nik[12:]}" in text and "Data benar, mulai" in text
    recording = begin(enggano, nik)
    for group, page in zip(
        GROUPS, ("foto", "tanda-tangan", "jari", "jari", "jari", "iris"), strict=True
    ):
        assert next_of(enggano, recording) == f"/rekam/{recording}/{page}"
        assert enggano.get(f"/rekam/{recording}/{page}").status_code == 200
        done = take(enggano, recording, group)
        assert done.status_code == 200
    assert next_of(enggano, recording).endswith("/cocok")
    take(enggano, recording, "verify")
    assert next_of(enggano, recording).endswith("/periksa")
    text = enggano.text(f"/rekam/{recording}/periksa")
    assert "Iris kiri" in text and "Jempol kanan" in text
    assert "milik saya sendiri" in enggano.text(f"/rekam/{recording}/pernyataan")
    take(enggano, recording, "statement")
    assert next_of(enggano, recording).endswith("/bukti")
    text = enggano.text(f"/rekam/{recording}/bukti")
    assert "tercatat" in text and "Kode ambil" in text
    state = state_of(recording)
    assert state.whole and not state.open_parts and state.proof_level == 0
    assert {state.part(part).status for part in PARTS} == {"captured"}
    assert set(INDEXES).isdisjoint(state.unverified)
    assert plain(text).count(state.number) >= 1


def test_it_records_whole(enggano: Seat, town: Town) -> None:
    """The same in one go."""
    (nik,) = town.to_record()
    assert state_of(record_all(enggano, nik)).whole
