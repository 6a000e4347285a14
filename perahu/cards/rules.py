"""What may happen to a card: pure functions over an order and its attempts.

- A print right lives at exactly one office. Between *sent* and *taken* nobody may print.
- An attempt that nobody knows the end of is looked at by a person and never repeated by
  itself; while there is one, its order does not print.
- One accepted print for each person and version of the card.
- A blanko must be on hand for every attempt under way, and a new epoch counts first.
- A card is handed over once, to a finger that matches or a code that fits, and never
  after the centre took the order back.

Example: `decide_print(view)` gives the `PrintIntended` to append, or refuses.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from perahu.cards import facts
from perahu.cards.facts import SPOIL_CAUSES
from perahu.enrolment.rules import age_on, pickup_hash
from perahu.words import Refusal, Words

INTENDED, UNCERTAIN = "intended", "uncertain"
PRINTED, SPOILED, NEVER_BEGAN = "printed", "spoiled", "never_began"
UNRESOLVED = frozenset({INTENDED, UNCERTAIN})
"""Nobody knows: an intent without a result is a crash, and no better than uncertain."""

TEXT_CHARS_MAX = 200

_PRIORITIES = (
    (("PEMULA_17", "BELUM_PERNAH"), Words("belum pernah punya KTP-el", "never had a card")),
    (("PINDAH_DATANG", "LUAR_DOMISILI", "SUKET_KONVERSI", "WNA"),
     Words("pindah datang", "moved in")),
    (("PERUBAHAN_ELEMEN",), Words("perubahan elemen data", "a data element changed")),
    (("HILANG", "RUSAK"), Words("pengganti hilang atau rusak", "replaces a lost one")),
)  # fmt: skip
"""Who is printed first while blanko are short; within one line first come, first served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptState:
    """One attempt at one office."""

    node: bytes
    attempt: int
    state: str
    printer: str = ""
    says: str = ""
    """The printer's own words, where it is uncertain."""

    @property
    def unresolved(self) -> bool:
        """Whether a person must look before anything else is done."""
        return self.state in UNRESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """All that the rules need to know of one order."""

    order: bytes
    person: bytes
    kind: str
    document: int
    holder: bytes
    """The node that may print; b"" while the right is on its way."""
    moving_to: bytes = b""
    pickup: bytes = b""
    cancelled: str = ""
    """The centre's reason, where it took the order back."""
    attempts: tuple[AttemptState, ...] = ()
    handed_over: bool = False
    recording: bytes = b""
    ordered_ms: int = 0
    home: bytes = b""
    """Where the hub ordered it; b"" where only its sender told of it."""
    sealed: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    """The parts of the card by the node they were sealed to."""
    is_card: bool = False
    """A printed card came from another office, whose print may not be known here."""

    @property
    def unresolved(self) -> AttemptState | None:
        """The attempt that a person must look at, or None."""
        return next((a for a in self.attempts if a.unresolved), None)

    @property
    def printed(self) -> bool:
        """Whether an attempt ended in a good card, here or where the card came from."""
        return self.is_card or any(a.state == PRINTED for a in self.attempts)

    @property
    def place(self) -> bytes:
        """The node that holds right or card, or that it is on its way to."""
        return self.holder or self.moving_to

    @property
    def blobs(self) -> tuple[bytes, ...]:
        """The parts of the card as sealed to the node that it is at or on its way to."""
        return self.sealed.get(self.place) or self.sealed.get(self.home, ())

    @property
    def all_blobs(self) -> tuple[bytes, ...]:
        """The parts as sealed to whomever."""
        return tuple(sha for shas in self.sealed.values() for sha in shas)

    def attempt(self, node: bytes, number: int) -> AttemptState | None:
        """One attempt, or None."""
        found = (a for a in self.attempts if (a.node, a.attempt) == (node, number))
        return next(found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What the law asks of the person before a card is printed."""

    born: date
    status_kawin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintView:
    """Everything that decides on one print, as seen at this office now."""

    order: OrderState | None
    node: bytes
    holder: Holder | None
    today: date
    umur_cetak_min: int
    on_hand: int
    """Blanko by the ledger."""
    under_way: int
    """Attempts at this office that may have a blanko in them."""
    printed_elsewhere: int
    """Accepted prints of the same person and version under other orders."""
    halts: Sequence[bytes] = ()
    """Why all printing here waits (journal.halts)."""
    printer: str = ""


def priority(kind: str) -> int:
    """The line in the queue, 0 first; an unknown kind stands last."""
    for line, (kinds, _) in enumerate(_PRIORITIES):
        if kind in kinds:
            return line
    return len(_PRIORITIES)


def priority_words(line: int) -> Words:
    """The rule that puts an order in its line, for the screen."""
    if line < len(_PRIORITIES):
        return _PRIORITIES[line][1]
    return Words("jenis lain", "another kind")


# --- printing -----------------------------------------------------------------------------


def decide_print(view: PrintView) -> facts.PrintIntended:
    """The intent to print, or a refusal with the first reason against it."""
    order = check_known(view.order)
    check_right(order, view.node)
    check_once(order, view.printed_elsewhere)
    _check_age(view)
    _check_stock(view)
    return facts.PrintIntended(
        person=order.person,
        order=order.order,
        attempt=_next_attempt(order, view.node),
        printer=view.printer[:TEXT_CHARS_MAX],
    )


def check_known(order: OrderState | None) -> OrderState:
    """The order, where it is known here."""
    if order is None:
        raise Refusal(
            "unknown_order",
            id="Pesanan cetak ini belum ada di buku simpul ini; tunggu kabar kabupaten.",
            en="This print order is not in this node's book yet; wait for the kabupaten.",
        )
    return order


def check_right(order: OrderState, node: bytes) -> None:
    """Refuses unless the right to print is here, and stands."""
    if order.cancelled:
        raise Refusal(
            "print_cancelled",
            id=f"Pusat menarik pesanan ini ({order.cancelled}); jangan dicetak. Data "
            "tetap ada; tunggu keputusan kabupaten.",
            en=f"The centre took this order back ({order.cancelled}); do not print it. "
            "The data are kept; wait for the kabupaten's decision.",
        )
    if order.moving_to:
        raise Refusal(
            "right_on_its_way",
            id="Hak cetak sedang dipindahkan ke kantor lain; belum ada yang boleh "
            "mencetak sampai kantor itu menerimanya.",
            en="The print right is on its way to another office; nobody may print until "
            "that office has taken it.",
        )
    if order.holder != node:
        raise Refusal(
            "right_elsewhere",
            id="Hak cetak kartu ini ada di kantor lain; tidak dicetak di sini. Minta "
            "kantor itu mencetak atau memindahkan haknya.",
            en="The right to print this card is at another office; it is not printed "
            "here. Ask that office to print it or to send the right.",
        )


def check_once(order: OrderState, printed_elsewhere: int) -> None:
    """Refuses a second card, and a guess about the first."""
    if order.printed or printed_elsewhere:
        raise Refusal(
            "already_printed",
            id="Kartu ini sudah tercetak; tidak dicetak dua kali. Serahkan kartu yang ada.",
            en="This card is printed already and is not printed twice. Hand over the one "
            "there is.",
        )
    if order.unresolved:
        raise Refusal(
            "look_first",
            id=f"Percobaan cetak ke-{order.unresolved.attempt} belum jelas hasilnya; "
            "tidak diulang sendiri. Lihat printer, lalu catat apa yang terjadi.",
            en=f"What became of attempt {order.unresolved.attempt} is not known; it is "
            "not repeated by itself. Look at the printer, then note what happened.",
        )


def _check_age(view: PrintView) -> None:
    if view.holder is None:
        raise Refusal(
            "unknown_person",
            id="Biodata orang ini belum sampai di simpul ini; pesanan tetap antre.",
            en="This person's biodata have not reached this node; the order stays queued.",
        )
    # UU 24/2013 art. 63: 17, or married or ever married, by the site's calendar.
    age = age_on(view.holder.born, view.today)
    if age < view.umur_cetak_min and view.holder.status_kawin <= 1:
        raise Refusal(
            "too_young",
            id=f"Umur {age} tahun; kartu dicetak mulai {view.umur_cetak_min} tahun atau "
            "setelah menikah. Pesanan tetap antre sampai hari itu.",
            en=f"Aged {age}; a card is printed from {view.umur_cetak_min}, or once "
            "married. The order stays queued until that day.",
        )


def _check_stock(view: PrintView) -> None:
    if view.halts:
        raise Refusal(
            "recount_first",
            id="Simpul ini baru dipulihkan: hitung dahulu blanko dengan tangan (opname), "
            "lalu cetak. Antrean tetap ada.",
            en="This node was restored: count the blanko by hand first (opname), then "
            "print. The queue is kept.",
        )
    if view.on_hand - view.under_way <= 0:
        raise Refusal(
            "no_blanko",
            id="Blanko habis menurut buku stok; pesanan tetap antre. Minta kiriman blanko, "
            "atau hitung ulang bila masih ada.",
            en="By the ledger no blanko is left; the order stays queued. Ask for blanko, "
            "or count again if there are some.",
        )


def _next_attempt(order: OrderState, node: bytes) -> int:
    return 1 + max((a.attempt for a in order.attempts if a.node == node), default=0)


AttemptFact = (
    facts.CardPrinted | facts.CardSpoiled | facts.PrintUncertain | facts.PrintNeverBegan
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: by the printer, or by a person who looked."""

    outcome: str
    cause: str = ""
    says: str = ""


def decide_result(
    order: OrderState, node: bytes, attempt: int, outcome: Outcome
) -> AttemptFact | None:
    """What the printer's answer means; None where the same is noted already.

    Where a person noted something else meanwhile, both cannot be right: somebody looks.
    """
    state = _attempt(order, node, attempt)
    if state.state == INTENDED:
        return _result_fact(order, attempt, outcome)
    if state.state == outcome.outcome:
        return None
    says = f"{outcome.says} ({outcome.outcome}, after {state.state})"
    return _result_fact(order, attempt, Outcome(UNCERTAIN, says=says))


def decide_resolve(
    order: OrderState, node: bytes, attempt: int, outcome: Outcome
) -> AttemptFact:
    """What a person saw at the printer. Refuses an attempt whose end is known."""
    state = _attempt(order, node, attempt)
    if not state.unresolved:
        raise Refusal(
            "known_already",
            id="Hasil percobaan cetak ini sudah tercatat; tidak diubah.",
            en="What became of this attempt is noted already; it is not changed.",
        )
    if outcome.outcome not in (PRINTED, SPOILED, NEVER_BEGAN):
        raise unknown_choice("hasil", "outcome")
    if outcome.outcome == SPOILED and outcome.cause not in SPOIL_CAUSES:
        raise unknown_choice("sebab rusak", "cause")
    return _result_fact(order, attempt, outcome)


def _attempt(order: OrderState, node: bytes, number: int) -> AttemptState:
    state = order.attempt(node, number)
    if state is None:
        raise Refusal(
            "unknown_attempt",
            id="Percobaan cetak ini tidak ada di buku; periksa nomornya.",
            en="There is no such attempt in the book; check its number.",
        )
    return state


def _result_fact(order: OrderState, attempt: int, outcome: Outcome) -> AttemptFact:
    person, number = order.person, order.order
    match outcome.outcome:
        case "printed":
            return facts.CardPrinted(person=person, order=number, attempt=attempt)
        case "never_began":
            return facts.PrintNeverBegan(person=person, order=number, attempt=attempt)
        case "spoiled":
            cause = outcome.cause if outcome.cause in SPOIL_CAUSES else "GAGAL_CETAK"
            return facts.CardSpoiled(
                person=person, order=number, attempt=attempt, cause=cause
            )
        case _:
            # An answer we do not know is an answer nobody can act on.
            says = outcome.says[:TEXT_CHARS_MAX]
            return facts.PrintUncertain(
                person=person, order=number, attempt=attempt, printer_says=says
            )


# --- handing over -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How the person at the counter shows that the card is theirs."""

    means: str
    """ "finger" or "code"."""
    collector: str = "self"
    score: int = 0
    threshold: int = 0
    """From which score the matcher takes two templates for one finger."""
    code: str = ""


def decide_hand_over(
    order: OrderState | None, node: bytes, proof: Proof
) -> facts.CardHandedOver:
    """The hand-over, or a refusal."""
    known = check_known(order)
    _check_can_be_handed_over(known, node)
    collector = proof.collector.strip()
    if not 0 < len(collector) <= TEXT_CHARS_MAX:
        raise unknown_choice("nama pengambil", "name of who takes it")
    if proof.means == "finger":
        _check_finger(proof)
    elif proof.means == "code":
        _check_code(known, proof.code)
    else:
        raise unknown_choice("cara pembuktian", "means of proof")
    return facts.CardHandedOver(
        person=known.person,
        order=known.order,
        means=proof.means,
        collector=collector,
        score=proof.score if proof.means == "finger" else 0,
    )


def _check_can_be_handed_over(order: OrderState, node: bytes) -> None:
    if order.handed_over:
        raise Refusal(
            "handed_over_already",
            id="Kartu ini sudah diserahkan; lihat catatan penyerahannya.",
            en="This card was handed over already; see who took it.",
        )
    if order.cancelled:
        raise Refusal(
            "held_back",
            id=f"Kartu ini ditahan: pusat menarik pesanannya ({order.cancelled}). Simpan "
            "kartunya dan hubungi kabupaten; jangan diserahkan.",
            en=f"This card is held back: the centre took its order back "
            f"({order.cancelled}). Keep the card, call the kabupaten, do not hand it over.",
        )
    if not order.printed:
        raise Refusal(
            "not_printed",
            id="Kartu ini belum tercetak di sini; belum ada yang diserahkan.",
            en="This card was not printed here yet; there is nothing to hand over.",
        )
    if order.holder != node:
        raise Refusal(
            "card_elsewhere",
            id="Kartu ini tidak ada di sini: ada di kantor lain atau dalam perjalanan. "
            "Terima dahulu kartunya, atau layani di kantor itu.",
            en="This card is not here: it is at another office or on its way. Take it in "
            "first, or serve the person there.",
        )


def _check_finger(proof: Proof) -> None:
    if proof.threshold <= 0 or proof.score < proof.threshold:
        raise Refusal(
            "finger_differs",
            id=f"Sidik jari tidak cocok (nilai {proof.score}, perlu {proof.threshold}); "
            "kartu tetap disimpan. Ulangi, atau pakai kode ambil.",
            en=f"The finger does not match (score {proof.score}, {proof.threshold} "
            "needed); the card stays here. Try again, or use the pick-up code.",
        )


def _check_code(order: OrderState, code: str) -> None:
    given = pickup_hash(code[:TEXT_CHARS_MAX])
    if not order.pickup or not hmac.compare_digest(given, order.pickup):
        raise Refusal(
            "code_differs",
            id="Kode ambil tidak cocok; kartu tetap disimpan. Periksa bukti "
            "perekaman, atau pakai sidik jari.",
            en="The pick-up code does not fit; the card stays here. Check the proof of "
            "recording, or use the finger.",
        )


def unknown_choice(what_id: str, what_en: str) -> Refusal:
    """A value that is on none of our lists."""
    return Refusal(
        "unknown_choice",
        id=f"Pilihan {what_id} tidak dikenal; tidak ada yang diubah. Pilih dari daftar.",
        en=f"Unknown {what_en}; nothing was changed. Choose one from the list.",
    )
