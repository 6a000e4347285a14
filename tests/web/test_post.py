"""The pages of sending and of the courier."""

from __future__ import annotations

import time
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from perahu.node.contacts import Contact, note_contact, note_hour
from perahu.node.courier import export_to
from perahu.node.custody import Custody
from perahu.node.parcels import own_folder
from perahu.sync.courier.report import Reading
from perahu.sync.courier.writing import Contents
from perahu.sync.progress import Progress
from perahu.web.post.ports import CourierRun, Letter
from tests.node.desk.town import Town
from tests.web.conftest import Printing, open_pages
from tests.web.seats import Seat, plain, seat_at

TURNS_MAX = 600


def _ended(seat: Seat) -> CourierRun:
    """The courier's run, once it is over."""
    post = seat.web.parts["post"]
    for _ in range(TURNS_MAX):
        run: CourierRun | None = post.run()
        if run is not None and not run.is_running:
            return run
        time.sleep(0.05)
    raise AssertionError("the courier did not come to an end")


def _written(seat: Seat, to: bytes, stick: str = "") -> Letter:
    """Write a courier file by the page and give its letter."""
    answer = seat.post("/kurir/tulis", to=to.hex(), stick=stick)
    assert answer.status_code == 302, plain(answer.content.decode())
    run = _ended(seat)
    assert run.trouble is None and len(run.letters) == 1
    found: Letter = seat.web.parts["post"].letter(run.letters[0])
    return found


def test_it_carries_an_office_to_the_hub_in_a_pocket(town: Town) -> None:
    """Written by one page, fetched, read by another, answered, and acknowledged."""
    with town.open("hub") as office:
        hub_id = office.journal.node_id
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        before = office.journal.waiting()
        assert before.entries > 0
        letter = _written(seat, hub_id)
        assert letter.to == "Bengkulu Utara" and letter.by == "Sari"
        assert len(letter.check_words.split()) == 4
        answer = seat.get(f"/kurir/{letter.file}/berkas")
        content = b"".join(answer.streaming_content)
        assert len(content) == letter.size_bytes or len(content) > 0
        slip = seat.text(f"/kurir/{letter.file}/serah-terima")
        assert letter.check_words in slip and "Membawa" in slip
    with open_pages(town, "hub") as office, seat_at(office, "ratna") as seat:
        file = SimpleUploadedFile(letter.file, content)
        assert seat.post("/kurir/baca", file=file).status_code == 302
        run = _ended(seat)
        assert run.trouble is None and letter.check_words in run.says[0].id
        (name,) = run.letters
        answer = seat.get(f"/kurir/{name}/berkas")
        back = b"".join(answer.streaming_content)
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        seat.post("/kurir/baca", file=SimpleUploadedFile(name, back))
        assert _ended(seat).trouble is None
        assert office.journal.waiting().entries < before.entries


def test_it_writes_to_a_stick_that_is_plugged_in(town: Town, tmp_path: Path) -> None:
    """A folder that node.toml names is offered as a stick; any other is refused."""
    stick = tmp_path / "stik"
    stick.mkdir()
    town.set("enggano", sticks=(str(stick),))
    with town.open("hub") as office:
        hub_id = office.journal.node_id
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        page = seat.get("/kurir").content.decode()
        assert "Stik stik" in page and page.count(f'value="{stick}" checked') == 2
        letter = _written(seat, hub_id, str(stick))
        assert (stick / letter.file).exists() and letter.on == str(stick)
        answer = seat.post("/kurir/tulis", to=hub_id.hex(), stick=str(tmp_path))
        assert answer.status_code == 409
        assert "tidak terpasang" in plain(answer.content.decode())


def test_it_says_in_words_that_a_file_is_no_courier_file(enggano: Seat) -> None:
    """What somebody picked by mistake is refused in a sentence, and nothing is kept."""
    file = SimpleUploadedFile("liburan.jpg", b"\xff\xd8" + bytes(5000))
    enggano.post("/kurir/baca", file=file)
    run = _ended(enggano)
    assert run.trouble is not None and "kurir" in run.trouble.id
    assert run.trouble.id in enggano.text("/kurir").replace("&#x27;", "'")
    assert not list((enggano.office.folder / "kurir-masuk").iterdir())


def test_it_asks_for_a_file(enggano: Seat) -> None:
    """Reading nothing is answered in words."""
    answer = enggano.post("/kurir/baca")
    assert answer.status_code == 409 and "Pilih berkas" in answer.content.decode()


def test_it_refuses_a_node_nobody_knows(enggano: Seat) -> None:
    """An address made up, or cut short, is a sentence."""
    for to in ("00" * 16, "xyz", ""):
        assert enggano.post("/kurir/tulis", to=to).status_code == 409
    assert enggano.get("/kurir/tidak-ada.jrnb/berkas").status_code == 409


def test_it_shows_the_week_of_contacts(town: Town) -> None:
    """Contact, failure and silence are told apart in the picture and in its words."""
    town.set("enggano", parent="127.0.0.1:9")
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        hub = bytes.fromhex(office.settings.parent_node)
        note_contact(office, hub)
        note_hour(
            office, hub, Contact(went_well=True, sent_bytes=90_000, busy_ms=9_000)
        )
        note_hour(office, hub, Contact(went_well=False))
        html = seat.get("/kirim").content.decode()
        assert 'class="met s2"' in html and "1 kontak, " in html
        assert "Mengirim ke Bengkulu Utara" in html
        assert seat.post("/kirim/panggil").status_code == 302


def test_it_shows_what_waits_by_class(enggano: Seat) -> None:
    """What waits is named in words, not as classes."""
    text = enggano.text("/kirim/kini")
    assert "Hak, stok, dan perintah cetak" in text and "menunggu" in text


def test_it_reports_a_lost_stick(town: Town) -> None:
    """A reason is asked for; then both ends see it, and finding it again takes it back."""
    with town.open("hub") as office:
        hub_id = office.journal.node_id
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        letter = _written(seat, hub_id)
        page = seat.text("/kurir")
        assert "belum diakui" in page and "Laporkan hilang" in page
        address = f"/kurir/{letter.file}/hilang"
        answer = seat.post(address, reason=" ")
        assert answer.status_code == 409
        assert "bagaimana stiknya hilang" in plain(answer.content.decode())
        answer = seat.post(address, reason="jatuh di dermaga Malakoni")
        assert answer.status_code == 302
        page = seat.text("/kurir")
        assert "Stik yang dilaporkan hilang" in page and "Malakoni" in page
        again = _written(seat, hub_id)
        assert again.entries > letter.entries > 0
        content = b"".join(seat.get(f"/kurir/{again.file}/berkas").streaming_content)
    with open_pages(town, "hub") as office, seat_at(office, "ratna") as seat:
        seat.post("/kurir/baca", file=SimpleUploadedFile(again.file, content))
        assert _ended(seat).trouble is None
        page = seat.text("/kurir")
        assert "Enggano" in page and "Malakoni" in page and letter.check_words in page
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        assert seat.post(address, found="1").status_code == 302
        assert "ditemukan" in seat.text("/kurir")
        assert seat.post("/kurir/x.jrnb/hilang", reason="y").status_code == 409


def test_it_takes_what_it_can_from_a_stick(town: Town, tmp_path: Path) -> None:
    """Ours come in, others stay, one that is torn is named; the answer lies beside them."""
    stick = tmp_path / "stik"
    stick.mkdir()
    for name in ("enggano", "hub"):
        town.set(name, sticks=(str(stick),))
    with town.open("hub") as office:
        hub_id = office.journal.node_id
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        _written(seat, hub_id, str(stick))
        _written(seat, hub_id, str(stick))
    (stick / "rusak.jrnb").write_bytes(b"x" * 40_000)
    with open_pages(town, "hub") as office, seat_at(office, "ratna") as seat:
        assert seat.post("/kurir/baca", stick=str(stick)).status_code == 302
        run = _ended(seat)
        assert len(run.letters) == 1 and run.trouble is None
        assert [words.id[:18] for words in run.says[:2]] == ["Berkas kurir utuh:"] * 2
        assert "rusak.jrnb" in run.says[2].id
        assert (stick / run.letters[0]).exists()
        assert "rusak.jrnb" in seat.text("/kurir")


def test_it_shows_how_far_a_file_is(enggano: Seat, tmp_path: Path) -> None:
    """Which file, from whom, what it carries, and a bar in per cent."""
    post = enggano.web.parts["post"]
    path = tmp_path / "JRN-hub-enggano-20261122-4.jrnb"
    contents = Contents([12, 0, 0, 3, 0, 0, 0])
    reading = Reading(
        path, "Bengkulu Utara", 1000, contents, Progress(), done_bytes=370
    )
    post._one.current = CourierRun(kind="import", is_running=True)
    post._watch(reading)
    text = enggano.text("/kurir/kini")
    assert path.name in text and "Bengkulu Utara" in text and "37 %" in text
    assert "Hak, stok, dan perintah cetak 12" in text and "Foto 3" in text
    post._one.current = None


def test_it_sweeps_what_a_killed_process_had_taken_in(town: Town) -> None:
    """An upload that nobody came to read is gone after the next start."""
    left = town.at("enggano") / "kurir-masuk"
    left.mkdir()
    (left / "0011223344556677.jrnb").write_bytes(bytes(100))
    with open_pages(town, "enggano") as office, seat_at(office, "sari"):
        assert list(left.iterdir()) == []


def test_it_gives_each_part_a_slip_of_its_own(printing: Printing) -> None:
    """Parts, the four words of each, and what lies in it."""
    town = printing.town
    with town.open("hub") as office:
        hub_id = office.journal.node_id
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        folder = own_folder(office.folder, "kurir-keluar")
        made = export_to(
            office, hub_id, folder, part_bytes_max=210_000, by=Custody(by="Sari")
        )
        assert len(made.paths) >= 2
        for number, path in enumerate(made.paths, start=1):
            slip = seat.text(f"/kurir/{path.name}/serah-terima")
            assert made.check_words[number - 1] in slip
            assert f"{number} dari {len(made.paths)}" in slip
            assert path.stat().st_size == made.parts[number - 1].size_bytes
