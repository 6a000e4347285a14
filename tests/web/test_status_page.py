"""The status page: in the frame for people, plain figures for programs."""

from __future__ import annotations

from perahu.web.status import count_texts
from tests.web.seats import Seat, plain

KEYS = {
    "node", "node_id", "role", "role_words", "wilayah", "policy", "epoch", "at_ms",
    "today", "clock", "clock_doubt", "contacts", "waiting", "recordings", "cards",
    "stock", "unfinished", "cases", "parked", "parked_words", "halts", "mirror",
    "blobs_missing", "tables", "repaired", "free_bytes", "loops", "road_troubles",
}  # fmt: skip


def test_it_says_the_figures_in_words(enggano: Seat) -> None:
    """Stock by name, the place, the policy; no code alone."""
    text = enggano.text("/keadaan")
    assert "Keadaan simpul Enggano" in text
    assert "Blanko 20" in text
    assert "rekam tanpa jaringan boleh" in text
    assert "STORE_AND_FORWARD" not in text
    assert "kecamatan" in text


def test_it_speaks_english_when_asked(enggano: Seat) -> None:
    """The same page in the other language."""
    text = enggano.text("/keadaan", lang="en")
    assert "State of the node Enggano" in text
    assert "Stock on hand" in text


def test_it_writes_decimals_as_indonesians_do(enggano: Seat) -> None:
    """A comma, and a point in English."""
    size = enggano.text("/keadaan").split("Ruang disk")[1].split()[0]
    assert "." not in size


def test_it_gives_programs_the_same_figures(enggano: Seat) -> None:
    """No key goes missing: the demo and the tests read them."""
    figures = enggano.get("/status.json").json()
    assert set(figures) >= KEYS
    assert figures["stock"]["blanko"] == 20


def test_it_asks_again_for_its_part_alone(enggano: Seat) -> None:
    """The page renews its figures without keeping a session awake."""
    html = enggano.get("/keadaan/kini").content.decode()
    assert "<html" not in html
    assert 'id="angka"' in html


def test_it_is_open_at_the_machine_itself_only(enggano: Seat) -> None:
    """Others in the network sign in first."""
    enggano.client.cookies.clear()
    assert enggano.get("/keadaan").status_code == 200
    far = enggano.client.get("/keadaan", REMOTE_ADDR="192.168.1.9")
    assert far.status_code == 302
    assert "Blanko" not in plain(far.content.decode())


def test_it_names_every_count_in_both_languages() -> None:
    """The terminal says the same words."""
    assert count_texts("id")["closed"] == "selesai"
    assert count_texts("en")["queued"] == "queued for printing"
    assert count_texts("id").keys() == count_texts("en").keys()
