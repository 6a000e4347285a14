"""Stock through pages: what lies here, transfers in two halves, counts with a reason."""

from __future__ import annotations

import pytest

from perahu.cards import reads_stock
from tests.node.desk.town import Town
from tests.web.conftest import open_pages
from tests.web.seats import Seat, plain, seat_at


def on_hand(seat: Seat, item: str = "blanko") -> int:
    """Pieces here, by the ledger."""
    assert reads_stock.ledger_sum() == 0
    return reads_stock.on_hand(seat.office.journal.node_id, item)


def test_it_works(enggano: Seat) -> None:
    """What lies here, where it came from, and who took it in."""
    text = enggano.text("/stok")
    assert "20 keping" in text and "BAST 1" in text and "dari provinsi" in text
    assert "Diterima dari luar" in text and "Sari" in text


def test_it_brings_a_transfer_from_the_hub_to_the_office(town: Town) -> None:
    """Received at the hub, sent, counted on arrival with two missing: said on both sides."""
    with open_pages(town, "hub") as office, seat_at(office, "ratna") as seat:
        fields = {"deed": "receive", "item": "blanko", "source": "TERIMA_PUSAT"}
        seat.post("/stok", **fields, count="1.000", document="SJ 77/2026")
        assert on_hand(seat) == 1000
        to = to_enggano(seat)
        answer = seat.post("/stok", deed="send", item="blanko", count="50", to=to)
        assert answer.status_code == 302 and on_hand(seat) == 950
        text = seat.text("/stok")
        assert "50 keping Blanko ke Enggano" in text and "ke Enggano (kiriman)" in text
    town.exchange()
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        page = seat.get("/stok").content.decode()
        assert "50 keping Blanko dari" in plain(page)
        transfer = page.partition('name="transfer" value="')[2][:24]
        answer = seat.post("/stok", deed="arrive", transfer=transfer, count="48")
        assert answer.status_code == 302 and on_hand(seat) == 68
        assert "selisih 2 belum jelas" in seat.text("/stok")
        again = seat.post("/stok", deed="arrive", transfer=transfer, count="48")
        assert again.status_code == 409 and "sudah diterima" in plain(
            again.content.decode()
        )


def to_enggano(seat: Seat) -> str:
    """The node id of Enggano in hex."""
    nodes = seat.office.journal.authority.nodes().values()
    return next(one.node_id.hex() for one in nodes if one.name == "Enggano")


def test_it_asks_why_a_count_differs(enggano: Seat) -> None:
    """The difference is said with its figures, what was typed stays, nothing is recorded."""
    fields = {"deed": "count", "item": "blanko", "count": "17"}
    answer = enggano.post("/stok", **fields)
    page = answer.content.decode()
    assert answer.status_code == 409 and "selisih −3" in plain(page)
    assert 'value="17"' in page and on_hand(enggano) == 20
    assert enggano.post("/stok", **fields, reason="tiga basah").status_code == 302
    assert on_hand(enggano) == 17
    text = enggano.text("/stok")
    assert "tiga basah" in text and "Hitung ulang" in text


def test_it_notes_spoiled_goods_with_their_cause(enggano: Seat) -> None:
    """They leave the pile and are kept for destruction; the paper counts them."""
    fields = {"deed": "spoil", "item": "blanko", "cause": "CACAT_PABRIK"}
    assert enggano.post("/stok", **fields, count="2").status_code == 302
    assert on_hand(enggano) == 18
    assert "Rusak, disimpan untuk dimusnahkan: 2" in enggano.text("/stok")
    text = enggano.text("/stok/berita-acara")
    assert "cacat dari pabrik: 2" in text and "18 keping" in text
    assert "Saksi 1" in text and "DATA UJI" in text


def test_it_does_a_form_once(enggano: Seat) -> None:
    """Sent twice, recorded once."""
    fields = {"deed": "spoil", "item": "blanko", "cause": "GAGAL_CETAK", "count": "1"}
    op = enggano.office.ports.random(16).hex()
    for _ in range(2):
        assert enggano.post("/stok", op=op, **fields).status_code == 302
    assert on_hand(enggano) == 19


def test_it_says_how_long_the_stock_will_last(enggano: Seat) -> None:
    """At the use of the last month."""
    fields = {"deed": "spoil", "item": "blanko", "cause": "GAGAL_CETAK", "count": "10"}
    enggano.post("/stok", **fields)
    assert "kira-kira 1 hari" in enggano.text("/stok")


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"deed": "spoil", "count": "21", "cause": "GAGAL_CETAK"}, "hanya ada 20"),
        ({"deed": "spoil", "count": "1", "cause": "LUPA"}, "sebab rusak"),
        ({"deed": "spoil", "count": "-1", "cause": "GAGAL_CETAK"}, "Isi angka"),
        ({"deed": "receive", "count": "5", "source": "TERIMA_PUSAT"}, "nomor surat"),
        (
            {"deed": "receive", "count": "5", "source": "X", "document": "1"},
            "asal barang",
        ),
        ({"deed": "count", "count": "9", "item": "emas", "reason": "x"}, "barang"),
        ({"deed": "arrive", "transfer": "00" * 12, "count": "5"}, "belum tercatat"),
        ({"deed": "arrive", "transfer": "zz", "count": "5"}, "tidak lengkap"),
        ({"deed": "send", "count": "5", "to": "00" * 16}, "tidak ada di daftar"),
        ({"deed": "burn"}, "tidak dikenal"),
    ],
)
def test_it_refuses_in_words(enggano: Seat, fields: dict[str, str], part: str) -> None:
    """What was typed wrongly changes nothing."""
    answer = enggano.post("/stok", **{"item": "blanko"} | fields)
    assert answer.status_code == 409 and part in plain(answer.content.decode())
    assert on_hand(enggano) == 20


@pytest.mark.parametrize("month", ["", "2026-13", "x-y", "2026-11", "99999-1"])
def test_it_shows_a_paper_for_any_month(enggano: Seat, month: str) -> None:
    """A month that is none is this one."""
    assert (
        enggano.get("/stok/berita-acara", bulan=month, barang="film").status_code == 200
    )
