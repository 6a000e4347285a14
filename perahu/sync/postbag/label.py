"""What stands on a parcel: the signed head of a courier file, read by who may not open it.

A relay checks all that can be checked without the addressee's key: that a node of our
root wrote and signed the head, and that the frames behind it are those the head names. So
nobody can put a parcel under another's name, and changed bytes are found at the next hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from perahu.sync import frames, limits, passport
from perahu.sync.courier import writing as courier
from perahu.sync.fields import bad_message, is_bytes, is_count
from perahu.sync.frames import FrameReader
from perahu.sync.hello import Hello, hear

Read = Callable[[int, int], bytes]
"""(offset, count) to bytes of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """From whom, to whom, and which of the sender's files it is a part of."""

    sender: bytes
    receiver: bytes
    incarnation: bytes
    """The sender's book: one that was restored counts its files anew."""
    number: int
    part: int
    wall_ms: int
    """When it was written, by the sender's clock."""

    @property
    def slot(self) -> bytes:
        """What a newer file of the same sender takes the place of."""
        pair = self.sender + self.receiver + self.incarnation
        return pair + self.part.to_bytes(2, "big")

    def plain(self) -> list[Any]:
        """As a message and the index hold it."""
        ids: list[Any] = [self.sender, self.receiver, self.incarnation]
        return [*ids, self.number, self.part, self.wall_ms]


def label_of(found: list[Any]) -> Label:
    """The other way round. Raises Refusal "bad_message"."""
    if len(found) != 6:
        raise bad_message("label")
    sender, receiver, incarnation, number, part, wall_ms = found
    if not all(is_bytes(one, 16) for one in (sender, receiver, incarnation)):
        raise bad_message("label")
    if not all(is_count(one) for one in (number, part, wall_ms)):
        raise bad_message("label")
    if sender == receiver or not 1 <= part <= limits.COURIER_PARTS_MAX:
        raise bad_message("label")
    return Label(
        sender=sender, receiver=receiver, incarnation=incarnation,
        number=number, part=part, wall_ms=wall_ms,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """The label, and what the sender signed about the frames behind it."""

    label: Label
    digest: bytes
    size: int
    is_last: bool = False
    """No other part follows this one."""

    @property
    def end(self) -> int:
        """Where the frames end."""
        return limits.COURIER_HEAD_BYTES + self.size


def read_head(front: bytes, root_public: bytes) -> Head:
    """The head in the first 16 KB of a file, its papers and signature checked.

    Raises Refusal.
    """
    heard = None
    for frame in FrameReader().feed(front):
        if frame.type == frames.HELLO:
            heard = hear(frame)
            break
    if heard is None:
        raise bad_message("no head")
    papers = passport.read(heard.hello.passport, root_public)
    if papers.node_id != heard.hello.sender:
        raise bad_message("sender")
    return _head(heard.verify(papers.chain.epoch.public))


def _head(hello: Hello) -> Head:
    file = hello.file
    label = label_of([
        hello.sender, hello.receiver, hello.incarnation,
        file.get(courier.NUMBER), file.get(courier.PART), file.get(courier.WALL_MS),
    ])  # fmt: skip
    digest, size = file.get(courier.HASH), file.get(courier.SIZE)
    if not is_bytes(digest, 32) or not is_count(size):
        raise bad_message("file")
    assert isinstance(digest, bytes) and isinstance(size, int)
    return Head(label, digest, size, file.get(courier.MORE) is not True)


def is_whole(read: Read, size: int, head: Head) -> bool:
    """Whether the frames behind the head are those that the sender signed for."""
    if not head.end <= size <= head.end + limits.COURIER_HEAD_BYTES:
        return False
    found, at = hashlib.sha256(), limits.COURIER_HEAD_BYTES
    while at < head.end:
        piece = read(at, min(limits.COURIER_BUFFER_BYTES, head.end - at))
        if not piece:
            return False
        found.update(piece)
        at += len(piece)
    return found.digest() == head.digest
