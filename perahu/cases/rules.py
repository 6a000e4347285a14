"""What the hub may decide, and what it must leave to a person.

- A journal stands (sah) through an entry, except what is disputed, rejected or parked:
  one `RangeAccepted` per journal, never one per entry.
- Two recordings of one person: the one that already stands is kept, else the first in the
  one order of facts; every other is disputed (sengketa) and a case is opened. Both stay.
- An entry that its author had no right to make is rejected (ditolak), with the reason.
- Only a person closes a case.

Example: `decide_range(journal, head, excepted, last)` gives the next `RangeAccepted`, or
None where nothing is new. The hub decides that a record stands, not that a person is
unique: that is the centre's status.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from perahu.cases import facts
from perahu.words import Refusal

SAH, SENGKETA, DITOLAK = "sah", "sengketa", "ditolak"

EXCEPTED_MAX = 4000
"""Entries named in one RangeAccepted; a journal stands only up to the first one more."""
REASON_CHARS_MAX = 300

DECISIONS: dict[str, tuple[str, ...]] = {
    "TWO_RECORDINGS": ("SAH", "DITOLAK"),
    "CLONE_OR_FORK": ("SAH", "DITOLAK", "SELESAI"),
}
"""What a person may decide: the disputed entry stands after all, or never; else SELESAI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, named so that a decision cannot be moved to other content."""

    journal: bytes
    seq: int
    h: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something for a case: its kind, what it is about, and why, in words.

    `again` tells a later finding about the same things from an earlier one.
    """

    kind: str
    about: tuple[bytes, ...]
    reason: str
    audience: bytes = b""
    """The office that shall hear of it; empty for the hub alone."""
    again: str = ""

    @property
    def case(self) -> bytes:
        """The id of its case: the same finding is the same case, however often found."""
        assert self.kind in facts.CASE_KINDS, "one of the kinds of cases"
        text = b"".join(
            [self.kind.encode(), b"|", *self.about, b"|", self.again.encode()]
        )
        return hashlib.sha256(b"PRH1-case" + text).digest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One of several recordings of a person, closed by `entry`."""

    recording: bytes
    number: str
    node: bytes
    entry: Entry
    order: str
    stands: bool
    """Accepted already, by its range or by a person."""
    marked: bool
    """Disputed or rejected before, whatever came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A case and the entry it disputes."""

    finding: Finding
    entry: Entry


def decide_range(
    head: Entry, excepted: Sequence[int], last: facts.RangeAccepted | None
) -> facts.RangeAccepted | None:
    """The journal stands through its head, except the entries named; None for no news."""
    named = tuple(sorted(set(excepted)))
    assert len(named) <= EXCEPTED_MAX, "as many as fit into one body"
    assert all(0 < seq <= head.seq for seq in named), "exceptions lie in the range"
    if head.seq == 0 or (last and (last.seq, last.excepted) == (head.seq, named)):
        return None
    return facts.RangeAccepted(
        journal=head.journal, seq=head.seq, h=head.h, excepted=named
    )


def decide_doubles(group: Sequence[Candidate]) -> list[Dispute]:
    """Which recordings of one person to dispute: all but the one kept, each once."""
    kept = min(group, key=lambda one: (not one.stands, one.order))
    return [
        Dispute(
            finding=Finding(
                kind="TWO_RECORDINGS",
                about=(kept.recording, one.recording),
                reason=f"Direkam dua kali: {kept.number} dipertahankan, {one.number} "
                "ditahan; keduanya disimpan.",
                audience=one.node,
            ),
            entry=one.entry,
        )
        for one in sorted(group, key=lambda one: one.order)
        if one is not kept and not one.marked
    ]


def decide_open(finding: Finding) -> facts.CaseOpened:
    """The case of a finding."""
    return facts.CaseOpened(
        case=finding.case,
        case_kind=finding.kind,
        about=finding.about,
        reason=finding.reason[:REASON_CHARS_MAX],
    )


def decide_dispute(dispute: Dispute) -> facts.EntryDisputed:
    """The entry is disputed under the case of the finding."""
    return facts.EntryDisputed(
        journal=dispute.entry.journal,
        seq=dispute.entry.seq,
        h=dispute.entry.h,
        case=dispute.finding.case,
        reason=dispute.finding.reason[:REASON_CHARS_MAX],
    )


def decide_rejection(entry: Entry, reason: str) -> facts.EntryRejected:
    """The entry does not count: its author had no right to state it."""
    return facts.EntryRejected(
        journal=entry.journal,
        seq=entry.seq,
        h=entry.h,
        reason=reason[:REASON_CHARS_MAX],
    )


def decisions_for(case_kind: str) -> tuple[str, ...]:
    """What a person may decide in a case of this kind."""
    return DECISIONS.get(case_kind, ("SELESAI",))


def decide_case(
    case: bytes, case_kind: str | None, decided: str, decision: str, reason: str
) -> facts.CaseDecided:
    """A person's decision; refuses an unknown or closed case, and a decision without reason."""
    if case_kind is None:
        raise Refusal(
            "unknown_case",
            id="Kasus ini tidak ada di buku ini; periksa nomornya.",
            en="This case is not in this book; check its number.",
        )
    if decided:
        raise Refusal(
            "case_decided",
            id=f"Kasus ini sudah diputus: {decided}. Tidak ada yang diubah.",
            en=f"This case is decided already: {decided}. Nothing was changed.",
        )
    allowed = decisions_for(case_kind)
    if decision not in allowed or not 0 < len(reason.strip()) <= REASON_CHARS_MAX:
        raise Refusal(
            "case_decision",
            id=f"Pilih keputusan ({', '.join(allowed)}) dan tulis alasannya, paling banyak "
            f"{REASON_CHARS_MAX} huruf.",
            en=f"Choose a decision ({', '.join(allowed)}) and write the reason, "
            f"{REASON_CHARS_MAX} characters at most.",
        )
    return facts.CaseDecided(case=case, decision=decision, reason=reason.strip())


def standing(mark: str, case_decision: str, in_range: bool) -> str | None:
    """sah, sengketa, ditolak or None, from the entry's mark, its case and the ranges."""
    if mark == SENGKETA and case_decision in ("SAH", "DITOLAK"):
        return case_decision.lower()
    return mark or (SAH if in_range else None)
