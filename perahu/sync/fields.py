"""Reading a peer's messages: CBOR maps with integer keys, checked field by field."""

from __future__ import annotations

from typing import Any

from perahu.keys import cbor
from perahu.sync import limits
from perahu.words import Refusal


def bad_message(why: str) -> Refusal:
    """What is said of a message that does not have its form."""
    return Refusal(
        "bad_message",
        f"Pesan dari simpul lain tidak berbentuk benar ({why}); tidak ada yang dipakai "
        "darinya. Perbarui program di kedua pihak bila terulang.",
        f"A message of the other node does not have its form ({why}); nothing of it was "
        "used. Update the program on both sides if it happens again.",
    )


def is_bytes(value: Any, size: int) -> bool:
    """Exactly `size` bytes."""
    return type(value) is bytes and len(value) == size


def is_count(value: Any) -> bool:
    """A whole number from 0 up to 2^53: more has no honest use."""
    return type(value) is int and 0 <= value < 1 << 53


class Fields:
    """A map out of a message; every getter refuses what is missing or of another type.

    Unknown keys are passed over: a newer node may have added them.
    """

    def __init__(self, payload: bytes) -> None:
        found = cbor.decode(payload, limits.FRAME_BYTES_MAX)
        if type(found) is not dict:
            raise bad_message("map")
        self._found: dict[Any, Any] = found

    def raw(self, key: int) -> Any:
        """The value, or None where it is left out."""
        return self._found.get(key)

    def sized(self, key: int, size: int) -> bytes:
        """Exactly `size` bytes."""
        found: Any = self._found.get(key)
        if not is_bytes(found, size):
            raise bad_message(f"field {key}")
        return bytes(found)

    def sized_or_empty(self, key: int, size: int) -> bytes:
        """Exactly `size` bytes, or b"" where the field is left out."""
        return self.sized(key, size) if key in self._found else b""

    def up_to(self, key: int, size: int) -> bytes:
        """Bytes up to a limit, b"" where the field is left out."""
        found = self._found.get(key, b"")
        if type(found) is not bytes or len(found) > size:
            raise bad_message(f"field {key}")
        return found

    def count(self, key: int) -> int:
        """A whole number from 0 up, 0 where the field is left out."""
        found = self._found.get(key, 0)
        if not is_count(found):
            raise bad_message(f"field {key}")
        return int(found)

    def flag(self, key: int) -> bool:
        """True or false, false where the field is left out."""
        found = self._found.get(key, False)
        if type(found) is not bool:
            raise bad_message(f"field {key}")
        return found

    def items(self, key: int, count_max: int) -> list[Any]:
        """A list with at most so many items, empty where the field is left out."""
        found = self._found.get(key, [])
        if type(found) is not list or len(found) > count_max:
            raise bad_message(f"field {key}")
        return found

    def text(self, key: int) -> str:
        """Text up to the limit, "" where the field is left out."""
        found = self._found.get(key, "")
        if type(found) is not str or len(found) > limits.TEXT_BYTES_MAX:
            raise bad_message(f"field {key}")
        return found


def pruned(found: dict[int, Any]) -> dict[int, Any]:
    """The map without its empty values: what is left out costs nothing on the road."""
    return {key: value for key, value in found.items() if value}
