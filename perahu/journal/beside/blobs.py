"""Sealed blobs beside the book: files named by the SHA-256 of their ciphertext.

A blob arrives in chunks of 16 KB in any order of contacts; a part-way blob lies in
`partial/` with a bitmap beside it and becomes a blob when its hash checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from perahu.journal import limits
from perahu.journal.ports import Disk
from perahu.journal.store import Store, disk_words
from perahu.journal.types import BlobRef
from perahu.words import Refusal

_ABSENT, _HERE, _LET_GO = 0, 1, 2
"""Column `present` of the map: not here yet; here; not needed here, or no longer."""


class Blobs:
    """The blob folder and the map of what is cited, present and acknowledged."""

    def __init__(self, folder: Path, store: Store, disk: Disk) -> None:
        self._folder, self._store, self._disk = folder, store, disk

    def _path(self, sha: bytes) -> Path:
        return self._folder / sha.hex()[:2] / sha.hex()

    def _partial(self, sha: bytes) -> Path:
        return self._folder / "partial" / sha.hex()

    def put(self, cipher: bytes, blob_class: int) -> BlobRef:
        """Keep a sealed blob, durably, before any fact cites it. Raises Refusal."""
        if not 0 < len(cipher) <= limits.BLOB_BYTES_MAX:
            raise Refusal(
                "blob_too_big",
                "Berkas terlalu besar (lebih dari 8 MB); ambil ulang dengan ukuran "
                "lebih kecil. Yang lain tetap tersimpan.",
                "The file is too big (over 8 MB); take it again smaller. Everything "
                "else is kept.",
            )
        ref = BlobRef(sha256(cipher).digest(), len(cipher), blob_class)
        with disk_words():
            if self.has(ref.sha256):
                self._hold(ref.sha256)
            else:
                self._disk.replace_durable(self._path(ref.sha256), cipher)
        return ref

    def _hold(self, sha: bytes) -> None:
        """Whoever gave it its name may have died before the folder was flushed."""
        self._disk.rename_durable(self._path(sha), self._path(sha))

    def has(self, sha: bytes) -> bool:
        """Whether the whole blob lies here."""
        return self._disk.exists(self._path(sha))

    def read(self, sha: bytes) -> bytes:
        """The ciphertext, its hash checked again. Raises Refusal "blob_missing"."""
        if not self.has(sha):
            raise _missing(sha)
        cipher = self._disk.read(self._path(sha))
        if sha256(cipher).digest() != sha:
            self._set_aside(sha)
            raise _missing(sha)
        return cipher

    def is_whole(self, sha: bytes) -> bool:
        """Whether the blob lies here undamaged; touches nothing."""
        if not self.has(sha):
            return False
        return sha256(self._disk.read(self._path(sha))).digest() == sha

    def _set_aside(self, sha: bytes) -> None:
        """Keep the damaged bytes out of the way, so that a good copy can come in."""
        damaged = self._folder / "damaged" / sha.hex()
        self._disk.rename_durable(self._path(sha), damaged)
        self._note(sha, _ABSENT)

    def read_chunk(self, sha: bytes, index: int) -> bytes:
        """One chunk of a blob for sending; the receiver checks the whole."""
        at = index * limits.CHUNK_BYTES
        return self._disk.read_at(self._path(sha), at, limits.CHUNK_BYTES)

    def remove(self, sha: bytes) -> None:
        """Let the blob go (after hand-over, or once safe and no longer needed).

        It was here and counts as received; nobody is asked to send it again.
        """
        self._note(sha, _LET_GO)
        with disk_words():
            self._disk.remove(self._path(sha))

    def pass_over(self, shas: Sequence[bytes]) -> None:
        """Cited, not here, and never coming by the road the entry came: not waited for."""
        if shas:
            with self._store.transaction():
                self._store.run_many(
                    "UPDATE blobs SET present = ? WHERE sha256 = ? AND present = ?",
                    [(_LET_GO, sha, _ABSENT) for sha in shas],
                )

    def cited(self, sha: bytes) -> BlobRef | None:
        """What the citing entry says of the blob, or None where no entry cites it."""
        found = self._store.rows(
            "SELECT sha256, size, class FROM blobs WHERE sha256 = ?", (sha,)
        )
        return BlobRef(bytes(found[0][0]), found[0][1], found[0][2]) if found else None

    def missing(self) -> list[BlobRef]:
        """Cited by an entry of this book and not here, in the order of their class."""
        found = self._store.rows(
            "SELECT sha256, size, class FROM blobs WHERE present = 0 "
            "ORDER BY class, sha256"
        )
        return [BlobRef(bytes(sha), size, group) for sha, size, group in found]

    def mend(self) -> None:
        """After a power cut between a blob's last chunk and its name or its mark."""
        for ref in self.missing():
            if self.has(ref.sha256):
                self._hold(ref.sha256)
                self._note(ref.sha256, _HERE)
            else:
                self.complete(ref)

    def complete(self, ref: BlobRef) -> bool:
        """Put a blob in its place whose every chunk is here; false where one is not.

        Whoever sends it counts chunks and would never send one again: without this a blob
        that lost only its last step would wait for ever.
        """
        count = (ref.size - 1) // limits.CHUNK_BYTES + 1
        if len(self.chunks_here(ref.sha256)) < count:
            return False
        try:
            with disk_words():
                return self._complete(ref)
        except Refusal as refusal:
            if refusal.code == "bad_chunk":
                return False  # thrown away, and begun anew
            raise

    def chunks_here(self, sha: bytes) -> set[int]:
        """Which chunks of a part-way blob are here."""
        path = self._partial(sha).with_suffix(".map")
        try:
            marks = self._disk.read(path)
        except FileNotFoundError:
            return set()
        return {i for i, mark in enumerate(marks) if mark == 1}

    def add_chunk(self, ref: BlobRef, index: int, piece: bytes) -> bool:
        """Keep one chunk; True when the blob is whole, checked and in its place.

        Raises Refusal "bad_chunk" where the piece does not fit, "no_space" on a full disk;
        a whole blob whose hash is wrong is thrown away, to be sent again.
        """
        last = (ref.size - 1) // limits.CHUNK_BYTES
        size = limits.CHUNK_BYTES
        wanted = ref.size - last * size if index == last else size
        if not 0 <= index <= last or len(piece) != wanted:
            raise _bad_chunk(ref.sha256)
        path = self._partial(ref.sha256)
        with disk_words():
            if self.has(ref.sha256):
                self._hold(ref.sha256)
                self._note(ref.sha256, _HERE)
                return True
            self._disk.write_at(path, index * size, piece)
            self._disk.write_at(path.with_suffix(".map"), index, b"\x01")
            return len(self.chunks_here(ref.sha256)) == last + 1 and self._complete(ref)

    def _complete(self, ref: BlobRef) -> bool:
        """Check the whole and give it its name; another process may do it at once."""
        path = self._partial(ref.sha256)
        try:
            if sha256(self._disk.read(path)).digest() == ref.sha256:
                self._disk.rename_durable(path, self._path(ref.sha256))
        except FileNotFoundError:
            # Named by another process this moment; or a power cut left a map alone.
            if self.has(ref.sha256):
                self._hold(ref.sha256)
        whole = self.has(ref.sha256)
        if whole:
            self._note(ref.sha256, _HERE)
        else:
            self._disk.remove(path)
        self._disk.remove(path.with_suffix(".map"))
        if not whole:
            raise _bad_chunk(ref.sha256)
        return True

    def _note(self, sha: bytes, state: int) -> None:
        """Write into the map of cited blobs whether this one is here."""
        with self._store.transaction():
            self._store.run(
                "UPDATE blobs SET present = ? WHERE sha256 = ?", (state, sha)
            )


def _missing(sha: bytes) -> Refusal:
    return Refusal(
        "blob_missing",
        f"Berkas {sha.hex()[:8]} belum ada di sini atau rusak; akan diminta lagi.",
        f"Blob {sha.hex()[:8]} is not here yet or is damaged; it will be asked for again.",
    )


def _bad_chunk(sha: bytes) -> Refusal:
    return Refusal(
        "bad_chunk",
        f"Potongan berkas {sha.hex()[:8]} rusak; akan dikirim ulang.",
        f"A chunk of blob {sha.hex()[:8]} is damaged; it will be sent again.",
    )
