"""Signing in at a desk: a name, a PIN, no network; what follows the grant."""

from __future__ import annotations

from perahu.web.sessions import IDLE_S
from tests.node.desk.town import Town
from tests.web.conftest import open_pages
from tests.web.seats import Seat, plain, seat_at


def test_it_works(enggano: Seat) -> None:
    """Who typed her PIN sees her home, her name and the place."""
    text = enggano.text("/")
    assert "Sari" in text and "Enggano" in text and "Media kedua" in text


def test_it_shows_nothing_before_the_pin(town: Town) -> None:
    """Without a session every page leads to the sign-in, which leads back."""
    with open_pages(town, "enggano") as office, seat_at(office) as seat:
        answer = seat.get("/")
        assert answer.status_code == 302
        assert answer["Location"] == "/masuk?next=%2F"


def test_it_refuses_a_wrong_pin_in_words(town: Town) -> None:
    """A wrong PIN is a sentence, and nobody is signed in."""
    with open_pages(town, "enggano") as office, seat_at(office) as seat:
        answer = seat.sign_in("sari", "111222")
        assert answer.status_code == 409
        assert "PIN" in plain(answer.content.decode())
        assert seat.get("/").status_code == 302


def test_it_locks_when_nobody_is_there_and_keeps_what_was_typed(town: Town) -> None:
    """After the idle time the PIN is asked again, and the form comes back as typed."""
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        for session in seat.sessions.live():
            session.seen_s -= IDLE_S + 1
        answer = seat.post("/bahasa-tidak-ada", nama="x")
        assert answer.status_code == 404
        answer = seat.get("/")
        assert answer["Location"] == "/kunci?next=%2F"
        answer = seat.client.post("/kunci", {"pin": "000000", "next": "/"})
        assert answer.status_code == 409
        answer = seat.client.post("/kunci", {"pin": "473829", "next": "/"})
        assert answer["Location"] == "/"
        assert seat.get("/").status_code == 200


def test_it_never_leads_to_another_site(town: Town) -> None:
    """The address to return to is one of this node's own."""
    with open_pages(town, "enggano") as office, seat_at(office) as seat:
        answer = seat.sign_in("sari", next_="//jahat.example/")
        assert answer["Location"] == "/"


def test_it_leads_back_to_the_page_around_a_part(town: Town) -> None:
    """A poll or a form of a page whose session ended leads back to that page."""
    with open_pages(town, "enggano") as office, seat_at(office) as seat:
        page = "http://127.0.0.1/cetak?mulai=9"
        headers = {"HX-Request": "true", "HX-Current-URL": page}
        answer = seat.client.get("/cetak/keadaan", headers=headers)
        assert answer.headers["HX-Redirect"] == "/masuk?next=%2Fcetak%3Fmulai%3D9"
        answer = seat.client.post("/kirim/panggil", headers={"Referer": page})
        assert answer["Location"] == "/masuk?next=%2Fcetak%3Fmulai%3D9"
        headers["HX-Current-URL"] = "http://jahat.example/x"
        answer = seat.client.get("/cetak/keadaan", headers=headers)
        assert answer.headers["HX-Redirect"] == "/masuk?next=%2F"


def test_it_says_where_to_go_on_from_a_form_s_own_address(enggano: Seat) -> None:
    """An address that only takes a form is a sentence with a way on, never an empty page."""
    answer = enggano.get("/kirim/panggil")
    assert answer.status_code == 405
    assert "Beranda" in plain(answer.content.decode())


def test_it_reads_no_form_that_is_too_long(enggano: Seat) -> None:
    """A photo the size of a film is refused before Django writes it to a file."""
    from perahu.web.routes import FORM_BYTES_MAX

    answer = enggano.client.post(
        "/rekam", {"x": "y"}, CONTENT_LENGTH=str(FORM_BYTES_MAX + 1)
    )
    assert answer.status_code == 413 and "terlalu besar" in answer.content.decode()
    answer = enggano.client.post("/kurir/baca", {}, CONTENT_LENGTH="x")
    assert answer.status_code == 413
    answer = enggano.client.post(
        "/kunci/sekarang", {}, HTTP_TRANSFER_ENCODING="chunked"
    )
    assert answer.status_code == 413
