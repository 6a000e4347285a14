"""A second reader of a node's book, written from docs/journal-format.md alone.

It imports nothing of Perahu, so that what it finds sound is sound by the paper and not by
our own code agreeing with itself. Section names of the paper stand in the comments.

    python -m tools.auditor FOLDER [MIRROR]      asks for the start passphrase
"""

from __future__ import annotations

import getpass
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

import cbor2
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as xopen
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.signing import VerifyKey
from sqlcipher3 import dbapi2 as sqlcipher

NOBODY = bytes(12)


@dataclass
class Findings:
    """What was read, and what is wrong."""

    journals: int = 0
    entries: int = 0
    erased: int = 0
    seals: int = 0
    blobs: int = 0
    mirrored: int = 0
    wrong: list[str] = field(default_factory=list)


# Deterministic CBOR -----------------------------------------------------------------------


def plain(raw: bytes) -> Any:
    """The value of canonical bytes."""
    value = cbor2.loads(raw)
    if cbor2.dumps(value, canonical=True) != raw:
        raise ValueError("not canonical")
    return value


def signed(pair: list[bytes], prefix: bytes, public: bytes) -> Any:
    """The body of a signed pair, its signature checked."""
    body, signature = pair
    VerifyKey(public).verify(prefix + body, signature)
    return plain(body)


# Beside the book: vault and keyring -------------------------------------------------------


def secret_of(vault: bytes, passphrase: str) -> bytes:
    """The node's secret out of `node.key`."""
    kept = plain(vault)
    phrase = passphrase.encode()[:1024]
    key = argon2id.kdf(32, phrase, kept[2], opslimit=kept[3], memlimit=kept[4])
    return SecretBox(key).decrypt(kept[6], kept[5])


def derived(secret: bytes, label: bytes) -> bytes:
    """One key of the node."""
    seed = plain(secret)[1]
    person = b"PRH1-" + label
    return hashlib.blake2b(b"", digest_size=32, key=seed, person=person).digest()


def keys_in(keyring: bytes, wrap: bytes) -> dict[bytes, bytes]:
    """Subject → key; records that do not open are passed over."""
    found = {}
    assert keyring[:8] == b"PRHKEYS1", "no keyring"
    for at in range(16, len(keyring) - 83, 84):
        subject, nonce = keyring[at : at + 12], keyring[at + 12 : at + 36]
        try:
            found[subject] = xopen(keyring[at + 36 : at + 84], subject, nonce, wrap)
        except CryptoError:
            continue
    return found


# Identities -------------------------------------------------------------------------------


def epoch_of(certificate: bytes, root: bytes) -> dict[int, Any]:
    """The epoch certificate at the end of a chain, every signature checked."""
    issuing_pair, node_pair, epoch_pair = plain(certificate)
    issuing = signed(issuing_pair, b"PRH1-issuing", root)
    node = signed(node_pair, b"PRH1-node", issuing[3])
    epoch: dict[int, Any] = signed(epoch_pair, b"PRH1-epoch", node[2])
    if epoch[1] != node[1]:
        raise ValueError("epoch of another node")
    return epoch


# Entry ------------------------------------------------------------------------------------


def linked(before: bytes, header: bytes, commit: bytes) -> bytes:
    """h_n."""
    return sha256(b"\x01" + before + sha256(header).digest() + commit).digest()


class Auditor:
    """Reads one folder; `findings` says what it saw."""

    def __init__(
        self, folder: Path, secret: bytes, root: bytes, mirror: Path | None = None
    ) -> None:
        self.folder, self.root, self.mirror = folder, root, mirror
        self.findings = Findings()
        self._certificate = (folder / "certificate").read_bytes()
        self._keys = keys_in(
            (folder / "keyring").read_bytes(), derived(secret, b"wrap")
        )
        self._book = sqlcipher.connect(str(folder / "book.sqlite3"))
        self._book.execute(f"PRAGMA key = \"x'{derived(secret, b'book').hex()}'\"")
        self._hashes: dict[tuple[bytes, int], bytes] = {}

    def run(self) -> Findings:
        """Everything, and then the findings."""
        journals = self._book.execute(
            "SELECT number, id, lane, audience, own, certificate, head_seq, head_h, "
            "sealed_seq FROM journals ORDER BY number"
        ).fetchall()
        for number, journal, lane, audience, own, certificate, *heads in journals:
            self.findings.journals += 1
            named = sha256(certificate + bytes([lane]) + audience).digest()[:16]
            if named != journal:
                self._wrong(journal, 0, "id")
            try:
                self._journal(number, journal, own, certificate, heads)
            except (CryptoError, ValueError, KeyError) as error:
                self._wrong(journal, 0, str(error) or type(error).__name__)
        self._fence()
        self._mirror()
        self._blobs()
        self._book.close()
        return self.findings

    def _wrong(self, journal: bytes, seq: int, why: str) -> None:
        self.findings.wrong.append(f"{journal.hex()[:8]}/{seq}: {why}")

    def _journal(
        self,
        number: int,
        journal: bytes,
        own: int,
        certificate: bytes,
        heads: list[Any],
    ) -> None:
        head_seq, head_h, sealed_seq = heads
        public = epoch_of(certificate, self.root)[3]
        h, seq, times = sha256(b"\x00" + certificate).digest(), 0, {}
        for seq, (place, *stored) in enumerate(self._entries(number), start=1):
            raw, salt, body, commit, kept = stored
            header = plain(raw)
            if header[1] != seq or place != seq:
                self._wrong(journal, seq, "seq")
            h = linked(h, raw, self._commit(header, salt, body, commit, kept))
            if h != kept:
                self._wrong(journal, seq, "hash")
                h = kept
            self._hashes[journal, seq] = h
            times[seq] = (header[4], header[5])
        if (seq, h) != (head_seq, head_h):
            self._wrong(journal, seq, "head")
        sealed = self._seals(number, journal, public, times)
        if sealed != sealed_seq or (not own and sealed != head_seq):
            self._wrong(journal, sealed, "sealed through")

    def _entries(self, number: int) -> Iterator[tuple[Any, ...]]:
        found = self._book.execute(
            "SELECT seq, header, salt, body, commit_hash, h FROM entries "
            "WHERE journal = ? ORDER BY seq",
            (number,),
        )
        for row in found:
            self.findings.entries += 1
            yield row

    def _commit(
        self, header: dict[int, Any], salt: Any, body: Any, commit: Any, h: bytes
    ) -> bytes:
        """The commit as the body says, or as it was kept where the body was erased."""
        key = self._keys.get(header.get(8, [NOBODY])[0])
        if body is None or salt is None or key is None:
            self.findings.erased += 1
            return commit or b""
        try:
            opened = xopen(body, b"", h[:24], key)
        except CryptoError:
            return b""
        return sha256(b"\x02" + salt + opened).digest()

    def _seals(
        self, number: int, journal: bytes, public: bytes, times: dict[int, Any]
    ) -> int:
        """How far unbroken seals reach."""
        reached = 0
        for a, b, h_b, lamport, wall_ms, seal in self._book.execute(
            "SELECT a, b, h_b, lamport, wall_ms, seal FROM segments "
            "WHERE journal = ? ORDER BY a",
            (number,),
        ):
            self.findings.seals += 1
            head = cbor2.dumps([journal, a, b, h_b, lamport, wall_ms], canonical=True)
            try:
                VerifyKey(public).verify(b"JRN1-seal" + head, seal)
            except (CryptoError, ValueError):
                self._wrong(journal, b, "seal")
            joins = a <= reached + 1 and self._hashes.get((journal, b)) == h_b
            if not joins or times.get(b) != (lamport, wall_ms):
                self._wrong(journal, b, "seal and chain differ")
            reached = max(reached, b)
        return reached

    # Beside the book: fence, mirror, blobs --------------------------------------------------

    def _fence(self) -> None:
        path = self.folder / "fence"
        raw = path.read_bytes() if path.exists() else b""
        marks = []
        for slot in (raw[:128], raw[128:256]):
            whole = len(slot) == 128 and crc32(slot[:124]) == int.from_bytes(slot[124:])
            if whole and slot[:4] == b"PRHF":
                epoch, count = int.from_bytes(slot[4:8]), int.from_bytes(slot[8:16])
                seq = int.from_bytes(slot[32:40])
                marks.append((epoch, count, slot[16:32], seq, slot[40:72]))
        if marks:
            epoch, _, journal, seq, h = max(marks)
            ours = epoch_of(self._certificate, self.root)[2]
            if epoch >= ours and self._hashes.get((journal, seq)) != h:
                self._wrong(journal, seq, "the fence is further than the book")

    def _mirror(self) -> None:
        epoch = epoch_of(self._certificate, self.root)
        if self.mirror is None:
            return
        path = self.mirror / f"{epoch[1].hex()[:8]}-{epoch[2]}.jrnm"
        raw = path.read_bytes() if path.exists() else b""
        at = raw.find(b"PRHM")
        while at >= 0:
            end = at + 8 + int.from_bytes(raw[at + 4 : at + 8])
            if crc32(raw[at:end]) != int.from_bytes(raw[end : end + 4]):
                at = raw.find(b"PRHM", at + 4)
                continue
            journal, _, _, _, seq, _, _, _, h = plain(raw[at + 8 : end])
            self.findings.mirrored += 1
            if self._hashes.get((journal, seq)) != h:
                self._wrong(journal, seq, "the mirror has another entry")
            at = raw.find(b"PRHM", end + 4)

    def _blobs(self) -> None:
        present = self._book.execute("SELECT sha256 FROM blobs WHERE present = 1")
        for (sha,) in present.fetchall():
            self.findings.blobs += 1
            path = self.folder / "blobs" / sha.hex()[:2] / sha.hex()
            if not path.exists() or sha256(path.read_bytes()).digest() != sha:
                self.findings.wrong.append(f"blob {sha.hex()[:8]}")


def main(words: list[str]) -> int:
    """Audit a folder and say what was found; 0 sound, 1 not, 2 it could not be read."""
    if not words or len(words) > 2 or re.match("-", words[0]):
        print(__doc__)
        return 2
    folder, mirror = Path(words[0]), Path(words[1]) if len(words) == 2 else None
    try:
        vault = (folder / "node.key").read_bytes()
        secret = secret_of(vault, getpass.getpass("Passphrase: "))
        root = (folder / "root.pub").read_bytes()
        findings = Auditor(folder, secret, root, mirror).run()
    except (OSError, CryptoError, sqlcipher.DatabaseError, ValueError) as error:
        print(f"Cannot be read: {error}", file=sys.stderr)
        return 2
    print(findings)
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
