"""Why a contact ended, in words: every code of the road in one place.

A code that is not here comes from a newer program; its words say only that it ended.
"""

from __future__ import annotations

from perahu.words import Words

REASON_WORDS: dict[str, Words] = {
    "done": Words("selesai", "all exchanged"),
    "slower": Words("pindah ke cara yang lebih cepat", "changed to the faster way"),
    "spare": Words("tidak jadi dipakai", "was not needed"),
    "stopped": Words("dihentikan dari sini", "stopped from here"),
    "broken_link": Words("putus di tengah jalan", "broke off on the way"),
    "stalled": Words("putus: tidak ada gerak", "broke off: nothing moved"),
    "broken_stream": Words("data rusak di jalan", "data was damaged on the way"),
    "unreachable": Words("tidak tersambung", "no connection"),
    "captive_portal": Words(
        "tertahan halaman masuk penyedia internet",
        "held by the provider's sign-in page",
    ),
    "wrong_certificate": Words(
        "dijawab mesin lain, bukan kabupaten", "another machine answered"
    ),
    "no_http": Words("dijawab mesin lain, bukan kabupaten", "another machine answered"),
    "turned_away": Words("simpul atasan sedang penuh", "the parent was busy"),
    "fenced": Words("dihalangi di jaringan", "kept out by the network"),
    "wrong_node": Words("yang menjawab bukan simpul itu", "not that node answered"),
    "unknown_peer": Words("belum dikenal di sana", "not known there yet"),
    "passport_needed": Words("surat simpul belum lengkap", "the papers were not whole"),
    "old_protocol": Words("programnya perlu diperbarui", "the program is too old"),
    "forged_ack": Words("tanda terima palsu", "a forged receipt"),
    "bad_signature": Words("tanda tangan tidak cocok", "a signature did not match"),
    "old_session": Words("sesi sudah diganti", "the session was replaced"),
    "revoked": Words("simpul ini dicabut", "this node is revoked"),
    "no_carrier": Words("tidak ada jalur yang boleh dipakai", "no carrier may be used"),
}
_OTHER = Words("berakhir karena hal lain", "ended for another reason")


def reason_words(code: str) -> Words:
    """What a code says to people."""
    return REASON_WORDS.get(code, _OTHER)


SORT_WORDS: dict[str, Words] = {
    "kabel": Words("kabel", "cable"),
    "lan": Words("jaringan kantor", "office network"),
    "wifi": Words("Wi-Fi", "Wi-Fi"),
    "seluler": Words("seluler", "cellular"),
    "satelit": Words("satelit", "satellite"),
    "radio": Words("radio", "radio"),
    "vpn": Words("VPN", "VPN"),
}
"""What sort of carrier it is, as node.toml names it."""
SORT_LETTERS = {
    "kabel": "K", "lan": "L", "wifi": "W", "seluler": "S", "satelit": "P", "radio": "R",
    "vpn": "V",
}  # fmt: skip
"""One letter in a picture, the same in both languages."""
_UNKNOWN_SORT = Words("jalur lain", "another carrier")


def sort_words(sort: str) -> Words:
    """What sort it is, for people."""
    return SORT_WORDS.get(sort, _UNKNOWN_SORT)
