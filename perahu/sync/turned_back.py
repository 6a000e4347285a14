"""What a caller is told when it may not come in: each sentence says what to do next."""

from __future__ import annotations

from perahu.sync import limits
from perahu.words import Refusal


def wrong_recipient() -> Refusal:
    """A HELLO or a file for another node."""
    return Refusal(
        "wrong_recipient",
        "Kiriman ini untuk simpul lain dan tidak dibuka; tidak ada yang hilang. Bawa ke "
        "simpul yang dituju.",
        "This transmission is for another node and was not opened; nothing is lost. Take "
        "it to the node it is meant for.",
    )


def revoked() -> Refusal:
    """The hub took this node out of its network."""
    return Refusal(
        "revoked",
        "Simpul ini sudah dicabut oleh kabupaten; catatannya tetap tersimpan di sana. "
        "Hubungi kabupaten.",
        "The kabupaten has revoked this node; its records stay stored there. Call the "
        "kabupaten.",
    )


def unknown_peer() -> Refusal:
    """A node with good papers that has no business here."""
    return Refusal(
        "unknown_peer",
        "Simpul ini tidak terdaftar pada simpul tujuan; semua tetap tersimpan di sini. "
        "Minta kabupaten mendaftarkannya.",
        "This node is not enrolled at the node it called; everything stays stored here. "
        "Ask the kabupaten to enrol it.",
    )


def passport_needed() -> Refusal:
    """The short name of a passport says nothing to us: send it in full."""
    return Refusal(
        "passport_needed",
        "Simpul tujuan perlu melihat sertifikat lengkap; sambungan diulang sendiri.",
        "The other node needs to see the whole certificate; the connection is made again "
        "by itself.",
    )


def check_read(waiting_bytes: int) -> None:
    """Raises Refusal "unread" where a peer asks and asks, and takes no answer."""
    if waiting_bytes > limits.UNREAD_BYTES_MAX:
        raise Refusal(
            "unread",
            "Simpul lain terus bertanya tanpa menerima jawaban; sambungan diakhiri. Yang "
            "sudah diterima tetap tersimpan; ulangi sambungan dari simpul itu.",
            "The other node goes on asking and takes no answer; the connection ends. What "
            "was received stays stored; connect again from that node.",
        )
