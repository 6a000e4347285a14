"""What a case is about, what helps to decide it, and what each decision does, in words.

A case names its kind in the law's own code; a person reads what happened and what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from perahu.cases.facts import CASE_KINDS
from perahu.words import Words


@dataclass(frozen=True, slots=True)
class CaseWords:
    """One kind of case for people."""

    name: Words
    advice: Words
    """What to look at before deciding."""


KIND_WORDS = {
    "TWO_RECORDINGS": CaseWords(
        Words("Satu orang direkam dua kali", "One person recorded twice"),
        Words(
            "Bandingkan biodata, foto dan mutu keduanya. Yang pertama dipertahankan; "
            "yang kedua ditahan sampai diputuskan. Keduanya tetap disimpan.",
            "Compare biodata, photo and quality of both. The first is kept; the second "
            "is held until decided. Both stay on record.",
        ),
    ),
    "DUPLICATE_ONE_TO_ONE": CaseWords(
        Words("Ganda dengan satu NIK", "Duplicate of one NIK"),
        Words(
            "Pusat menemukan biometrik yang sama pada NIK lain. Pilih NIK yang benar "
            "bersama orangnya, lalu usulkan hapus yang lain ke pusat.",
            "The centre found the same biometrics under another NIK. Choose the right "
            "NIK with the person, then ask the centre to delete the other.",
        ),
    ),
    "DUPLICATE_ONE_TO_MANY": CaseWords(
        Words("Ganda dengan beberapa NIK", "Duplicate of several NIK"),
        Words(
            "Rekaman ini mirip lebih dari satu orang. Periksa bersama pusat; jangan "
            "merekam ulang sebelum ada jawaban.",
            "This recording is like more than one person's. Check with the centre; do "
            "not record again before it answers.",
        ),
    ),
    "ADJUDICATION": CaseWords(
        Words("Diperiksa ahli di pusat", "An expert at the centre looks"),
        Words(
            "Pusat yang memeriksa. Siapkan KK dan akta bila pusat bertanya; tutup kasus "
            "setelah ada jawaban.",
            "The centre is checking. Have KK and birth certificate ready; close the "
            "case once it has answered.",
        ),
    ),
    "VALIDATION": CaseWords(
        Words("Pusat minta diperiksa", "The centre asks for a check"),
        Words(
            "Cocokkan foto dan biodata dengan KK. Bila salah, betulkan biodatanya; bila "
            "benar, jelaskan ke pusat.",
            "Compare photo and biodata with the KK. If wrong, correct the biodata; if "
            "right, explain it to the centre.",
        ),
    ),
    "PRINTED_TWICE": CaseWords(
        Words("Kartu tercetak dua kali", "Card printed twice"),
        Words(
            "Dua kartu sah dari satu versi. Temukan keduanya; satu diserahkan, yang lain "
            "dimusnahkan dengan dua saksi.",
            "Two good cards of one version. Find both; hand one over and destroy the "
            "other before two witnesses.",
        ),
    ),
    "TRANSFER_DIFFERENCE": CaseWords(
        Words("Selisih kiriman stok", "Difference in a transfer"),
        Words(
            "Yang tiba tidak sama dengan yang dikirim. Tanya pengirim, pembawa dan "
            "penerima; tulis hasilnya sebagai alasan.",
            "What arrived is not what was sent. Ask sender, carrier and receiver; write "
            "what came out as the reason.",
        ),
    ),
    "CLONE_OR_FORK": CaseWords(
        Words("Simpul kembar", "Twin of a node"),
        Words(
            "Buku satu simpul ada dua. Cetak di sana berhenti. Pastikan komputer mana "
            "yang asli sebelum memutuskan.",
            "There are two books of one node. Printing there has stopped. Make sure "
            "which computer is the true one before deciding.",
        ),
    ),
    "STUCK_AT_CENTRE": CaseWords(
        Words("Macet di pusat", "Stuck at the centre"),
        Words(
            "Sudah dikirim dua kali dan pusat diam. Hubungi pusat dengan nomor rekaman; "
            "tutup kasus setelah ada kabar.",
            "It was sent twice and the centre is silent. Call the centre with the "
            "recording's number; close the case once there is word.",
        ),
    ),
    "CENTRES_DIFFER": CaseWords(
        Words("Pusat dan cadangannya berbeda", "Centre and its backup differ"),
        Words(
            "Pusat data dan pusat cadangan memberi status yang berbeda. Laporkan ke "
            "pusat; tutup kasus setelah sama.",
            "The data centre and the disaster-recovery centre give different statuses. "
            "Report it; close the case once they agree.",
        ),
    ),
}
"""By kind of case."""
assert tuple(KIND_WORDS) == CASE_KINDS, "every kind has its words"

DECISION_WORDS = {
    "SAH": CaseWords(
        Words("Tetap sah", "It stands"),
        Words(
            "Catatan yang ditahan berlaku juga dan diteruskan.",
            "The entry that was held stands too, and goes on.",
        ),
    ),
    "DITOLAK": CaseWords(
        Words("Ditolak", "Rejected"),
        Words(
            "Catatan yang ditahan tidak berlaku; tetap disimpan sebagai bukti.",
            "The entry that was held does not count; it is kept as evidence.",
        ),
    ),
    "SELESAI": CaseWords(
        Words("Selesai", "Settled"),
        Words(
            "Sudah dibereskan di luar; kasus ditutup dengan alasannya.",
            "It was settled; the case is closed with its reason.",
        ),
    ),
}
"""By decision (`rules.DECISIONS`), with what it does."""
