"""What follows from the centre's answers (domain.md 1.5): a card, a call-back, or a case.

- PRINT_READY_RECORD: the card is ordered, unless the disaster-recovery centre (DRC) objects.
- An enrolment failure that names its part: that part is called back, nothing else.
- A duplicate, an adjudication, a validation, a failure without a part: a person decides.
- Whatever takes PRINT_READY_RECORD back cancels the order.
- Silence: hand the same packet over once more; silence again: a case.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from perahu.enrolment.facts import UNIQUE_STATUSES
from perahu.people.facts import Biodata

PRINT_READY = "PRINT_READY_RECORD"
PRINTING = UNIQUE_STATUSES
FAILURES = ("ENROLL_FAILURE_AT_CENTRAL", "ENROLL_FAILURE_AT_REGIONAL")
WAITING = (
    "BIO_CAPTURED", "PROCESSING", "SENT_FOR_ENROLLMENT", "RECEIVED_AT_CENTRAL",
    "SENT_FOR_DEDUP", "SEARCH_FAILURE_AT_CENTRAL",
)  # fmt: skip
"""The statuses in which only the centre can act, so that long silence means something."""
OBJECTIONS = ("DUPLICATE_RECORD", "ADJUDICATE_RECORD", "REQUEST_VALIDATION", *FAILURES)

_CASES = {
    "ADJUDICATE_RECORD": "ADJUDICATION",
    "REQUEST_VALIDATION": "VALIDATION",
}


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the hub does about a status; several may hold at once."""

    order: bool = False
    cancel: bool = False
    recall: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


def consequence(
    status: str, detail: str, drc: str, parts: Collection[str]
) -> Consequence:
    """What follows from a status; `parts` are the names that can be called back."""
    differ = ("CENTRES_DIFFER",) if drc and drc != status else ()
    if status in PRINTING:
        objected = drc in OBJECTIONS
        return Consequence(order=status == PRINT_READY and not objected, cases=differ)
    if status in FAILURES:
        named = tuple(one for one in detail.replace(",", " ").split() if one in parts)
        cases = differ if named else ("VALIDATION", *differ)
        return Consequence(cancel=True, recall=named, cases=cases)
    if status == "DUPLICATE_RECORD":
        kind = "ONE_TO_ONE" if detail == "ONE_TO_ONE" else "ONE_TO_MANY"
        return Consequence(cancel=True, cases=(f"DUPLICATE_{kind}", *differ))
    if status in _CASES:
        return Consequence(cancel=True, cases=(_CASES[status], *differ))
    return Consequence(cancel=True, cases=differ)


def about_silence(
    now_ms: int, since_ms: int, submissions: int, patience_ms: int
) -> str:
    """wait, resubmit or case: what to do about a packet without news since then."""
    assert patience_ms > 0
    if now_ms - since_ms < patience_ms:
        return "wait"
    return "resubmit" if submissions < 2 else "case"


def is_left_behind(since_ms: int, verdict_ms: int, patience_ms: int) -> bool:
    """Whether the centre went on judging others long after it was handed this one.

    If not, it is silent about everybody, and one case stands for all.
    """
    return verdict_ms - since_ms >= patience_ms


def reason_of_silence(waiting: int) -> str:
    """Why one case was opened for all that wait at a centre that says nothing at all."""
    return (
        f"Pusat tidak memberi kabar tentang siapa pun; {waiting} rekaman menunggu. Satu "
        "kasus ini untuk semuanya."
    )


def reason_of(case_kind: str, number: str, detail: str, drc: str) -> str:
    """Why a case about the centre's answer was opened, for the person who decides it."""
    says = {
        "DUPLICATE_ONE_TO_ONE": "biometrik sama dengan NIK lain; pilih NIK yang benar",
        "DUPLICATE_ONE_TO_MANY": "mirip lebih dari satu rekaman; periksa bersama pusat",
        "ADJUDICATION": "pusat memeriksa lebih teliti",
        "VALIDATION": "pusat minta validasi daerah",
        "CENTRES_DIFFER": f"DC dan DRC berbeda, DRC: {drc}",
        "STUCK_AT_CENTRE": "tidak ada kabar dari pusat walau sudah dikirim ulang",
    }[case_kind]
    return f"Rekaman {number}: {says}{f' ({detail})' if detail else ''}."


def print_kind(biodata: Biodata, today: date) -> str:
    """The kind of a first card: PEMULA_17 up to the 18th birthday, WNA, BELUM_PERNAH."""
    if biodata.kewarganegaraan != "WNI":
        return "WNA"
    born = biodata.tanggal_lahir
    turned = (today.month, today.day) >= (born.month, born.day)
    age = today.year - born.year - (0 if turned else 1)
    return "PEMULA_17" if age < 18 else "BELUM_PERNAH"
