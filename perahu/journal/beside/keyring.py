"""The subjects' keys, outside the book so that erasing one is small and certain.

The file is a head, "PRHKEYS1" ‖ u64 generation, and a row of fixed records: subject (12) ‖
nonce (24) ‖ key wrapped by the node's wrapping key (48). A new key is added at the end,
durably, before the first entry that uses it is committed. Erasing writes both copies, here
and on the mirror, whole, without that record and with the next generation, so that no other
process keeps a key. A torn record does not open: it is passed over, and overwritten by the
next one where it is the last.

A subject may have several: an old copy that worked without its mirror made one of its own, and
what the mirror holds is sealed with another. None is let go before an erasure, which lets all
go. The last one seals, and any may open. Each took a disk put back by hand, and nobody but this
node can wrap one: so they stay few, and there is no number at which a text would be given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt as _open,
)
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_encrypt as _seal,
)
from nacl.exceptions import CryptoError

from perahu.journal import limits
from perahu.journal.ports import Ports
from perahu.journal.store import broken_book
from perahu.keys.sealing import open_body, seal_body
from perahu.words import Refusal

_MAGIC = b"PRHKEYS1"
_HEAD = 16
_WRAPPED = 24 + 48
_RECORD = 12 + _WRAPPED
NO_SUBJECT = bytes(12)
"""Under this id stands the office key, for facts that are about no person and no lot."""


@dataclass(frozen=True, slots=True)
class _Ring:
    """What one reading of the file found; later readings of the same file add to it."""

    generation: int
    end: int
    """Behind the last good record: there the next one goes."""
    wrapped: dict[bytes, bytes]
    """Subject → its wrapped keys, one behind the other."""


def _records(raw: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(place, subject, wrapped key) of each record; `raw` begins with one."""
    for at in range(0, len(raw) - _RECORD + 1, _RECORD):
        yield at, raw[at : at + 12], raw[at + 12 : at + _RECORD]


class Keyring:
    """Subject id → 32-byte keys, shared by all processes and threads of a node.

    A thread that must not miss a key goes by the ring that its own `refresh` gave it.
    """

    def __init__(self, path: Path, wrap_key: bytes, ports: Ports) -> None:
        self._path, self._wrap_key, self._ports = path, wrap_key, ports
        self._ring = _Ring(0, 0, {})
        self._keys: dict[bytes, tuple[bytes, ...]] = {}
        self._wanted: deque[bytes] = deque()
        self.refresh()

    def refresh(self) -> _Ring:
        """Take in what another process of this node added, or erased."""
        disk, ring = self._ports.disk, self._ring
        if not disk.exists(self._path):
            return ring
        head = disk.read_at(self._path, 0, _HEAD)
        if len(head) < _HEAD or not any(head):
            return ring  # a power cut in the very first write: no entry used a key yet
        if head[:8] != _MAGIC:
            raise broken_book("keyring")
        generation = int.from_bytes(head[8:], "big")
        if generation != ring.generation or not ring.end:
            self._keys = {}
            ring = _Ring(generation, _HEAD, {})
        size = disk.size(self._path)
        if size > ring.end or ring is not self._ring:
            ring = self._ring = self._extended(ring, size)
        return ring

    def _extended(self, ring: _Ring, size: int) -> _Ring:
        added = self._ports.disk.read_at(self._path, ring.end, size - ring.end)
        end = ring.end
        # Only the last append before a power cut can be torn, whatever else is older.
        doubtful = len(added) - limits.DRAFTS_PER_APPEND_MAX * _RECORD
        for at, subject, wrapped in _records(added):
            if at < doubtful or self._unwrap(subject, wrapped) is not None:
                known = ring.wrapped.get(subject, b"")
                if wrapped not in known:
                    ring.wrapped[subject] = known + wrapped
                end = ring.end + at + _RECORD
        return _Ring(ring.generation, end, ring.wrapped)

    def _unwrap(self, subject: bytes, wrapped: bytes) -> bytes | None:
        """The key in a record, or None where the record is torn or damaged."""
        try:
            return _open(wrapped[24:], subject, wrapped[:24], self._wrap_key)
        except CryptoError:
            return None

    def exists(self) -> bool:
        """Whether there is a file: without it no body of the book can be read."""
        return self._ports.disk.exists(self._path)

    def seal(self, subject: bytes, nonce: bytes, body: bytes) -> bytes:
        """The ciphertext of a body; its subject's key must exist."""
        key = self.get(subject)
        assert key is not None, "the key is made before the entry"
        return seal_body(key, nonce, body)

    def open(self, subject: bytes, nonce: bytes, cipher: bytes) -> bytes | None:
        """The body, or None where its subject has no key. Raises Refusal "cannot_open"."""
        keys = self._keys_of(subject)
        for key in keys[:-1]:
            with suppress(Refusal):
                return open_body(key, nonce, cipher)
        return open_body(keys[-1], nonce, cipher) if keys else None

    def get(self, subject: bytes) -> bytes | None:
        """The key that seals for a subject, None where it was erased or never known."""
        return next(iter(self._keys_of(subject)), None)

    def _keys_of(self, subject: bytes) -> tuple[bytes, ...]:
        """Every key of a subject, the one that seals first."""
        keys = self._keys.get(subject, ())
        if not keys:
            ring = self._ring if subject in self._ring.wrapped else self.refresh()
            wrapped = ring.wrapped.get(subject, b"")
            found = [
                self._unwrap(subject, wrapped[at : at + _WRAPPED])
                for at in range(0, len(wrapped), _WRAPPED)
            ]
            keys = tuple(key for key in reversed(found) if key is not None)
            if keys:
                if len(self._keys) >= limits.KEYS_HELD_MAX:
                    self._keys.clear()
                self._keys[subject] = keys
        return keys

    def ensure(self, subjects: Collection[bytes]) -> None:
        """Make keys for subjects that have none, durably; many who wait share a flush."""
        known = self.refresh().wrapped
        fresh = [s for s in subjects if s not in known]
        if not fresh:
            return
        self._wanted.extend(fresh)
        with self._ports.key_lock():
            while self._wanted:  # also those of the threads that wait behind this one
                fresh.append(self._wanted.popleft())
            self._make(fresh)
            known = self.refresh().wrapped
            assert all(s in known for s in fresh), "keys not on the disk"

    def _make(self, subjects: Collection[bytes]) -> None:
        ring = self.refresh()
        fresh = [s for s in dict.fromkeys(subjects) if s not in ring.wrapped]
        if fresh:
            records = b"".join(self._new_record(subject) for subject in fresh)
            if not ring.end:
                records = self._content(ring) + records
            self._ports.disk.write_at_durable(self._path, ring.end, records)

    def _new_record(self, subject: bytes) -> bytes:
        key, nonce = self._ports.random(32), self._ports.random(24)
        return subject + nonce + _seal(key, subject, nonce, self._wrap_key)

    def erase(self, subject: bytes) -> bool:
        """Destroy all keys of a subject: the file is written anew without them."""
        with self._ports.key_lock():
            ring = self.refresh()
            kept = {s: w for s, w in ring.wrapped.items() if s != subject}
            self._replace(ring.generation + 1, kept)
        return len(kept) < len(ring.wrapped)

    def take_from(self, path: Path, but: Collection[bytes]) -> None:
        """Take the keys that a copy has and this ring lacks, but never an erased one.

        They go before those of the same subject that are here: the last one goes on sealing.
        """
        raw = self._ports.disk.read(path)
        with self._ports.key_lock():
            ring = self.refresh()
            taken = dict[bytes, bytes]()
            for _, subject, wrapped in _records(raw[_HEAD:]):
                before, here = taken.get(subject, b""), ring.wrapped.get(subject, b"")
                is_new = subject not in but and wrapped not in before + here
                if is_new and self._unwrap(subject, wrapped) is not None:
                    taken[subject] = before + wrapped
            if taken or self._is_another(ring, raw):
                kept = {s: w + ring.wrapped.get(s, b"") for s, w in taken.items()}
                # A later one, so that other processes read the file anew; and not that of
                # the copy, so that the copy is written anew.
                later, theirs = ring.generation + 1, int.from_bytes(raw[8:_HEAD], "big")
                self._replace(later + (later == theirs), ring.wrapped | kept)

    def _is_another(self, ring: _Ring, raw: bytes) -> bool:
        """Whether a copy of this generation has what is not here, and cannot be added to."""
        ours = self._content(ring) if ring.end else raw
        return raw[:_HEAD] == ours[:_HEAD] and not ours.startswith(raw)

    def _replace(self, generation: int, wrapped: dict[bytes, bytes]) -> None:
        content = self._content(_Ring(generation, _HEAD, wrapped))
        self._ports.disk.replace_durable(self._path, content)
        self._ring, self._keys = _Ring(generation, len(content), wrapped), {}

    def _content(self, ring: _Ring) -> bytes:
        records = list(ring.wrapped.items())  # at once: other threads add to it
        head = _MAGIC + ring.generation.to_bytes(8, "big")
        return head + b"".join(
            subject + wrapped[at : at + _WRAPPED]
            for subject, wrapped in records
            for at in range(0, len(wrapped), _WRAPPED)
        )

    def copy_to(self, path: Path) -> None:
        """Bring the mirror's copy up to date: what was added, or all after an erasure."""
        disk, ring = self._ports.disk, self.refresh()
        there = disk.size(path) if disk.exists(path) else 0
        head = _MAGIC + ring.generation.to_bytes(8, "big")
        same = there >= _HEAD and disk.read_at(path, 0, _HEAD) == head
        if not same or there > ring.end or (there - _HEAD) % _RECORD:
            disk.replace_durable(path, self._content(ring))
        elif there < ring.end:
            added = disk.read_at(self._path, there, ring.end - there)
            disk.write_at_durable(path, there, added)
