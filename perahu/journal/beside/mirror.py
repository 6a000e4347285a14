"""The mirror: each own entry on a second medium before the screen says *tercatat*.

A folder on a USB stick, an SD card or a twin on the LAN. One file an epoch,
`<node>-<epoch>.jrnm`: records "PRHM" ‖ u32 length ‖ CBOR ‖ u32 crc32. The CBOR is
[journal, lane, audience, certificate or empty, seq, header, salt, body ciphertext, h]; the
certificate stands in the first record of a journal. A torn record is passed over: a reader
looks for the next "PRHM" that checks. Bodies are ciphertext; the keyring lies beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from perahu.journal import limits
from perahu.journal.ports import Disk
from perahu.keys import cbor
from perahu.words import Refusal

_MAGIC = b"PRHM"
_FIELD_TYPES = [bytes, int, bytes, bytes, int, bytes, bytes, bytes, bytes]
_RECORD_BYTES_MAX = limits.BODY_BYTES_MAX + limits.HEADER_BYTES_MAX + 8 * 1024


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One own entry as the mirror keeps it."""

    journal: bytes
    lane: int
    audience: bytes
    certificate: bytes
    seq: int
    header: bytes
    salt: bytes
    body: bytes
    h: bytes


class Mirror:
    """The second medium; it may be away, and then it says so by raising OSError."""

    def __init__(self, folder: Path | None, disk: Disk) -> None:
        self.folder, self._disk = folder, disk
        self._seen: tuple[Path, int] | None = None

    def present(self) -> bool:
        """Whether the medium is there: its folder must exist, it is never made by us."""
        try:
            return self.folder is not None and self._disk.exists(self.folder)
        except OSError:
            return False  # a dying stick, which is as good as away

    def path(self, node: bytes, epoch: int) -> Path:
        """The file of a node's epoch."""
        assert self.folder is not None
        return self.folder / f"{node.hex()[:8]}-{epoch}.jrnm"

    def keyring_path(self, node: bytes) -> Path:
        """The copy of a node's keyring."""
        assert self.folder is not None
        return self.folder / f"{node.hex()[:8]}.keyring"

    def epochs(self, node: bytes) -> list[int]:
        """The epochs this medium has a file of, in order."""
        if self.folder is None or not self.present():
            return []
        pattern = re.compile(rf"{node.hex()[:8]}-([1-9][0-9]{{0,8}})\.jrnm")
        try:
            found = [pattern.fullmatch(name) for name in self._disk.list(self.folder)]
        except OSError:
            return []
        return sorted(int(match[1]) for match in found if match)

    def last_epoch(self, node: bytes) -> int:
        """The greatest epoch this medium has a file of; 0 where it has none."""
        return max(self.epochs(node), default=0)

    def size(self, node: bytes, epoch: int) -> int:
        """How big the file of an epoch is; 0 where there is none to be read."""
        try:
            return self._disk.size(self.path(node, epoch))
        except OSError:
            return 0

    def is_the_one_seen(self, node: bytes, epoch: int) -> bool:
        """Whether this is the medium this process wrote to, and not another or an older."""
        path = self.path(node, epoch)
        if self._seen is None or self._seen[0] != path or not self._disk.exists(path):
            return False
        return self._disk.size(path) >= self._seen[1]

    def add(self, node: bytes, epoch: int, entries: Sequence[Mirrored]) -> None:
        """Append entries, flushed. Raises OSError where the medium is gone or full."""
        if not self.present():
            raise FileNotFoundError("mirror is not there")
        path = self.path(node, epoch)
        if entries:
            self._disk.append_durable(path, b"".join(map(_encode, entries)))
        self._seen = (path, self._disk.size(path)) if self._disk.exists(path) else None

    def read(self, node: bytes, epoch: int) -> Iterator[Mirrored]:
        """The entries of a file in order; a torn or damaged record is passed over."""
        raw = self._content(self.path(node, epoch)) if self.present() else b""
        at = raw.find(_MAGIC)
        while at >= 0:
            size = int.from_bytes(raw[at + 4 : at + 8], "big")
            found = _decode(raw, at, size)
            if found is not None:
                yield found
            at = raw.find(_MAGIC, at + (12 + size if found else 4))

    def _content(self, path: Path) -> bytes:
        """A medium that cannot be read is as good as away: it never stops the node."""
        try:
            return self._disk.read(path) if self._disk.exists(path) else b""
        except OSError:
            return b""


def _encode(entry: Mirrored) -> bytes:
    body = cbor.encode([getattr(entry, name) for name in Mirrored.__slots__])
    framed = _MAGIC + len(body).to_bytes(4, "big") + body
    return framed + crc32(framed).to_bytes(4, "big")


def _decode(raw: bytes, at: int, size: int) -> Mirrored | None:
    framed, check = raw[at : at + 8 + size], raw[at + 8 + size : at + 12 + size]
    if size > _RECORD_BYTES_MAX or crc32(framed) != int.from_bytes(check, "big"):
        return None
    try:
        fields = cbor.decode(framed[8:], _RECORD_BYTES_MAX)
    except Refusal:
        return None
    if type(fields) is not list or list(map(type, fields)) != _FIELD_TYPES:
        return None
    return Mirrored(*fields)
