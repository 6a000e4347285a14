"""A book says which form its tables have; another form is refused, never guessed at."""

from __future__ import annotations

import pytest

from perahu.journal.journal import FORMAT
from perahu.words import Refusal
from tests.cast import District
from tests.journal.shelf import Shelf


def test_it_opens_a_book_of_its_own_form(district: District) -> None:
    """A book made by this program opens again."""
    district.open("Hub").close()
    hub = district.open("Hub")
    assert hub._store.rows("SELECT value FROM book WHERE name = 'format'") == [
        (FORMAT,)
    ]


@pytest.mark.parametrize(
    "damage", ["UPDATE book SET value = x'02' WHERE name = 'format'",
               "DELETE FROM book WHERE name = 'format'"],
)  # fmt: skip
@pytest.mark.damages_book("the number of its form is changed")
def test_it_refuses_a_book_of_another_form(district: District, damage: str) -> None:
    """One sentence, and the book stays as it is."""
    hub = district.open("Hub")
    with hub._store.transaction():
        hub._store.run(damage)
    hub.close()
    with pytest.raises(Refusal, match="book_format"):
        district.open("Hub")


class NamedShelf(Shelf):
    """A shelf that says which book its things are of."""

    def __init__(self) -> None:
        super().__init__()
        self.books: list[bytes] = []

    def belong_to(self, book: bytes) -> None:
        """Note the book."""
        self.books.append(book)


def test_it_gives_a_name_to_a_book_of_an_earlier_program(district: District) -> None:
    """It was made when books had none: it is known from now on, in later epochs too."""
    shelf = NamedShelf()
    hub = district.open("Hub")
    with hub._store.transaction():
        hub._store.run("DELETE FROM book WHERE name = 'created'")
    hub.close()
    district.open("Hub", tables=shelf).begin_epoch()
    hub.close()
    district.open("Hub", tables=shelf)
    assert len(shelf.books) == 2 and set(shelf.books) == {shelf.books[0]} != {b""}
