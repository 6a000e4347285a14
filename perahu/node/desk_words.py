"""The words of a desk's terminal for steps, decisions and cases."""

from __future__ import annotations

from perahu.enrolment.rules_parts import part_words
from perahu.words import Words

_STEPS = {
    "open": Words("dibuka", "opened"),
    "confirm": Words("biodata dibacakan", "biodata read aloud"),
    "scan": Words("silakan:", "please:"),
    "capture": Words("rekam", "capture"),
    "retry": Words("ulangi", "again"),
    "except": Words("dikecualikan", "excepted"),
    "verify": Words("cocokkan telunjuk", "compare the index fingers"),
    "sign": Words("pernyataan", "statement"),
    "complete": Words("paket ditutup", "packet closed"),
    "proof": Words("bukti", "proof"),
    "done": Words("selesai", "done"),
}
_DECISIONS = {
    "sah": Words(", sah", ", valid"),
    "sengketa": Words(", sengketa", ", disputed"),
    "ditolak": Words(", ditolak", ", rejected"),
}
_CASES = {
    "TWO_RECORDINGS": Words("direkam dua kali", "recorded twice"),
    "DUPLICATE_ONE_TO_ONE": Words("ganda dengan satu NIK", "duplicate of one NIK"),
    "DUPLICATE_ONE_TO_MANY": Words(
        "ganda dengan beberapa NIK", "duplicate of several NIK"
    ),
    "ADJUDICATION": Words("menunggu ahli di pusat", "an expert at the centre looks"),
    "VALIDATION": Words("pusat minta diperiksa", "the centre asks for a check"),
    "PRINTED_TWICE": Words("tercetak dua kali", "printed twice"),
    "TRANSFER_DIFFERENCE": Words("selisih kiriman stok", "difference in a transfer"),
    "CLONE_OR_FORK": Words("simpul kembar", "twin of a node"),
    "STUCK_AT_CENTRE": Words("macet di pusat", "stuck at the centre"),
    "CENTRES_DIFFER": Words("kedua pusat data berbeda", "the two centres differ"),
}


def decision_words(decision: str) -> Words:
    """What the hub decided, to stand behind a level; empty before it did."""
    return _DECISIONS.get(decision, Words("", ""))


def case_words(kind: str) -> Words:
    """What a case is about."""
    return _CASES.get(kind, Words(kind, kind))


def step_words(step: str, part: str) -> Words:
    """Where a recording is."""
    words = _STEPS.get(step, Words(step, step))
    if not part:
        return words
    what = part_words(part)
    return Words(f"{words.id} {what.id}", f"{words.en} {what.en}")
