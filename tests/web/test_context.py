"""What every page is told: where it is, and what it was asked with."""

from __future__ import annotations

from tests.web.seats import Seat


def test_it_says_what_the_address_asks_for(enggano: Seat) -> None:
    """A page that another one leads to says what was just done."""
    told = "Perekaman dihentikan dulu"
    assert told in enggano.text("/rekam", jeda="1")
    assert told not in enggano.text("/rekam")


def test_it_comes_back_to_the_page_that_was_locked(enggano: Seat) -> None:
    """The button that locks the screen sends the page along."""
    page = enggano.get("/stok").content.decode()
    assert '<input type="hidden" name="next" value="/stok">' in page


def test_it_marks_the_part_of_the_menu(enggano: Seat) -> None:
    """The menu shows the page one is on, and on deeper pages the part they belong to."""
    assert (
        '<a href="/stok" aria-current="page">' in enggano.get("/stok").content.decode()
    )
    paper = enggano.get("/stok/berita-acara").content.decode()
    assert '<a href="/stok" aria-current="true">' in paper
    assert paper.count("aria-current") == 2, "the part, and the theme"
