"""The cases: two recordings of one person side by side, and a decision made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from perahu.cases import actions, reads
from perahu.cases.rules import Finding
from perahu.enrolment import reads_hub
from tests.enrolment import stations
from tests.enrolment.builders import PERSON, RECORDING
from tests.enrolment.stations import record_all
from tests.web.cast_hub import HubSeat, hub_seat, small_face

if TYPE_CHECKING:
    from tests.cast import District

SECOND = b"recording-02"


@pytest.fixture
def seat(district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSeat]:
    """Budi was recorded at Enggano and at Ketahun, each with a photo that can be shown."""
    plain_capture = stations.capture_of

    def with_face(part: str, *, record: bytes = b"") -> object:
        made = plain_capture(part, record=record)
        return replace(made, thumbnail=small_face()) if part == "photo" else made

    monkeypatch.setattr(stations, "capture_of", with_face)
    with hub_seat(district) as made:
        record_all(made.network.enggano)
        record_all(made.network.ketahun, recording=SECOND)
        made.network.collect()
        with made.network.hub.at_work() as journal:
            actions.accept_arrivals(journal, made.network.hub.ask())
        yield made


def path_of(seat: HubSeat) -> str:
    """The page of the only case."""
    with seat.network.hub.at_work():
        (case,) = reads.open_cases()
    return f"/kasus/{case.case.hex()}"


def standing(seat: HubSeat, recording: bytes) -> str | None:
    """The hub's decision on the closing of a recording."""
    with seat.network.hub.at_work():
        closed = reads_hub.closed(recording)
        assert closed is not None
        return reads.decision_of(closed.journal, closed.seq)


def test_it_works(seat: HubSeat) -> None:
    """The list names the case; its page shows both recordings and asks for a decision."""
    assert "Satu orang direkam dua kali" in seat.text("/kasus")
    path = path_of(seat)
    html = seat.get(path).content.decode()
    assert html.count('src="data:image/jpeg;base64,') == 2
    text = seat.text(path)
    for said in ("Yang dipertahankan", "Yang ditahan", "Enggano", "Ketahun", "BUDI"):
        assert said in text
    assert "Sari Made" in text
    assert "5 terekam, mutu rata-rata 80" in text
    assert "Tetap sah" in text and "Ditolak" in text
    assert "Selesai" not in text


def test_it_decides_once(seat: HubSeat) -> None:
    """A decision with its reason is saved, shown, heard of, and not asked for again."""
    path = path_of(seat)
    answer = seat.post(path, decision="SAH", reason="dua orang kembar", op="ab" * 16)
    assert answer.status_code == 302
    assert seat.office.looked == 1
    assert {standing(seat, RECORDING), standing(seat, SECOND)} == {"sah"}
    text = seat.text(path)
    assert "Putusan : Tetap sah".replace(" :", ":") in text.replace(" :", ":")
    assert "dua orang kembar" in text and "Diputus oleh Ratna" in text
    assert "Simpan putusan" not in text
    again = seat.post(path, decision="SAH", reason="dua orang kembar", op="ab" * 16)
    assert again.status_code == 302
    other = seat.post(path, decision="DITOLAK", reason="salah")
    assert other.status_code == 409
    assert "sudah diputus" in other.content.decode()
    assert "Tidak ada kasus yang menunggu" in seat.text("/kasus")


def test_it_asks_for_a_reason_and_keeps_what_was_typed(seat: HubSeat) -> None:
    """Without a reason, or with a choice that is none, nothing is decided."""
    path = path_of(seat)
    for fields in (
        {"decision": "SAH", "reason": "  "},
        {"decision": "SELESAI", "reason": "sudah dicek"},
        {"reason": "sudah dicek"},
    ):
        answer = seat.post(path, **fields)
        assert answer.status_code == 409
        assert "Pilih keputusan" in answer.content.decode()
    assert "sudah dicek</textarea>" in answer.content.decode()
    assert standing(seat, RECORDING) == "sah" or standing(seat, SECOND) == "sah"


def test_it_refuses_a_form_without_its_id(seat: HubSeat) -> None:
    """A form that cannot be told from its repetition saves nothing."""
    answer = seat.post(path_of(seat), decision="SAH", reason="x", op="zz")
    assert answer.status_code == 409
    with seat.network.hub.at_work():
        assert reads.open_cases()


def test_it_shows_a_case_of_one_recording(seat: HubSeat) -> None:
    """What the centre asks about is one recording with its advice, and SELESAI."""
    finding = Finding(
        kind="VALIDATION",
        about=(RECORDING, PERSON),
        reason="Rekaman 0001: pusat minta validasi daerah.",
        audience=seat.network.enggano.journal.node_id,
    )
    with seat.network.hub.at_work() as journal:
        actions.open_cases(journal, seat.network.hub.ask(), findings=[finding])
    text = seat.text(f"/kasus/{finding.case.hex()}")
    assert "Cocokkan foto dan biodata dengan KK" in text
    assert "Yang ditahan" not in text and "Selesai" in text


@pytest.mark.parametrize(
    "kind", ["PRINTED_TWICE", "TRANSFER_DIFFERENCE", "CLONE_OR_FORK"]
)
def test_it_shows_every_other_kind(seat: HubSeat, kind: str) -> None:
    """A case about things that this book does not know is still a page with a form."""
    finding = Finding(kind=kind, about=(b"x" * 12,), reason="Alasan uji.")
    with seat.network.hub.at_work() as journal:
        actions.open_cases(journal, seat.network.hub.ask(), findings=[finding])
    text = seat.text(f"/kasus/{finding.case.hex()}")
    assert "Alasan uji." in text and "Simpan putusan" in text


def test_it_says_why_there_is_no_photo(seat: HubSeat) -> None:
    """A photo that has not come, or was erased, is a sentence and not a broken picture."""
    with seat.network.hub.at_work():
        found = reads_hub.story(RECORDING)
        assert found is not None
        seat.network.hub.journal.blobs.remove(found.thumbnail)
    assert "Foto belum tiba di sini" in seat.text(path_of(seat))


def test_it_knows_no_other_case(seat: HubSeat) -> None:
    """An address that names no case is a sentence."""
    assert seat.get(f"/kasus/{'00' * 12}").status_code == 409
    assert seat.get("/kasus/x").status_code == 409
