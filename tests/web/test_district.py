"""The kabupaten's pages over real books: what she sees of two offices, and of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from perahu.cards import actions_stock
from perahu.cards.facts import PrintIntended, PrintOrdered, StockSent
from perahu.cards.reads_district import ledger_sums, whole_of
from perahu.enrolment.facts import CentreStatusSeen, PacketSubmitted
from perahu.journal.types import Draft
from perahu.web.district.figures import look
from tests.cast import RATNA, SARI
from tests.enrolment.builders import PERSON, RECORDING
from tests.enrolment.stations import record_all
from tests.web.cast_hub import HubSeat, hub_seat

if TYPE_CHECKING:
    from tests.cast import District


@pytest.fixture
def seat(district: District) -> Iterator[HubSeat]:
    """Ratna at the hub; Enggano had contact an hour ago, Ketahun four days ago."""
    with hub_seat(district) as made:
        enggano, ketahun = made.network.enggano, made.network.ketahun
        made.office.met = {
            enggano.journal.node_id: 3600,
            ketahun.journal.node_id: 4 * 86400,
        }
        yield made


def stock_at_enggano(seat: HubSeat, count: int = 20) -> None:
    """Blanko come to Enggano, and the hub hears of it."""
    office = seat.network.enggano
    with office.at_work() as journal:
        actions_stock.receive_stock(
            journal,
            office.ask(SARI),
            item="blanko",
            count=count,
            source="TERIMA_PROVINSI",
            document="BAST 7",
        )
    seat.network.collect(office)


def at_centre(seat: HubSeat, status: str) -> None:
    """Budi's packet is at the centre, which says this of it."""
    hub = seat.network.hub
    facts = (
        PacketSubmitted(person=PERSON, recording=RECORDING, version=1, reference="R1"),
        CentreStatusSeen(person=PERSON, recording=RECORDING, status=status),
    )
    with hub.at_work() as journal, journal.writing() as book:
        to = seat.network.enggano.journal.node_id
        drafts = [Draft(fact, audience=to) for fact in facts]
        book.append(hub.ask(b""), drafts)


def enggano_page(seat: HubSeat, **query: str) -> str:
    """What the page of Enggano says."""
    node = seat.network.enggano.journal.node_id.hex()
    return seat.text(f"/kabupaten/{node}", **query)


def geojson(code: str) -> BytesIO:
    """A file with one border."""
    ring = [[102.2, -5.4], [102.4, -5.4], [102.4, -5.2], [102.2, -5.4]]
    feature = {
        "type": "Feature",
        "properties": {"kode": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    found = {"type": "FeatureCollection", "features": [feature]}
    file = BytesIO(json.dumps(found).encode())
    file.name = "batas.geojson"
    return file


def test_it_works(seat: HubSeat) -> None:
    """Every kecamatan is on the map; the one in trouble stands first, with its reason."""
    html = seat.get("/kabupaten").content.decode()
    assert html.count('id="peta-17') == 19
    text = seat.text("/kabupaten")
    assert "tidak ada kontak 4 hari" in text
    assert text.index("Ketahun perlu ditolong") < text.index("Seluruh kabupaten")
    assert "Belum ada kantor terdaftar di: Kerkap" in text


def test_it_counts_the_recordings_of_an_office(seat: HubSeat) -> None:
    """What was closed and what the centre says come as counts with their ages."""
    record_all(seat.network.enggano)
    seat.network.collect()
    with seat.network.hub.at_work():
        (office,) = look(seat.office).kecamatan[1].offices
        assert office.node.name == "Enggano"
        assert office.backlog.to_hand.count == 1
    at_centre(seat, "SENT_FOR_ENROLLMENT")
    seat.wait_days(21)
    text = enggano_page(seat)
    assert "Sudah dikirim ke pusat SFE" in text
    assert "giliran pusat" in text
    assert "1 rekaman “sudah dikirim ke pusat” 21 hari" in text


def test_it_shows_the_parts_to_call_back(seat: HubSeat) -> None:
    """A centre that could not read a part makes it the office's turn."""
    record_all(seat.network.enggano)
    seat.network.collect()
    at_centre(seat, "ENROLL_FAILURE_AT_CENTRAL")
    text = enggano_page(seat)
    assert "Tidak terbaca di pusat EFAC" in text
    assert "giliran kantor kecamatan" in text


def test_it_names_what_is_unique_apart(seat: HubSeat) -> None:
    """Nobody has to act on a packet that passed; it is named, not listed as waiting."""
    record_all(seat.network.enggano)
    seat.network.collect()
    at_centre(seat, "PRINT_READY_RECORD")
    text = enggano_page(seat)
    assert "Tidak ada rekaman yang menunggu" in text
    assert "1 tunggal, siap cetak (PRR)" in text


def test_it_answers_for_every_blanko(seat: HubSeat) -> None:
    """The ledger of an office says where each came from, who wrote it, and what is left."""
    stock_at_enggano(seat)
    text = enggano_page(seat)
    assert re.search(r"diterima dari provinsi BAST 7, Sari \+20 20", text)


def test_it_adds_up_what_happened_alike_on_one_day(seat: HubSeat) -> None:
    """Two spoilages of one day are one line, with what was left after both."""
    stock_at_enggano(seat)
    office = seat.network.enggano
    with office.at_work() as journal:
        for count in (1, 2):
            actions_stock.spoil_stock(
                journal,
                office.ask(SARI),
                item="blanko",
                count=count,
                cause="CACAT_PABRIK",
            )
    seat.network.collect(office)
    text = enggano_page(seat)
    assert "rusak cacat pabrik, Sari -3 17" in text


def test_it_shows_what_is_on_the_way(seat: HubSeat) -> None:
    """Blanko sent and not counted on arrival belong to nobody's stock, and are named."""
    stock_at_enggano(seat)
    hub, to = seat.network.hub, seat.network.enggano.journal.node_id
    with hub.at_work() as journal, journal.writing() as book:
        sent = StockSent(transfer=b"t" * 12, item="blanko", count=50, to=to)
        book.append(hub.ask(RATNA), [Draft(sent, audience=to)])
    seat.wait_days(15)
    text = seat.text("/kabupaten")
    assert "blanko 20 +50 di jalan" in text
    with hub.at_work():
        whole = whole_of("blanko", hub.journal.node_id, ledger_sums())
    assert whole.is_whole
    assert (whole.received, whole.here, whole.on_the_way) == (20, -50, 50)
    text = enggano_page(seat)
    assert "kiriman blanko 15 hari belum dihitung di tujuan" in text
    assert "50 blanko, dikirim 21 November 2026" in text


def test_it_names_every_print_that_nobody_accounted_for(seat: HubSeat) -> None:
    """A print begun and never ended shows its printer and leads to its person."""
    hub, office = seat.network.hub, seat.network.enggano
    to, order = office.journal.node_id, b"order-000001"
    ordered = PrintOrdered(
        person=PERSON, order=order, home=to, recording=RECORDING, kind="BELUM_PERNAH"
    )
    with hub.at_work() as journal, journal.writing() as book:
        book.append(hub.ask(b""), [Draft(ordered, audience=to)])
    seat.network.give()
    begun = PrintIntended(person=PERSON, order=order, attempt=2, printer="Evolis 7")
    with office.at_work() as journal, journal.writing() as book:
        book.append(office.ask(SARI), [Draft(begun)])
    seat.network.collect(office)
    assert "1 hasil cetak belum jelas" in seat.text("/kabupaten")
    node = to.hex()
    html = seat.get(f"/kabupaten/{node}").content.decode()
    assert "Percobaan ke-2 di Evolis 7" in html
    assert f"/orang/{PERSON.hex()}" in html


def test_it_says_when_an_item_has_no_ledger(seat: HubSeat) -> None:
    """Ribbon that was never booked shows no rows; an unknown item shows blanko."""
    assert "Belum ada gerak ribbon" in enggano_page(seat, barang="ribbon")
    assert "Belum ada gerak blanko" in enggano_page(seat, barang="emas")


def test_it_counts_a_difference_as_trouble(seat: HubSeat) -> None:
    """Three blanko fewer than the ledger says are in the list of the worst."""
    stock_at_enggano(seat)
    office = seat.network.enggano
    with office.at_work() as journal:
        actions_stock.count_stock(
            journal,
            office.ask(SARI),
            item="blanko",
            counted=17,
            reason="basah",
        )
    seat.network.collect(office)
    text = seat.text("/kabupaten")
    assert "hitung stok kurang 3 blanko" in text
    assert "blanko 20 0 0 17 0 0 3" in text
    assert "hitung ulang basah, Sari -3 17" in enggano_page(seat)


def test_it_speaks_english(seat: HubSeat) -> None:
    """By the switch, with no Indonesian sentence of a rule left."""
    text = seat.text("/kabupaten", lang="en")
    assert "no contact for 4 days" in text
    assert "tidak ada kontak" not in text


def test_it_gives_the_same_without_a_frame(seat: HubSeat) -> None:
    """What the page asks for anew has the map and no head of page."""
    html = seat.get("/kabupaten/sekarang").content.decode()
    assert "<svg" in html and "<html" not in html


def test_it_has_no_inline_style(seat: HubSeat) -> None:
    """The strict policy forbids it, and the map needs none."""
    html = seat.get("/kabupaten").content.decode()
    assert " style=" not in html and "<style" not in html


def test_it_draws_borders_that_the_office_loads(seat: HubSeat) -> None:
    """After a GeoJSON file the map is real, and who is missing in it is named."""
    answer = seat.post("/kabupaten/peta", berkas=geojson("17.03.01"))
    assert answer.status_code == 302
    text = seat.text("/kabupaten")
    assert "Tidak ada di berkas peta: Kerkap" in text
    assert "bukan peta ukur" not in text
    assert seat.post("/kabupaten/peta/skema").status_code == 302
    assert "bukan peta ukur" in seat.text("/kabupaten")


@pytest.mark.parametrize("file", [geojson("18.01.01"), BytesIO(b"\x00"), None])
def test_it_refuses_another_file_and_keeps_the_map(seat: HubSeat, file: Any) -> None:
    """A file that is no map of ours is a sentence, and the page goes on as before."""
    fields = {} if file is None else {"berkas": file}
    answer = seat.post("/kabupaten/peta", **fields)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "peta yang lama tetap dipakai" in html.lower()
    assert html.count('id="peta-17') == 19


def test_it_shows_the_scheme_where_the_kept_map_is_damaged(seat: HubSeat) -> None:
    """A damaged file never hides the kabupaten; it is said."""
    seat.office.parts["map"].keep(b"{}")
    text = seat.text("/kabupaten")
    assert "tidak dapat dipakai" in text and "bukan peta ukur" in text


def test_it_knows_no_other_node(seat: HubSeat) -> None:
    """An address that names no office is a sentence."""
    assert seat.get(f"/kabupaten/{'ab' * 16}").status_code == 409
    assert seat.get("/kabupaten/170301").status_code == 409
    hub = seat.network.hub.journal.node_id.hex()
    assert seat.get(f"/kabupaten/{hub}").status_code == 409


def test_it_is_closed_to_an_operator_of_one_kecamatan(district: District) -> None:
    """Sari's grant is for Enggano alone: the kabupaten's page is not hers."""
    with hub_seat(district, "sari") as seat:
        assert seat.get("/kabupaten").status_code in (302, 403)
