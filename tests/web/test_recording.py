"""Recording a person through pages: one screen a step, durable, resumed at the same finger."""

from __future__ import annotations

import time

import pytest
import zxingcpp
from PIL import Image

from perahu.enrolment import actions, actions_centre, reads
from perahu.enrolment.facts import PARTS
from perahu.enrolment.models import Recording
from perahu.people.models import Person
from tests.node.desk.town import Town
from tests.web.conftest import open_pages
from tests.web.recordings import (
    GROUPS,
    begin,
    next_of,
    person_of,
    record_all,
    settle,
    state_of,
    take,
)
from tests.web.seats import Seat, plain, seat_at

PLACES = ("foto", "tanda-tangan", "jari", "jari", "jari", "iris")


def words_of(answer: object) -> str:
    """What a page says."""
    return plain(answer.content.decode())  # type: ignore[attr-defined]


def test_it_works(enggano: Seat, town: Town) -> None:
    """From the biodata read aloud to the proof, page by page."""
    (nik,) = town.to_record()
    text = enggano.text(f"/rekam/orang/{person_of(nik)}")
    assert f"{nik[:6]} {nik[6:12]} {nik[12:]}" in text and "Data benar, mulai" in text
    recording = begin(enggano, nik)
    for group, page in zip(GROUPS, PLACES, strict=True):
        assert next_of(enggano, recording) == f"/rekam/{recording}/{page}"
        assert enggano.get(f"/rekam/{recording}/{page}").status_code == 200
        assert take(enggano, recording, group).status_code == 200
    assert next_of(enggano, recording).endswith("/cocok")
    take(enggano, recording, "verify")
    assert next_of(enggano, recording).endswith("/periksa")
    text = enggano.text(f"/rekam/{recording}/periksa")
    assert "Iris kiri" in text and "Jempol kanan" in text
    assert "milik saya sendiri" in enggano.text(f"/rekam/{recording}/pernyataan")
    take(enggano, recording, "statement")
    state = state_of(recording)
    assert state.whole and not state.open_parts and state.proof_level == 0
    assert {state.part(part).status for part in PARTS} == {"captured"}


def test_it_gives_a_proof_that_can_be_scanned(enggano: Seat, town: Town) -> None:
    """The proof says what was done, and its QR is the signed one of the book."""
    recording = record_all(enggano, *town.to_record())
    assert next_of(enggano, recording).endswith("/bukti")
    answer = enggano.get(f"/rekam/{recording}/bukti")
    text, state = words_of(answer), state_of(recording)
    assert state.number in text and "tercatat" in text and "Tidak perlu rekam" in text
    code = actions.pickup_code(enggano.office.journal, state.recording)
    assert f"{code[:4]} {code[4:]}" in text
    (found,) = zxingcpp.read_barcodes(drawn(answer.content.decode()))
    proof = actions.check_proof(enggano.office.journal, found.text)
    assert proof.number == state.number


def drawn(html: str) -> Image.Image:
    """The QR of a page as a picture."""
    svg = html[html.index('<svg class="qr"') :]
    side = int(svg.split('viewBox="0 0 ')[1].split(" ")[0])
    picture = Image.new("L", (side, side), 255)
    path = svg.split('<path fill="#000" d="')[1].split('"')[0]
    for run in path.split("z")[:-1]:
        x, y = run[1:].split("h")[0].split(" ")
        picture.putpixel((int(x), int(y)), 0)
    return picture.resize((side * 8, side * 8), Image.Resampling.NEAREST)


def test_it_goes_on_at_the_same_finger_after_the_node_died(town: Town) -> None:
    """A new process and a new browser: what was taken stays, the rest is asked for."""
    (nik,) = town.to_record()
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        recording = begin(seat, nik)
        for group in ("photo", "signature"):
            take(seat, recording, group)
        assert town.scanners is not None
        town.scanners.control("fault", fault="delay", part="right_ring", delay_ms=800)
        seat.post(f"/rekam/{recording}/ambil", bagian="right_hand")
        while state_of(recording).part("right_middle").status == "open":
            time.sleep(0.02)
        # Here the node ends, with the ring finger on the glass.
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as again:
        before = state_of(recording)
        assert before.part("right_ring").status == "open"
        assert next_of(again, recording).endswith("/jari")
        assert "empat jari kanan (tinggal 2)" in again.text(f"/rekam/{recording}/jari")
        assert nik[:6] in again.text("/rekam")
        for wanted in (*GROUPS[2:], "verify", "statement"):
            take(again, recording, wanted)
        after = state_of(recording)
        assert after.whole
        for part in ("photo", "right_middle"):
            assert after.part(part).blob == before.part(part).blob
        # Its template died with the first process: the comparison took it anew.
        assert after.part("right_index").blob != before.part("right_index").blob


def test_it_stops_at_a_desk_that_broke_and_goes_on_there(
    enggano: Seat, town: Town
) -> None:
    """A device that fails is said in words, and no finger is left out for it."""
    (nik,) = town.to_record()
    recording = begin(enggano, nik)
    assert town.scanners is not None
    town.scanners.control("fault", fault="hang_up", part="right_ring", times=3)
    answer = take(enggano, recording, "right_hand")
    assert "Alat belum berhasil" in words_of(answer)
    assert "tinggal 2" in words_of(answer)
    take(enggano, recording, "right_hand")
    assert state_of(recording).part("right_little").status == "captured"


def test_it_notes_what_a_person_lacks_with_its_reason(
    enggano: Seat, town: Town
) -> None:
    """A finger that is not there is offered as an exception; the recording goes on."""
    (nik,) = town.to_record()
    recording = begin(enggano, nik)
    assert town.scanners is not None
    town.scanners.control("fault", fault="error", part="left_ring", code="101", times=3)
    answer = take(enggano, recording, "left_hand")
    assert "Belum terambil: jari manis kiri" in words_of(answer)
    path = f"/rekam/{recording}/tidak-bisa/left_ring"
    assert (
        'value="JARI_TIDAK_ADA" required checked' in enggano.get(path).content.decode()
    )
    for fields in ({}, {"alasan": "MATA_TIDAK_ADA"}, {"alasan": "LAINNYA"}):
        answer = enggano.post(path, **fields)
        assert answer.status_code == 409 and "Pilih satu alasan" in words_of(answer)
    answer = enggano.post(path, alasan="LAINNYA", keterangan="kecelakaan di laut")
    assert answer["Location"] == f"/rekam/{recording}/jari"
    assert state_of(recording).part("left_ring").exception == "LAINNYA"
    assert "lainnya" in enggano.text(f"/rekam/{recording}/jari")
    # And still it may be tried again, by its name.
    take(enggano, recording, "left_ring")
    assert state_of(recording).part("left_ring").status == "captured"


def test_it_takes_only_what_was_called_back(town: Town) -> None:
    """The page says in plain words which part and why, and asks for nothing else."""
    niks = town.to_record()
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        recording = record_all(seat, *niks)
    name = bytes.fromhex(recording)
    town.exchange()
    with town.open("hub") as hub:
        actions_centre.recall_parts(
            hub.journal,
            hub.ask(),
            recording=name,
            parts=("left_ring",),
            reason="ENROLL_FAILURE_AT_CENTRAL left_ring",
        )
    town.exchange()
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        assert "Panggilan ulang: jari manis kiri" in seat.text("/rekam")
        assert next_of(seat, recording).endswith("/jari")
        text = seat.text(f"/rekam/{recording}/jari")
        assert "Panggilan ulang" in text and "ENROLL" not in text
        take(seat, recording, "left_hand")
        assert next_of(seat, recording).endswith("/periksa")
        answer = seat.post(f"/rekam/{recording}/tutup")
        assert answer["Location"].endswith("/bukti")
        state = state_of(recording)
        assert state.version == 2 and state.whole


def test_it_does_nothing_twice(enggano: Seat, town: Town) -> None:
    """The same form sent twice, and the same button in two tabs, end at one recording."""
    (nik,) = town.to_record()
    path, op = f"/rekam/orang/{person_of(nik)}", "ab" * 16
    first, second = (enggano.post(path, op=op) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert enggano.post(path)["Location"] == first["Location"]
    assert Recording.objects.count() == 1
    recording = first["Location"].split("/")[2]
    for _ in range(2):
        answer = enggano.post(f"/rekam/{recording}/ambil", op=op, bagian="photo")
        assert answer.status_code == 302
        settle(enggano, recording, "photo")
    assert state_of(recording).part("photo").status == "captured"
    events = enggano.office.journal.events(0, 9999)
    kinds = [type(event.fact).__name__ for event in events]
    assert kinds.count("PartCaptured") == 1
    for wanted in GROUPS[1:]:
        take(enggano, recording, wanted)
    assert enggano.post(f"/rekam/{recording}/ambil", bagian="thumbs").status_code == 302
    take(enggano, recording, "verify")
    path = f"/rekam/{recording}/pernyataan"
    for _ in range(2):
        assert enggano.post(path, garis="1", op="cd" * 16).status_code == 302
    assert next_of(enggano, recording).endswith("/bukti")
    for page in (*PLACES, "cocok", "periksa", "pernyataan", "batal"):
        assert enggano.get(f"/rekam/{recording}/{page}").status_code in (200, 302)


def test_it_pauses_and_gives_up(enggano: Seat, town: Town) -> None:
    """A pause loses nothing; giving up wants a reason and leaves the person to begin anew."""
    (nik,) = town.to_record()
    recording = begin(enggano, nik)
    take(enggano, recording, "photo")
    answer = enggano.post(f"/rekam/{recording}/jeda")
    assert answer["Location"].startswith("/rekam?jeda=")
    assert "1 dari 14" in enggano.text("/rekam")
    answer = enggano.post(f"/rekam/{recording}/batal", alasan=" ")
    assert answer.status_code == 409 and "alasan" in words_of(answer)
    answer = enggano.post(f"/rekam/{recording}/batal", alasan="orangnya pulang")
    assert answer.status_code == 302
    answer = enggano.get(f"/rekam/{recording}")
    assert answer.status_code == 409 and "dibatalkan" in words_of(answer)
    assert begin(enggano, nik) != recording


def test_it_refuses_who_is_recorded_already(enggano: Seat) -> None:
    """Once for life: the reason stands there, and no button to begin."""
    person = Person.objects.filter(status_rekam="CARD_ISSUED").first()
    assert person is not None
    path = f"/rekam/orang/{person_of(person.nik)}"
    text = enggano.text(path)
    assert "Tidak direkam" in text and "Data benar" not in text
    assert enggano.post(path).status_code == 409
    assert Recording.objects.count() == 0


@pytest.mark.parametrize(
    "path",
    [
        "/rekam/zz",
        "/rekam/" + "00" * 12,
        "/rekam/" + "00" * 12 + "/foto",
        "/rekam/" + "00" * 12 + "/bukti",
        "/rekam/" + "00" * 12 + "/langsung/jari",
        "/rekam/orang/" + "00" * 12,
        "/rekam/orang/x",
        "/rekam?nik=1703019999999999",
        "/rekam?nik=%00%00",
    ],
)
def test_it_says_in_words_what_it_does_not_know(enggano: Seat, path: str) -> None:
    """A wrong address or an unknown NIK is a sentence and a way on, never an error."""
    answer = enggano.client.get(path)
    assert answer.status_code in (404, 409)
    assert "Traceback" not in words_of(answer) and "idak ada" in words_of(answer)


def test_it_says_what_is_wrong_with_a_form(enggano: Seat, town: Town) -> None:
    """Wrong parts, empty and broken pictures, forms without their id: all in words."""
    (nik,) = town.to_record()
    recording = begin(enggano, nik)
    base = f"/rekam/{recording}"
    for path, fields in (
        ("/ambil", {"bagian": "toe"}),
        ("/ambil", {}),
        ("/ambil", {"bagian": "photo", "op": "zz"}),
        ("/foto", {}),
        ("/foto", {"photo": "no file"}),
        ("/tanda-tangan", {}),
        ("/tidak-bisa/toe", {"alasan": "LAINNYA"}),
    ):
        answer = enggano.post(base + path, **fields)
        assert answer.status_code == 409, (path, fields)
    for path in ("/pernyataan", "/tutup", "/tidak-bisa/photo"):
        assert enggano.post(base + path, garis="1").status_code == 302
    assert state_of(recording).open_parts == PARTS
    assert enggano.get(base + "/langsung/kaki").status_code == 404
    assert enggano.get(base + "/ambil").status_code == 405


def test_it_says_when_no_device_answers(town: Town) -> None:
    """Without scanners the page says so, offers webcam and canvas, and ends nowhere."""
    (nik,) = town.to_record()
    town.set("enggano", scanners=())
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        recording = begin(seat, nik)
        assert "Nyalakan kamera" in seat.text(f"/rekam/{recording}/foto")
        assert (
            "menandatangani"
            in seat.get(f"/rekam/{recording}/tanda-tangan").content.decode()
        )
        assert "tidak menjawab" in seat.text(f"/rekam/{recording}/jari")
        answer = seat.post(f"/rekam/{recording}/ambil", bagian="right_hand")
        assert answer.status_code == 409 and "pemindai" in words_of(answer)


def test_it_keeps_a_name_of_an_unfinished_recording_in_the_list(
    enggano: Seat, town: Town
) -> None:
    """Who was begun is on the list until the proof is given."""
    (nik,) = town.to_record()
    recording = begin(enggano, nik)
    state = reads.recording(bytes.fromhex(recording))
    assert state is not None and state.number in enggano.text("/rekam")
