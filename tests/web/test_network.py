"""Pictures of links: of one's own at the node, of every office at the kabupaten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext

from perahu.contacts import actions
from perahu.contacts.rules import HOUR_MS, Line
from perahu.contacts.rules_words import REASON_WORDS, SORT_LETTERS, SORT_WORDS
from perahu.web.post.contact_picture import letters_of
from perahu.web.post.ports import Hour
from tests.node.desk.town import Town
from tests.web.cast_hub import HubSeat, hub_seat
from tests.web.conftest import open_pages
from tests.web.seats import seat_at

if TYPE_CHECKING:
    from tests.cast import District


def contact(at_ms: int, **changes: Any) -> Line:
    """One by the dish that carried much."""
    given: dict[str, Any] = {
        "from_ms": at_ms, "to_ms": at_ms + 130_000, "carrier": "Parabola kantor",
        "sort": "satelit", "busy_ms": 130_000, "sent_bytes": 1_200_000,
        "received_bytes": 20_000, "rtt_ms": 610, "loss_permille": 20,
    }  # fmt: skip
    return Line(**given | changes)


def in_vain(at_ms: int, **changes: Any) -> Line:
    """One by the telephone that met a sign-in page."""
    given = {"carrier": "SIM", "sort": "seluler", "answered": False, "rtt_ms": 0}
    given |= {"reason": "captive_portal", "sent_bytes": 300, "count": 3}
    return contact(at_ms, **given | changes)


class HeardHere:
    """What a hub saw of its callers."""

    def __init__(self, found: dict[bytes, list[Hour]]) -> None:
        self._found = found

    def untold(self) -> list[Line]:
        """The hub of the cast calls nobody."""
        return []

    def heard(self) -> dict[bytes, list[Hour]]:
        """As the test set it."""
        return self._found


@pytest.fixture
def seat(district: District) -> Iterator[HubSeat]:
    """Enggano told of its links; of Ketahun the hub saw one call, four days ago."""
    with hub_seat(district) as made:
        enggano, ketahun = made.network.enggano, made.network.ketahun
        now_ms = made.office.now().wall_ms
        lines = [contact(now_ms - HOUR_MS), in_vain(now_ms - 5 * HOUR_MS)]
        with enggano.at_work() as journal:
            actions.tell_contacts(
                journal, enggano.ask(b""), peer=bytes(16), lines=lines
            )
        made.network.collect(enggano)
        far_ms = now_ms - 4 * 24 * HOUR_MS
        made.office.met = {
            enggano.journal.node_id: 3600,
            ketahun.journal.node_id: 4 * 86400,
        }
        heard = Hour(far_ms - far_ms % HOUR_MS, 2, 0, 500, 90_000, 4_000)
        made.office.parts["links"] = HeardHere({ketahun.journal.node_id: [heard]})
        yield made


def test_it_works(seat: HubSeat) -> None:
    """Who was here today, by what, how good; the longest silent stands first."""
    text = seat.text("/jaringan")
    assert "1 dari 3 kantor ada kontak hari ini" in text
    assert "2 kantor diam lebih dari sehari" in text
    assert text.index("Ketahun") < text.index("Enggano")
    assert "Parabola kantor" in text and "610 ms" in text and "hilang 2%" in text
    assert "jalur belum dilaporkan" in text
    assert "25%" in text, "one of four tries got on"


def test_it_shows_an_office_with_its_carriers(seat: HubSeat) -> None:
    """The week as squares with letters, each carrier's quality, and contacts in words."""
    node = seat.network.enggano.journal.node_id.hex()
    html = seat.get(f"/kabupaten/{node}").content.decode()
    assert '<g class="k2"><rect class="met s3"' in html and ">P</text>" in html
    assert 'class="failed"' in html
    text = seat.text(f"/kabupaten/{node}")
    assert ", 2 menit, 1,2 MB terkirim, 20,0 kB diterima: selesai" in text
    assert "tertahan halaman masuk penyedia internet" in text
    assert "SIM" in text and "0 dari 3" in text


def test_it_fills_what_an_office_did_not_tell(seat: HubSeat) -> None:
    """Contact that only the hub saw is shown without a carrier, and said to be so."""
    node = seat.network.ketahun.journal.node_id.hex()
    text = seat.text(f"/kabupaten/{node}")
    assert "jalurnya belum dilaporkan" in text and "2 kontak, 90,5 kB" in text


def test_it_shows_the_node_its_own_links(town: Town) -> None:
    """Told or not yet: the page of sending has the picture, the quality and the words."""
    town.set("enggano", parent="127.0.0.1:9")
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        now_ms = office.now().wall_ms
        lines = [contact(now_ms - 2 * HOUR_MS), in_vain(now_ms - HOUR_MS)]
        actions.tell_contacts(office.journal, office.ask(), peer=bytes(16), lines=lines)
        text = seat.text("/kirim")
        assert "Parabola kantor" in text and "1,2 MB terkirim" in text
        assert "SIM, 3 kali" in text.replace(" ,", ",")
        assert "Mutu tiap jalur" in text


@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_clean_and_fits(town: Town, screen: BrowserContext, width: int) -> None:
    """No picture makes the page wider than its window."""
    with open_pages(town, "hub") as office, seat_at(office, "ratna") as seat:
        page = screen.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        name, value = "sessionid", ""
        for morsel in seat.client.cookies.values():
            name, value = morsel.key, morsel.value
            screen.add_cookies([{"name": name, "value": value, "url": seat.url}])
        page.goto(f"{seat.url}/jaringan")
        page.get_by_role("heading", name="Jaringan kecamatan").wait_for()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width


def test_it_gives_each_carrier_a_letter_of_its_own() -> None:
    """Two of one sort at one office are told apart."""
    found = letters_of([("SIM A", "seluler"), ("SIM B", "seluler"), ("Kabel", "kabel")])
    assert len(set(found.values())) == 4 and found["Kabel"] == "K"
    assert set(SORT_LETTERS) == set(SORT_WORDS)
    assert all(words.id and words.en for words in REASON_WORDS.values())
