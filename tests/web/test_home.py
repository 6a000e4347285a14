"""The home page: what waits for a hand here, whose it is, why, and what comes next."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connections
from django.test.utils import CaptureQueriesContext

from perahu.enrolment import actions
from perahu.enrolment.facts import PARTS
from perahu.enrolment.models import Recording
from perahu.journal.journal import RECOUNT
from perahu.people import reads as people
from perahu.people.models import Person
from perahu.web.desk.worklists import HOME_ROWS
from tests.web.seats import Seat

QUERIES_MAX = 30


def begun(seat: Seat, count: int = 1) -> list[bytes]:
    """So many people whose recording was begun and left."""
    office = seat.office
    sari = office.authority.operator_by_login("sari")
    assert sari is not None
    found = []
    with office.at_work():
        latest = office.now().today - timedelta(days=18 * 366)
        rows = Person.objects.filter(
            status_rekam="UNREGISTERED", tanggal_lahir__lt=latest
        )
        for nik in rows.order_by("nik").values_list("nik", flat=True)[:count]:
            who = people.by_nik(nik)
            assert who is not None
            recording = office.ports.random(12)
            actions.open_recording(
                office.journal,
                office.ask(sari.operator),
                person=who.person,
                recording=recording,
                wilayah="170301",
            )
            found.append(recording)
    assert len(found) == count
    return found


def test_it_says_kindly_that_nothing_waits(hub: Seat) -> None:
    """Where nothing is to be done the page says so, and what one may do."""
    assert "Semua sudah beres" in hub.text("/")


def test_it_lists_who_was_never_recorded_as_a_count_with_a_link(enggano: Seat) -> None:
    """Residents due are a number on the home page and people on their list."""
    home = enggano.get("/").content.decode()
    assert "Belum pernah direkam" in home
    assert 'href="/kerja/belum-rekam"' in home
    page = enggano.text("/kerja/belum-rekam")
    assert "belum pernah direkam" in page
    assert "Desa" in page
    assert "Enggano" in page


def test_it_shows_a_begun_recording_with_owner_reason_and_next_step(
    enggano: Seat,
) -> None:
    """Each item names whose it is, how old, why, and leads on with one button."""
    (recording,) = begun(enggano)
    html = enggano.get("/").content.decode()
    text = enggano.text("/")
    assert "Lengkapi perekaman" in text
    assert "lanjutkan di: bacakan biodata" in text
    assert "Sari, baru saja" in text
    assert f'href="/rekam/{recording.hex()}"' in html


def test_it_names_the_finger_to_call_back(enggano: Seat) -> None:
    """A call-back says which finger, with the number of the centre's letters."""
    (recording,) = begun(enggano)
    with enggano.office.at_work():
        row = Recording.objects.get(pk=recording.hex())
        done = ",".join(f'"{p}":{{"c":"1","s":"excepted"}}' for p in PARTS)
        row.parts = "{" + done.replace(
            '"left_index":{"c":"1"', '"left_index":{"c":"1","r":"3","y":"EFAC"'
        ) + "}"  # fmt: skip
        row.version, row.completed_order, row.recalled_order = 1, "2", "3"
        row.waits = "recalled"
        row.save()
    text = enggano.text("/kerja/panggil-ulang")
    assert "telunjuk kiri (jari 7) tidak terbaca, panggil ulang" in text


def test_it_shows_the_queue_by_its_rule_and_a_link_to_all(desk: Seat) -> None:
    """Cards to print stand in their order with the rule that ordered them."""
    text = desk.text("/")
    assert "Cetak kartu 2" in text
    assert text.index("antrean ke-1") < text.index("antrean ke-2")
    assert "belum pernah punya KTP-el" in text


def test_it_hides_lists_from_who_may_not_do_their_work(enggano: Seat) -> None:
    """The hub's cases are no list of an office, and an unknown list is no page."""
    assert enggano.get("/kerja/kasus").status_code == 404
    assert enggano.get("/kerja/apa-saja").status_code == 404
    assert enggano.get("/kerja/cetak").status_code == 200


def test_it_says_what_the_node_itself_needs(enggano: Seat) -> None:
    """A restored node asks for the count of its stock before anything else."""
    enggano.office.journal.halt(RECOUNT)
    text = enggano.text("/")
    assert text.index("Stok harus dihitung ulang") < text.index("Belum pernah direkam")


def test_it_pages_a_long_list(enggano: Seat) -> None:
    """The home page shows a few rows and the way to all of them."""
    begun(enggano, HOME_ROWS + 1)
    html = enggano.get("/").content.decode()
    assert f"semua ({HOME_ROWS + 1})" in html
    section = re.search(r'id="judul-lengkapi".*?</section>', html, re.DOTALL)
    assert section is not None
    assert section[0].count("work-step") == HOME_ROWS
    assert enggano.text("/kerja/lengkapi").count("bacakan biodata") == HOME_ROWS + 1
    assert "Halaman ini kosong" in enggano.text("/kerja/lengkapi", hal="9")


def test_it_asks_the_tables_no_more_for_more_work(enggano: Seat) -> None:
    """The number of questions does not grow with the rows."""
    alias = enggano.office.tables.alias
    enggano.get("/")
    with CaptureQueriesContext(connections[alias]) as few:
        enggano.get("/")
    begun(enggano, HOME_ROWS)
    with CaptureQueriesContext(connections[alias]) as many:
        enggano.get("/")
    assert len(few) < QUERIES_MAX
    assert len(many) <= len(few) + 2
