"""The centre's statuses in plain words: what each means, and who has to act (domain.md 1.5).

`CENTRE_STATUSES` in facts.py are the centre's own words and never shown alone. What a
citizen is told stands elsewhere (domain.md 14); this is for the staff of a kabupaten.

Example: `status_words("SENT_FOR_ENROLLMENT").name` is "Sudah dikirim ke pusat".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from perahu.enrolment.facts import CENTRE_STATUSES, UNIQUE_STATUSES
from perahu.words import Words


class Turn(Enum):
    """Whose turn it is; nobody else can move the recording on."""

    OFFICE = "office"
    KABUPATEN = "kabupaten"
    CENTRE = "centre"
    DONE = "done"

    @property
    def words(self) -> Words:
        """The same for screens."""
        return _TURNS[self]


_TURNS = {
    Turn.OFFICE: Words("giliran kantor kecamatan", "the kecamatan's turn"),
    Turn.KABUPATEN: Words("giliran kabupaten", "the kabupaten's turn"),
    Turn.CENTRE: Words("giliran pusat", "the centre's turn"),
    Turn.DONE: Words("tidak perlu apa-apa", "nothing to do"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWords:
    """One status for people."""

    short: str
    """What staff say and write: SFE, PRR; empty where there is no short form."""
    name: Words
    meaning: Words
    turn: Turn
    deed: Words
    """What whose turn it is does about it."""


_WAIT = Words("Tunggu; kabupaten hanya bisa memantau.", "Wait; one can only watch.")
_NOTHING = Words("Tidak ada.", "Nothing.")

_BEFORE = {
    "": StatusWords(
        short="",
        name=Words("Sudah diserahkan, belum ada kabar", "Handed over, no word yet"),
        meaning=Words(
            "Paket sudah diserahkan ke pusat; pusat belum menjawab.",
            "The packet was handed to the centre, which has not answered yet.",
        ),
        turn=Turn.CENTRE,
        deed=_WAIT,
    ),
    "UNREGISTERED": StatusWords(
        short="",
        name=Words("Belum direkam", "Not recorded"),
        meaning=Words(
            "NIK ada, rekaman belum ada di pusat.",
            "The NIK exists; the centre has no recording.",
        ),
        turn=Turn.OFFICE,
        deed=Words("Ajak orangnya merekam.", "Invite the person to be recorded."),
    ),
    "BIO_CAPTURED": StatusWords(
        short="BC",
        name=Words("Direkam, belum terkirim", "Recorded, not sent"),
        meaning=Words(
            "Rekaman masih di server perekaman dan belum terkirim ke pusat.",
            "The recording is still on the recording server, not sent to the centre.",
        ),
        turn=Turn.KABUPATEN,
        deed=Words("Kirim paketnya.", "Send the packet."),
    ),
    "PROCESSING": StatusWords(
        short="PRO",
        name=Words("Sedang disiapkan untuk dikirim", "Being made ready to send"),
        meaning=Words(
            "Server sedang menyiapkan paket untuk pusat.",
            "The server is making the packet ready for the centre.",
        ),
        turn=Turn.CENTRE,
        deed=_WAIT,
    ),
    "SENT_FOR_ENROLLMENT": StatusWords(
        short="SFE",
        name=Words("Sudah dikirim ke pusat", "Sent to the centre"),
        meaning=Words(
            "Sudah terkirim; pemeriksaan di pusat bisa 1, 3, 20 hari atau lebih.",
            "It was sent; the centre's check can take 1, 3, 20 days or more.",
        ),
        turn=Turn.CENTRE,
        deed=_WAIT,
    ),
    "RECEIVED_AT_CENTRAL": StatusWords(
        short="",
        name=Words("Sudah diterima di pusat", "Received at the centre"),
        meaning=Words(
            "Pusat data sudah menerima paketnya.", "The data centre has the packet."
        ),
        turn=Turn.CENTRE,
        deed=_WAIT,
    ),
    "SENT_FOR_DEDUP": StatusWords(
        short="",
        name=Words("Sedang dicek ketunggalannya", "Being checked for uniqueness"),
        meaning=Words(
            "Pusat membandingkan sidik jari, iris dan wajah dengan semua rekaman.",
            "The centre compares fingers, irises and face with all recordings.",
        ),
        turn=Turn.CENTRE,
        deed=_WAIT,
    ),
    "SEARCH_FAILURE_AT_CENTRAL": StatusWords(
        short="SFAC",
        name=Words("Pencarian di pusat gagal", "The centre's search failed"),
        meaning=Words(
            "Pusat gagal mencari pembanding; pusat yang mengulang.",
            "The centre's search failed; the centre repeats it.",
        ),
        turn=Turn.CENTRE,
        deed=_WAIT,
    ),
}

_PROBLEMS = {
    "ENROLL_FAILURE_AT_CENTRAL": StatusWords(
        short="EFAC",
        name=Words("Tidak terbaca di pusat", "Not readable at the centre"),
        meaning=Words(
            "Ada sidik jari, iris atau foto yang tidak lengkap atau tidak terbaca.",
            "A finger, an iris or the photo is missing or cannot be read.",
        ),
        turn=Turn.OFFICE,
        deed=Words(
            "Panggil orangnya; rekam ulang hanya bagian itu.",
            "Call the person; record only that part again.",
        ),
    ),
    "ENROLL_FAILURE_AT_REGIONAL": StatusWords(
        short="EFAR",
        name=Words("Tidak terbaca di kabupaten", "Not readable in the kabupaten"),
        meaning=Words(
            "Server daerah tidak dapat membaca sebagian rekaman.",
            "The regional server cannot read a part of the recording.",
        ),
        turn=Turn.OFFICE,
        deed=Words(
            "Panggil orangnya; rekam ulang bagian itu.",
            "Call the person; record that part again.",
        ),
    ),
    "DUPLICATE_RECORD": StatusWords(
        short="DR",
        name=Words("Ganda", "Duplicate"),
        meaning=Words(
            "Biometriknya sama dengan rekaman pada NIK lain.",
            "Its biometrics are those of a recording under another NIK.",
        ),
        turn=Turn.KABUPATEN,
        deed=Words(
            "Pilih NIK yang benar, lalu usulkan hapus yang lain.",
            "Choose the right NIK, then ask for the other to be deleted.",
        ),
    ),
    "ADJUDICATE_RECORD": StatusWords(
        short="ADJ",
        name=Words("Mirip, diperiksa ahli", "Similar, an expert looks"),
        meaning=Words(
            "Mirip dengan rekaman lain; ahli di pusat membandingkan.",
            "Similar to another recording; an expert at the centre compares.",
        ),
        turn=Turn.CENTRE,
        deed=Words(
            "Tunggu ahli; siapkan surat bila pusat bertanya.",
            "Wait for the expert; have the papers ready if the centre asks.",
        ),
    ),
    "REQUEST_VALIDATION": StatusWords(
        short="RV",
        name=Words("Pusat minta diperiksa daerah", "The centre asks for a check"),
        meaning=Words(
            "Ada yang janggal, misalnya NIK laki-laki dengan foto perempuan.",
            "Something is odd, such as a man's NIK with a woman's photo.",
        ),
        turn=Turn.KABUPATEN,
        deed=Words("Periksa, lalu putuskan kasusnya.", "Check, then decide the case."),
    ),
}

_AFTER = {
    "PRINT_READY_RECORD": StatusWords(
        short="PRR",
        name=Words("Tunggal, siap cetak", "Unique, ready to print"),
        meaning=Words(
            "Pusat menyatakan tunggal; kartu boleh dicetak.",
            "The centre found the person unique; the card may be printed.",
        ),
        turn=Turn.OFFICE,
        deed=Words("Cetak kartunya.", "Print the card."),
    ),
    "SENT_FOR_CARD_PRINTING": StatusWords(
        short="",
        name=Words("Dikirim untuk dicetak", "Sent to be printed"),
        meaning=Words(
            "Menurut pusat, perintah cetak sudah dikirim.",
            "By the centre's book the order to print was sent.",
        ),
        turn=Turn.OFFICE,
        deed=Words("Cetak kartunya.", "Print the card."),
    ),
    "CARD_PRINTED": StatusWords(
        short="",
        name=Words("Kartu sudah dicetak", "Card printed"),
        meaning=Words(
            "Menurut pusat, kartunya sudah jadi.", "By the centre's book it is printed."
        ),
        turn=Turn.OFFICE,
        deed=Words("Serahkan kepada orangnya.", "Hand it to the person."),
    ),
    "CARD_SHIPPED": StatusWords(
        short="",
        name=Words("Kartu dikirim ke tempat layanan", "Card on its way to the office"),
        meaning=Words(
            "Menurut pusat, kartunya dalam perjalanan.",
            "By the centre's book it is on its way.",
        ),
        turn=Turn.OFFICE,
        deed=Words("Serahkan kepada orangnya.", "Hand it to the person."),
    ),
    "CARD_ISSUED": StatusWords(
        short="",
        name=Words("Kartu sudah diserahkan", "Card handed over"),
        meaning=Words(
            "Menurut pusat, kartunya di tangan pemiliknya.",
            "By the centre's book its owner has it.",
        ),
        turn=Turn.DONE,
        deed=_NOTHING,
    ),
}

STATUS_WORDS = {**_BEFORE, **_PROBLEMS, **_AFTER}
"""In the order a recording meets them; "" for a packet without an answer."""
assert set(STATUS_WORDS) == {"", *CENTRE_STATUSES}, "every status has its words"
assert set(_AFTER) == set(UNIQUE_STATUSES)


def status_words(status: str) -> StatusWords:
    """The words of one of the centre's statuses."""
    return STATUS_WORDS[status]
