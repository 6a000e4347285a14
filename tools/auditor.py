"""A second reader of a node's book, written from docs/journal-format.md alone.

It imports nothing of Perahu, so that what it finds sound is sound by the paper and not by
our own code agreeing with itself. What entries say, and who may, reads auditor_facts.py.

    python -m tools.auditor FOLDER [MIRROR]      asks for the start passphrase
"""

from __future__ import annotations

import getpass
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from types import SimpleNamespace as Line
from typing import Any
from zlib import crc32

import cbor2
import psycopg
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as xopen
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.signing import VerifyKey
from sqlcipher3 import dbapi2 as sqlcipher

JUNK = (ValueError, TypeError, AttributeError, cbor2.CBORError)
UNREADABLE = (CryptoError, LookupError, OSError, sqlcipher.Error, psycopg.Error, *JUNK)


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

    def check(self, where: str, **holds: object) -> None:
        """Note the names of what does not hold."""
        self.wrong += [f"{where}: {name}" for name, good in holds.items() if not good]

    @contextmanager
    def reading(self, where: str) -> Iterator[None]:
        """Note what cannot be read at all."""
        try:
            yield
        except UNREADABLE as error:
            self.wrong.append(f"{where}: {type(error).__name__} {error}")


def plain(raw: bytes, limit: int = 65_536) -> Any:
    """The value of canonical bytes."""
    value = cbor2.loads(raw, max_depth=9) if len(raw) <= limit else None
    if cbor2.dumps(value, canonical=True) != raw:
        raise ValueError("not in the one form, or over its limit")
    return value


@cache
def chain_of(certificate: bytes, root: bytes) -> list[Any]:
    """Issuing, node and epoch certificate, every signature checked."""
    found, public, pairs = [], root, plain(certificate, 8_192)
    steps = ((b"PRH1-issuing", 3), (b"PRH1-node", 2), (b"PRH1-epoch", 3))
    for (body, signature), (prefix, key) in zip(pairs, steps, strict=True):
        VerifyKey(public).verify(prefix + body, signature)
        found.append(plain(body))
        public = found[-1][key]
    if found[1][1] != found[2][1]:
        raise ValueError("epoch of another node")
    return found


def secret_of(vault: bytes, passphrase: str) -> bytes:
    """The node's secret out of `node.key`."""
    kept, phrase = plain(vault), passphrase.encode()[:1024]
    key = argon2id.kdf(32, phrase, kept[2], opslimit=kept[3], memlimit=kept[4])
    return SecretBox(key).decrypt(kept[6], kept[5])


def derived(secret: bytes, label: bytes) -> bytes:
    """One key of the node."""
    person = b"PRH1-" + label
    return blake2b(b"", digest_size=32, key=plain(secret)[1], person=person).digest()


def keys_in(keyring: bytes, wrap: bytes) -> dict[bytes, list[bytes]]:
    """Subject → its keys; records that do not open are passed over."""
    found = defaultdict[bytes, list[bytes]](list)
    for at in range(16, len(keyring) - 83, 84):
        subject, nonce = keyring[at : at + 12], keyring[at + 12 : at + 36]
        with suppress(CryptoError):
            found[subject] += [xopen(keyring[at + 36 : at + 84], subject, nonce, wrap)]
    return found if keyring[:8] == b"PRHKEYS1" else {}


def linked(before: bytes, header: bytes, commit: bytes) -> bytes:
    """h_n."""
    return sha256(b"\1" + before + sha256(header).digest() + commit).digest()


def opened(keys: dict[bytes, list[bytes]], header: Any, *kept: Any) -> tuple[Any, Any]:
    """Body and commit; None, None where the body is erased."""
    (salt, cipher, h), known = kept, keys.get((header.get(8) or [bytes(12)])[0])
    if cipher is None or not known:
        return None, None
    for key in known:
        with suppress(CryptoError):
            body = xopen(cipher, b"", h[:24], key)
            return body, sha256(b"\2" + salt + body).digest()
    raise CryptoError("no key of its subject opens it")


@dataclass
class Auditor:
    """Reads a node's files, and a hub's PostgreSQL."""

    folder: Path
    secret: bytes
    root: bytes
    mirror: Path | None = None
    url: str = ""

    def run(self) -> Findings:
        """Everything; `lines` then has the journals, for who reads on."""
        self.findings, self.lines = Findings(), dict[bytes, Line]()
        wrap, self._cited = derived(self.secret, b"wrap"), set[Any]()
        self.chain = chain_of(self._bytes("certificate"), self.root)
        # Fence and mirror before the book, its keys after: so a writer may be at work.
        name, beside = self.chain[1][1].hex()[:8], self.mirror or self.folder
        fence = self._bytes("fence")
        copy = self._bytes(beside / f"{name}-{self.chain[2][2]}.jrnm")
        with closing(self._open()) as self._book:
            self._keys = keys_in(self._bytes("keyring"), wrap)
            self._journals()
            self.named = dict(self._rows("name, value FROM book"))
            self.asked = self._rows("op_id, entries FROM asked")
            self._blobs()
        self._fence(fence)
        self._mirrored(copy, keys_in(self._bytes(beside / f"{name}.keyring"), wrap))
        return self.findings

    def _open(self) -> Any:
        """The book as of one moment."""
        if self.url:
            level = "-c default_transaction_isolation=repeatable\\ read"
            return psycopg.connect(self.url, options=level)
        path = f"file:{self.folder / 'book.sqlite3'}?mode=ro"
        book = sqlcipher.connect(path, uri=True, isolation_level=None)
        book.execute(f"PRAGMA key = \"x'{derived(self.secret, b'book').hex()}'\"")
        book.execute("BEGIN")
        return book

    def _rows(self, rest: str) -> Any:
        return self._book.execute(f"SELECT {rest}").fetchall()

    def _bytes(self, name: str | Path) -> bytes:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else b""

    def _journals(self) -> None:
        self.parked = {at for (at,) in self._rows("position FROM parked")}
        for row in self._rows(
            "id, lane, audience, certificate, number, node, epoch, own, head_seq, head_h, "
            "sealed_seq, knows_epoch, knows_seq FROM journals ORDER BY number"
        ):
            line = Line(
                name=row[0].hex()[:8], knows=row[11:], headers=[{}], bodies=[None]
            )
            line.id, line.lane, line.audience, line.certificate, line.number = row[:5]
            line.hashes, self.lines[line.id] = [sha256(b"\0" + row[3]).digest()], line
            with self.findings.reading(line.name):
                self._journal(line, *row[5:11])
        self.findings.journals = len(self.lines)

    def _journal(self, line: Line, *noted: Any) -> None:
        _, line.node, line.epoch = chain_of(line.certificate, self.root)
        line.own = line.node[1] == self.chain[1][1]
        named = sha256(line.certificate + bytes([line.lane]) + line.audience).digest()
        head_seq, head_h, sealed_seq = noted[3:]
        good = noted[:3] == (line.node[1], line.epoch[2], line.own)
        self.findings.check(line.name, id=named[:16] == line.id, noted=good)
        for entry in self._rows(
            "seq, header, salt, body, commit_hash, h, position FROM entries "
            f"WHERE journal = {line.number} ORDER BY seq"
        ):
            with self.findings.reading(f"{line.name}/{entry[0]}"):
                self._entry(line, *entry)
        sealed, head = self._sealed(line), (len(line.hashes) - 1, line.hashes[-1])
        good = sealed == sealed_seq and (line.own or sealed == head_seq)
        self.findings.check(line.name, head=head == (head_seq, head_h), sealed=good)

    def _entry(self, line: Line, place: int, raw: bytes, salt: Any, *rest: Any) -> None:
        (cipher, commit, h, position), header, seq = rest, plain(raw), len(line.hashes)
        line.hashes.append(h)
        line.headers.append(header)
        line.bodies.append(None)
        self.findings.entries += 1
        self._cited |= {(line.number, seq, *blob) for blob in header.get(11, [])}
        body, bound = opened(self._keys, header, salt, cipher, h)
        self.findings.erased += body is None
        line.bodies[seq] = body if position not in self.parked else None
        where, whole = f"{line.name}/{seq}", (salt is None) == (cipher is None)
        good = linked(line.hashes[seq - 1], raw, bound or commit or b"") == h
        self.findings.check(where, seq=place == header[1] == seq, hash=good)
        self.findings.check(where, kept=whole and commit in (None, bound or commit))

    def _sealed(self, line: Line) -> int:
        """How far unbroken seals reach."""
        reached = 0
        for a, b, *said, seal in self._rows(
            "a, b, h_b, lamport, wall_ms, seal FROM segments "
            f"WHERE journal = {line.number} ORDER BY a"
        ):
            head = cbor2.dumps([line.id, a, b, *said], canonical=True)
            with self.findings.reading(f"{line.name}/{b} seal"):
                VerifyKey(line.epoch[3]).verify(b"JRN1-seal" + head, seal)
                last = [line.hashes[b], line.headers[b][4], line.headers[b][5]]
                joined = 0 < a <= min(reached + 1, b) and b - a < 256
                where, sealed = f"{line.name}/{b}", said == last
                self.findings.check(where, joined=joined, sealed=sealed)
            reached = max(reached, b)
            self.findings.seals += 1
        return reached

    def _blobs(self) -> None:
        noted = self._rows("journal, seq, sha256 FROM citations")
        check = self.findings.check
        check("citations", noted=set(noted) == {c[:3] for c in self._cited})
        said, shas = {c[2:] for c in self._cited}, {c[2] for c in self._cited}
        for sha, *kind, here in self._rows("sha256, size, class, present FROM blobs"):
            name, path = sha.hex()[:8], f"blobs/{sha.hex()[:2]}/{sha.hex()}"
            whole = here != 1 or sha256(self._bytes(path)).digest() == sha
            check(f"blob {name}", cited=(sha, *kind) in said, whole=whole)
            self.findings.blobs += here == 1
            shas.discard(sha)
        check("blobs", noted=not shas)

    def _hash(self, journal: bytes, seq: int) -> Any:
        hashes = self.lines[journal].hashes if journal in self.lines else []
        return hashes[seq] if seq < len(hashes) else None

    def _fence(self, raw: bytes) -> None:
        slots = [slot for slot in (raw[:128], raw[128:256]) if slot[:4] == b"PRHF"]
        whole = [s for s in slots if crc32(s[:124]) == int.from_bytes(s[124:], "big")]
        mark = max(whole, default=b"")
        if int.from_bytes(mark[4:8], "big") >= self.chain[2][2]:
            h = self._hash(mark[16:32], int.from_bytes(mark[32:40], "big"))
            self.findings.check("fence", reached=h == mark[40:72])

    def _mirrored(self, raw: bytes, keys: dict[bytes, list[bytes]]) -> None:
        for at in [found.start() for found in re.finditer(b"PRHM", raw)]:
            end = at + 8 + int.from_bytes(raw[at + 4 : at + 8], "big")
            if crc32(raw[at:end]) == int.from_bytes(raw[end : end + 4], "big"):
                with self.findings.reading("mirror"), suppress(*JUNK):
                    self._copied(keys, *plain(raw[at + 8 : end]))
                self.findings.mirrored += 1

    def _copied(self, keys: dict[bytes, list[bytes]], *record: Any) -> None:
        journal, lane, to, certificate, seq, raw, *kept = record
        named = sha256(certificate + bytes([lane]) + to).digest()[:16] == journal
        bound, ours = (opened(k, plain(raw), *kept)[1] for k in (keys, self._keys))
        where, last = f"mirror {journal.hex()[:8]}/{seq}", self._hash(journal, seq - 1)
        good = (self._hash(journal, seq), seq > 1) == (kept[-1], certificate == b"")
        self.findings.check(where, here=good and named >= (seq == 1))
        whole = not bound or linked(last, raw, bound) == kept[-1]
        self.findings.check(where, keyring=bound or not ours, hash=whole)


def main(words: list[str], audit: Any = None) -> int:
    """Audit a folder and say what was found; 0 sound, 1 not, 2 it could not be read."""
    if len(words) not in (1, 2) or words[0].startswith("-"):
        print(__doc__)
        return 2
    folder, mirror = Path(words[0]), Path(words[1]) if len(words) == 2 else None
    try:
        root, vault = folder / "root.pub", folder / "node.key"
        secret = secret_of(vault.read_bytes(), getpass.getpass("Passphrase: "))
        one = Auditor(folder, secret, bytes.fromhex(root.read_text()), mirror)
        print(findings := (audit or Auditor.run)(one))
    except UNREADABLE as error:
        print(f"Cannot be read: {error}", file=sys.stderr)
        return 2
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
