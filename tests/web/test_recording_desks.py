"""Two desks and one person: told who, where and since when; taken over only on purpose.

And what a recording is told of the world outside: the policy, the clock, another office.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from perahu.enrolment.models import Recording
from perahu.keys.facts import ONLINE_ONLY, PolicySet
from perahu.node.actions import set_policy
from perahu.node.web_recording_claims import CLAIM_IDLE_S, Claims
from perahu.web.recording.ports import Sitter
from tests.node.desk.town import PIN, Town
from tests.web.conftest import open_pages
from tests.web.recordings import begin, next_of, person_of, settle, state_of, take
from tests.web.seats import Seat, plain, seat_at

SARI = b"sari-000"
HOUR_MS = 3_600_000


@pytest.fixture
def two_desks(town: Town) -> Iterator[tuple[Seat, Seat]]:
    """Enggano with two desks; Sari sits at the first and, in another browser, the second."""
    assert town.scanners is not None
    town.set("enggano", scanners=(town.scanners.port,) * 2)
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as one:
        other = one.beside()
        told = {"login": "sari", "pin": PIN, "next": "/", "desk": "2"}
        assert other.client.post("/masuk", told).status_code == 302
        yield one, other


def held_text(seat: Seat, path: str) -> str:
    """What is said instead of the page."""
    answer = seat.get(path)
    assert answer.status_code == 409
    return plain(answer.content.decode())


def test_it_works(two_desks: tuple[Seat, Seat], town: Town) -> None:
    """The second desk hears who works on the person, takes over, and the first hears it."""
    one, other = two_desks
    (nik,) = town.to_record()
    recording = begin(one, nik)
    for path in (f"/rekam/orang/{person_of(nik)}", f"/rekam/{recording}/foto"):
        text = held_text(other, path)
        assert "Sari" in text and "meja 1" in text and "Sejak" in text
    assert other.post(f"/rekam/{recording}/ambil", bagian="photo").status_code == 409
    assert state_of(recording).part("photo").status == "open"
    answer = other.post(f"/rekam/orang/{person_of(nik)}/ambil-alih")
    assert answer["Location"] == f"/rekam/{recording}"
    take(other, recording, "photo")
    text = held_text(one, f"/rekam/{recording}/foto")
    assert "diambil alih" in text and "meja 2" in text
    one.post(f"/rekam/orang/{person_of(nik)}/ambil-alih")
    assert next_of(one, recording).endswith("/tanda-tangan")


def test_it_stops_the_devices_of_a_desk_that_was_taken_over(
    two_desks: tuple[Seat, Seat], town: Town
) -> None:
    """What the first desk had on the glass is not taken; the second goes on there."""
    one, other = two_desks
    (nik,) = town.to_record()
    recording = begin(one, nik)
    for group in ("photo", "signature"):
        take(one, recording, group)
    assert town.scanners is not None
    town.scanners.control("fault", fault="delay", part="right_index", delay_ms=700)
    one.post(f"/rekam/{recording}/ambil", bagian="right_hand")
    time.sleep(0.2)
    other.post(f"/rekam/orang/{person_of(nik)}/ambil-alih")
    poll = one.client.get(
        f"/rekam/{recording}/langsung/jari", headers={"HX-Request": "true"}
    )
    assert poll.headers["HX-Refresh"] == "true"
    time.sleep(1.0)
    state = state_of(recording)
    assert state.part("right_index").status == "open"
    assert state.part("right_little").status == "open"
    take(other, recording, "right_hand")
    assert state_of(recording).part("right_index").status == "captured"


def test_it_runs_one_person_at_a_desk(enggano: Seat, town: Town) -> None:
    """Two tabs at one desk: the devices finish one person first, and it is said."""
    first, second = (begin(enggano, nik) for nik in town.to_record(2))
    assert town.scanners is not None
    town.scanners.control("fault", fault="delay", part="photo", delay_ms=500)
    enggano.post(f"/rekam/{first}/ambil", bagian="photo")
    answer = enggano.post(f"/rekam/{second}/ambil", bagian="photo")
    assert answer.status_code == 409
    assert "sedang merekam orang lain" in plain(answer.content.decode())
    settle(enggano, first, "photo")
    take(enggano, second, "photo")
    assert state_of(second).part("photo").status == "captured"


def test_it_stops_when_the_button_is_pressed(enggano: Seat, town: Town) -> None:
    """The devices stop after the capture they are in, and the page says so."""
    recording = begin(enggano, *town.to_record())
    assert town.scanners is not None
    town.scanners.control("fault", fault="delay", part="right_index", delay_ms=500)
    enggano.post(f"/rekam/{recording}/ambil", bagian="right_hand")
    text = enggano.text(f"/rekam/{recording}/langsung/jari")
    assert "Hentikan alat" in text
    enggano.post(f"/rekam/{recording}/berhenti", halaman="jari")
    page = settle(enggano, recording, "right_hand")
    assert "dihentikan" in plain(page.content.decode())


class Clock:
    """A timer that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_it_lets_go_of_a_desk_that_shows_nothing() -> None:
    """A claim ends by itself, and whoever returns first has the person."""
    clock = Clock()
    claims = Claims(clock, lambda: 1)
    one, other = (Sitter(session=s, operator=SARI, desk=1) for s in "ab")
    assert claims.claim(b"p", one) is None
    held = claims.claim(b"p", other)
    assert held is not None and held.sitter == one
    assert claims.holder(b"p", other) == held and claims.holder(b"p", one) is None
    clock.now_s = CLAIM_IDLE_S + 1
    assert claims.claim(b"p", other) is None
    assert claims.claim(b"p", one) is not None
    claims.let_go(b"p", one)
    assert claims.claim(b"p", one) is not None
    claims.let_go(b"p", other)
    assert claims.claim(b"p", one) is None


def test_it_captures_nothing_without_the_centre_where_that_is_the_rule(
    town: Town,
) -> None:
    """ONLINE_ONLY: said before the first capture and at it; nothing is lost."""
    with town.open("hub") as hub:
        rule = PolicySet(policy=ONLINE_ONLY, decree="SK/9/2026")
        set_policy(hub.journal, hub.ask(), policy=rule)
    town.exchange()
    (nik,) = town.to_record()
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        assert "hanya merekam saat pusat" in seat.text(f"/rekam/orang/{person_of(nik)}")
        recording = begin(seat, nik)
        page = take(seat, recording, "photo")
        assert "hanya merekam saat pusat" in plain(page.content.decode())
        assert state_of(recording).part("photo").status == "open"


def test_it_asks_for_the_date_where_the_clock_is_in_doubt(
    enggano: Seat, town: Town
) -> None:
    """A clock far ahead of the hub's is confirmed by a person before a recording opens."""
    (nik,) = town.to_record()
    clock = enggano.office.clock
    clock.hear_hub(enggano.office.now().wall_ms - 48 * HOUR_MS)
    path = f"/rekam/orang/{person_of(nik)}"
    assert "Benar, sekarang" in enggano.text(path)
    assert enggano.post(path).status_code == 409
    assert Recording.objects.count() == 0
    assert enggano.post(path, tanggal="1").status_code == 302


def test_it_keeps_the_webcams_photo_and_the_canvas_signature_out_unless_they_are_some(
    enggano: Seat, town: Town
) -> None:
    """A file that is no picture is refused in words, and the step is still open."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    recording = begin(enggano, *town.to_record())
    for page, field in (("foto", "photo"), ("tanda-tangan", "signature")):
        file = SimpleUploadedFile("x.jpg", b"no picture at all")
        answer = enggano.post(f"/rekam/{recording}/{page}", **{field: file})
        assert answer.status_code == 409
        assert "Ada yang perlu dibetulkan" in plain(answer.content.decode())
    assert state_of(recording).part("photo").status == "open"


def test_it_keeps_nobody_away_from_a_person_whom_one_only_looks_at(
    two_desks: tuple[Seat, Seat], town: Town
) -> None:
    """Reading the biodata claims nobody; who begins first has the person."""
    one, other = two_desks
    (nik,) = town.to_record()
    path = f"/rekam/orang/{person_of(nik)}"
    assert one.get(path).status_code == other.get(path).status_code == 200
    begin(other, nik)
    answer = one.post(path)
    assert answer.status_code == 409 and "meja 2" in plain(answer.content.decode())


def test_it_says_that_another_office_has_the_person(enggano: Seat, town: Town) -> None:
    """A recording opened elsewhere is named on the page, and may be gone on with here."""
    (nik,) = town.to_record()
    recording = begin(enggano, nik)
    enggano.post(f"/rekam/{recording}/jeda")
    (hub,) = [
        node
        for node in enggano.office.authority.nodes()
        if node != enggano.office.journal.node_id
    ]
    Recording.objects.update(node=hub.hex())
    name = enggano.office.authority.nodes()[hub].name
    assert f"direkam di {name}" in enggano.text(f"/rekam/orang/{person_of(nik)}")
    assert f"dibuka di {name}" in enggano.text(f"/rekam/{recording}/foto")


def test_it_lets_nobody_correct_the_biodata_of_a_person_on_the_glass(
    two_desks: tuple[Seat, Seat], town: Town
) -> None:
    """The other desk's correction waits until it has taken the person over."""
    one, other = two_desks
    (nik,) = town.to_record()
    begin(one, nik)
    path = f"/orang/{person_of(nik)}/betulkan"
    assert "meja 1" in held_text(other, path)
    other.post(f"/rekam/orang/{person_of(nik)}/ambil-alih")
    assert other.get(path).status_code == 200
