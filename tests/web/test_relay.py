"""The page of other nodes' post: what is carried, by stick and over a LAN."""

from __future__ import annotations

import time
from pathlib import Path

from perahu.node.relay.bag import bag_of
from perahu.node.relay.letters import write_letter
from perahu.node.relay.stick import give
from perahu.sync.postbag.index import STICK
from perahu.web.relay.ports import RelayRun
from tests.node.desk.town import Town
from tests.web.conftest import open_pages
from tests.web.seats import Seat, plain, seat_at

TURNS_MAX = 400


def _ended(seat: Seat) -> RelayRun:
    """What was begun, once it is over."""
    relay = seat.web.parts["relay"]
    for _ in range(TURNS_MAX):
        run: RelayRun | None = relay.run()
        if run is not None and not run.is_running:
            return run
        time.sleep(0.05)
    raise AssertionError("it did not come to an end")


def test_it_shows_what_is_carried(town: Town, tmp_path: Path) -> None:
    """Ours, others', and where copies are; looked at, taken from a stick, written to one."""
    stick = tmp_path / "stik-kapal"
    stick.mkdir()
    town.set("enggano", sticks=(str(stick),))
    with town.open("hub") as hub, town.open("enggano") as office:
        hub_id, office_id = hub.journal.node_id, office.journal.node_id
        with hub.at_work():
            write_letter(hub, office_id)
            give(hub, stick)
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        assert "Belum ada" in seat.text("/titipan")
        with office.at_work():
            write_letter(office, hub_id)
        shown = seat.text(f"/titipan?stick={stick}")
        assert "Bengkulu Utara" in shown and "untuk kita" in shown
        assert "ditulis di sini" in shown
        answer = seat.post("/titipan/tulis", stick=str(stick))
        assert answer.status_code == 302, plain(answer.content.decode())
        run = _ended(seat)
        assert run.trouble is None and "1 titipan" in run.says[0].id
        assert len(list(stick.iterdir())) == 2
        seat.post("/titipan/ambil", stick=str(stick))
        assert "0 titipan" in _ended(seat).says[0].id
        assert "0 titipan dibawa" in seat.text("/titipan")
        (parcel,) = bag_of(office).index.parcels()
        bag_of(office).index.note_given(parcel.sha, hub_id, office.now().wall_ms)
        assert "Bengkulu Utara" in seat.text("/titipan")
    assert STICK == b"stick"


def test_it_says_why_nobody_was_met(enggano: Seat) -> None:
    """No address, an address that is none, and nobody there: each in words, typed kept."""
    meetable = enggano.web.parts["relay"].meetable()
    node = meetable[0][0].hex() if meetable else "00" * 16
    answer = enggano.post("/titipan/temui", node=node, address="")
    assert answer.status_code == 409
    assert "Isi alamat" in plain(answer.content.decode())
    if meetable:
        enggano.post("/titipan/temui", node=node, address="127.0.0.1:9")
        run = _ended(enggano)
        assert run.trouble is not None and "tidak terjangkau" in run.trouble.id
        enggano.post("/titipan/temui", node=node, address="bukan alamat")
        run = _ended(enggano)
        assert run.trouble is not None and "host:port" in run.trouble.id


def test_it_refuses_a_folder_that_is_no_stick(enggano: Seat) -> None:
    """Only what is plugged in, never another folder of this machine."""
    for path in ("/etc", "/", "../.."):
        for address in ("/titipan/ambil", "/titipan/tulis"):
            assert enggano.post(address, stick=path).status_code == 409
        assert enggano.get(f"/titipan?stick={path}").status_code == 409
