"""The words of a desk's screen for parts of a person, reasons, steps and cases."""

from __future__ import annotations

from perahu.words import Words

_FINGERS = {
    "thumb": Words("jempol", "thumb"),
    "index": Words("telunjuk", "index finger"),
    "middle": Words("jari tengah", "middle finger"),
    "ring": Words("jari manis", "ring finger"),
    "little": Words("kelingking", "little finger"),
    "iris": Words("iris", "iris"),
}
_SIDES = {"right": Words("kanan", "right"), "left": Words("kiri", "left")}
_PLAIN = {
    "photo": Words("foto", "photo"),
    "signature": Words("tanda tangan", "signature"),
}
_REASONS = {
    "JARI_TIDAK_ADA": Words("jari tidak ada", "the finger is missing"),
    "JARI_CACAT_SEMENTARA": Words(
        "jari cedera sementara", "the finger is hurt for now"
    ),
    "JARI_TERBALUT": Words("jari terbalut", "the finger is bandaged"),
    "SIDIK_TIDAK_TERBACA": Words("sidik tidak terbaca", "the print cannot be read"),
    "MATA_TIDAK_ADA": Words("mata tidak ada", "the eye is missing"),
    "KATARAK_IRIS_TIDAK_TERBACA": Words(
        "katarak, iris tidak terbaca", "cataract, the iris cannot be read"
    ),
    "TIDAK_BISA_DIAM": Words("tidak bisa diam", "cannot keep still"),
    "TIDAK_BISA_TTD": Words("tidak bisa tanda tangan", "cannot sign"),
    "LAINNYA": Words("lainnya", "another reason"),
}
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


def part_words(part: str) -> Words:
    """`left_iris` as people say it."""
    side, _, name = part.partition("_")
    if side not in _SIDES or name not in _FINGERS:
        return _PLAIN.get(part, Words(part, part))
    what, which = _FINGERS[name], _SIDES[side]
    return Words(f"{what.id} {which.id}", f"{which.en} {what.en}")


def reason_words(reason: str) -> Words:
    """A reason for an exception."""
    return _REASONS.get(reason, Words(reason, reason))


def step_words(step: str, part: str) -> Words:
    """Where a recording is."""
    words = _STEPS.get(step, Words(step, step))
    if not part:
        return words
    what = part_words(part)
    return Words(f"{words.id} {what.id}", f"{words.en} {what.en}")
