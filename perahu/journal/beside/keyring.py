"""The subjects' keys, outside the book so that erasing one is small and certain.

The file is a head, "PRHKEYS1" ‖ u64 generation, and a row of fixed records: subject (12) ‖
nonce (24) ‖ key wrapped by the node's wrapping key (48). A new key is added at the end,
durably, before the first entry that uses it is committed. Erasing writes both copies, here
and on the mirror, whole, without that record and with the next generation, so that no other
process keeps a key. A torn record does not open: it is passed over, and overwritten by the
next one where it is the last.
"""

from __future__ import annotations

from collections.abc import Collection
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

_MAGIC = b"PRHKEYS1"
_HEAD = 16
_RECORD = 12 + 24 + 48
NO_SUBJECT = bytes(12)
"""Under this id stands the office key, for facts that are about no person and no lot."""


class Keyring:
    """Subject id → 32-byte key, shared by all processes of a node."""

    def __init__(self, path: Path, wrap_key: bytes, ports: Ports) -> None:
        self._path, self._wrap_key, self._ports = path, wrap_key, ports
        self._wrapped: dict[bytes, bytes] = {}
        self._keys: dict[bytes, bytes] = {}
        self._generation = 0
        self._read = 0
        self.refresh()

    def refresh(self) -> None:
        """Take in what another process of this node added, or erased."""
        disk = self._ports.disk
        if not disk.exists(self._path):
            return
        head = disk.read_at(self._path, 0, _HEAD)
        if len(head) < _HEAD or not any(head):
            return  # a power cut in the very first write: no entry used a key yet
        if head[:8] != _MAGIC:
            raise broken_book("keyring")
        generation = int.from_bytes(head[8:], "big")
        if generation != self._generation or not self._read:
            self._wrapped, self._keys = {}, {}
            self._generation, self._read = generation, _HEAD
        added = disk.read_at(self._path, self._read, disk.size(self._path) - self._read)
        start = self._read
        # Only the last append before a power cut can be torn, whatever else is older.
        doubtful = len(added) - limits.DRAFTS_PER_APPEND_MAX * _RECORD
        for at in range(0, len(added) - _RECORD + 1, _RECORD):
            subject, wrapped = added[at : at + 12], added[at + 12 : at + _RECORD]
            if at < doubtful or self._unwrap(subject, wrapped) is not None:
                self._wrapped[subject] = wrapped
                self._read = start + at + _RECORD

    def _unwrap(self, subject: bytes, wrapped: bytes) -> bytes | None:
        """The key in a record, or None where the record is torn or damaged."""
        try:
            return _open(wrapped[24:], subject, wrapped[:24], self._wrap_key)
        except CryptoError:
            return None

    def exists(self) -> bool:
        """Whether there is a file: without it no body of the book can be read."""
        return self._ports.disk.exists(self._path)

    def get(self, subject: bytes) -> bytes | None:
        """The key of a subject, or None where it was erased or never known."""
        key = self._keys.get(subject)
        if key is None:
            if subject not in self._wrapped:
                self.refresh()
            wrapped = self._wrapped.get(subject)
            key = self._unwrap(subject, wrapped) if wrapped else None
            if key is not None:
                if len(self._keys) >= limits.KEYS_HELD_MAX:
                    self._keys.clear()
                self._keys[subject] = key
        return key

    def ensure(self, subjects: Collection[bytes]) -> None:
        """Make keys for subjects that have none, durably; under the writer's lock only."""
        self.refresh()
        fresh = [s for s in dict.fromkeys(subjects) if s not in self._wrapped]
        if not fresh:
            return
        records = b"".join(self._new_record(subject) for subject in fresh)
        if not self._read:
            records, self._read = self.content() + records, 0
        self._ports.disk.write_at_durable(self._path, self._read, records)
        self.refresh()
        assert all(s in self._wrapped for s in fresh), "keys not on the disk"

    def _new_record(self, subject: bytes) -> bytes:
        key, nonce = self._ports.random(32), self._ports.random(24)
        return subject + nonce + _seal(key, subject, nonce, self._wrap_key)

    def erase(self, subject: bytes) -> bool:
        """Destroy a subject's key: the file is written anew without it."""
        self.refresh()
        found = self._wrapped.pop(subject, None) is not None
        self._keys.pop(subject, None)
        self._generation += 1
        content = self.content()
        self._ports.disk.replace_durable(self._path, content)
        self._read = len(content)
        return found

    def take_from(self, path: Path, but: Collection[bytes]) -> None:
        """Take the keys that a copy has and this ring lacks, but never an erased one."""
        raw = self._ports.disk.read(path)
        self.refresh()
        for at in range(_HEAD, len(raw) - _RECORD + 1, _RECORD):
            subject, wrapped = raw[at : at + 12], raw[at + 12 : at + _RECORD]
            if subject not in but and self._unwrap(subject, wrapped) is not None:
                self._wrapped.setdefault(subject, wrapped)
        # The next generation, so that other processes read the file anew.
        self._generation = 1 + max(
            self._generation, int.from_bytes(raw[8:_HEAD], "big")
        )
        content = self.content()
        self._ports.disk.replace_durable(self._path, content)
        self._read = len(content)

    def content(self) -> bytes:
        """The whole file, as it should stand here and on the mirror."""
        head = _MAGIC + self._generation.to_bytes(8, "big")
        return head + b"".join(s + w for s, w in self._wrapped.items())

    def copy_to(self, path: Path) -> None:
        """Bring the mirror's copy up to date: what was added, or all after an erasure."""
        disk = self._ports.disk
        there = disk.size(path) if disk.exists(path) else 0
        head = _MAGIC + self._generation.to_bytes(8, "big")
        same = there >= _HEAD and disk.read_at(path, 0, _HEAD) == head
        if not same or there > self._read or (there - _HEAD) % _RECORD:
            disk.replace_durable(path, self.content())
        elif there < self._read:
            added = disk.read_at(self._path, there, self._read - there)
            disk.write_at_durable(path, there, added)
