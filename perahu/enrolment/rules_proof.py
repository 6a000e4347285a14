"""The proof of recording (bukti perekaman): what its paper says and what its code proves.

- The QR holds a statement signed by the node's epoch key: which entry closed the packet,
  its first hash bytes, the receipt level at issue, the register number, and a checksum of
  every word on the paper. It closes no segment of the journal.
- It is base45 text, so that a QR stays small; far below 1 kB.
- The paper names the person with a masked NIK and never shows what was captured.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from perahu.words import Refusal

PROOF_BYTES_MAX = 1024
PREFIX = "PERAHU1:"
_MAGIC = b"P1"
_HEAD = struct.Struct(">2s16sQ8sBB8s")
_SIGNATURE_BYTES, _CHAIN_BYTES = 64, 8
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LEVELS = ("tercatat", "diterima", "aman")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What stands on one proof of recording."""

    journal: bytes
    seq: int
    h: bytes
    level: int
    number: str
    name: str
    nik: str
    office: str
    day: str
    code: str
    version: int = 1

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Label and value of every line, in the order of the paper."""
        return (
            ("Nomor register", self.number),
            ("Nama", self.name),
            ("NIK", masked_nik(self.nik)),
            ("Tempat perekaman", self.office),
            ("Tanggal bukti", self.day),
            ("Status", _LEVELS[self.level]),
            ("Kode ambil", spaced_code(self.code)),
            ("Catatan", f"{self.journal.hex()[:8]} / {self.seq} / {self.h.hex()[:8]}"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a scanned code says, before its signature is checked."""

    journal: bytes
    seq: int
    h8: bytes
    level: int
    version: int
    said: bytes
    number: str
    statement: bytes
    """The bytes the signature is over."""
    signature: bytes
    chain8: bytes
    """The first bytes of SHA-256 of the signer's certificate chain."""


def masked_nik(nik: str) -> str:
    """The region and the serial; the date of birth stays covered."""
    return f"{nik[:6]}******{nik[12:]}" if len(nik) == 16 else ""


def spaced_code(code: str) -> str:
    """A pick-up code in groups of four."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def checksum(paper: Paper) -> bytes:
    """Eight bytes over every word on the paper: a changed word no longer fits the code."""
    text = "\n".join(f"{label}: {value}" for label, value in paper.lines)
    return hashlib.sha256(text.encode()).digest()[:8]


def statement(paper: Paper) -> bytes:
    """The bytes to sign."""
    head = _HEAD.pack(
        _MAGIC,
        paper.journal,
        paper.seq,
        paper.h[:8],
        paper.level,
        min(paper.version, 255),
        checksum(paper),
    )
    return head + paper.number.encode()


def qr_text(statement: bytes, signature: bytes, chain8: bytes) -> str:
    """The text of the QR code."""
    assert len(signature) == _SIGNATURE_BYTES
    assert len(chain8) == _CHAIN_BYTES
    text = PREFIX + base45(chain8 + signature + statement)
    assert len(text) <= PROOF_BYTES_MAX
    return text


def read_qr(text: str) -> Proof:
    """What a scanned code says. Raises Refusal "bad_proof"."""
    if not text.startswith(PREFIX) or len(text) > PROOF_BYTES_MAX:
        raise bad_proof()
    packed = from_base45(text[len(PREFIX) :])
    cut = _CHAIN_BYTES + _SIGNATURE_BYTES
    signed = packed[cut:]
    if not _HEAD.size < len(signed) <= _HEAD.size + 40:
        raise bad_proof()
    magic, journal, seq, h8, level, version, said = _HEAD.unpack(signed[: _HEAD.size])
    number = signed[_HEAD.size :]
    if magic != _MAGIC or level >= len(_LEVELS) or not number.isascii():
        raise bad_proof()
    return Proof(
        journal=journal,
        seq=seq,
        h8=h8,
        level=level,
        version=version,
        said=said,
        number=number.decode(),
        statement=signed,
        signature=packed[_CHAIN_BYTES:cut],
        chain8=packed[:_CHAIN_BYTES],
    )


def base45(plain: bytes) -> str:
    """RFC 9285: three characters for two bytes, of the alphabet a QR packs tightest."""
    signs = []
    for at in range(0, len(plain), 2):
        pair = plain[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, sign = divmod(value, 45)
            signs.append(_BASE45[sign])
    return "".join(signs)


def from_base45(text: str) -> bytes:
    """The bytes back. Raises Refusal "bad_proof" for anything else."""
    plain = bytearray()
    for at in range(0, len(text), 3):
        values = [_BASE45.find(sign) for sign in text[at : at + 3]]
        value = sum(one * 45**nth for nth, one in enumerate(values))
        size = len(values) - 1
        if size < 1 or min(values) < 0 or value >= 256**size:
            raise bad_proof()
        plain += value.to_bytes(size, "big")
    return bytes(plain)


def bad_proof() -> Refusal:
    """A code that is not, or not truly, one of our proofs."""
    return Refusal(
        "bad_proof",
        id="Kode ini bukan bukti perekaman yang sah; cocokkan nomor register di buku.",
        en="This code is no valid proof of recording; look the number up in the book.",
    )


def other_history() -> Refusal:
    """The office signed it, and what it is a proof of went with an old disk or a twin."""
    return Refusal(
        "other_history",
        id="Bukti ini asli, tetapi catatannya tidak ada di buku ini: nomornya dipakai catatan "
        "lain sesudah disk lama terpasang. Cari orangnya; bila tidak ada, rekam lagi.",
        en="This proof is genuine, but its entry is not in this book: another entry took its "
        "number after an old disk was put in. Look the person up; record again if missing.",
    )
