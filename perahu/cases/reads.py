"""What the tables know of the hub's decisions, and how facts get into them.

Example: `decision_of(journal, seq)` is the last word on a receipt: sah, sengketa, ditolak,
or None while the hub has not decided.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from perahu.cases import facts, rules
from perahu.cases.models import Acceptance, Case, Fork, LostFile, Mark
from perahu.cases.rules import DITOLAK, SENGKETA
from perahu.journal.types import Event
from perahu.keys.facts import ForkSeen

_NUMBER_MAX = 1 << 45
"""As milliseconds: the year 3084."""


def _order(event: Event) -> str:
    return f"{event.lamport:012x}{event.journal.hex()}{event.seq:012x}"


# --- facts into the tables ---------------------------------------------------------------


def apply(events: Sequence[Event]) -> None:
    """Put a batch of facts into the tables; those of other rooms are passed over."""
    for event in events:
        fold = _FOLDS.get(type(event.fact))
        if fold is not None:
            fold(event.fact, event)


def _accepted(fact: facts.RangeAccepted, event: Event) -> None:
    row = Acceptance.objects.get_or_create(journal=fact.journal.hex())[0]
    if (order := _order(event)) > row.set_order:
        row.seq, row.h, row.set_order = fact.seq, fact.h.hex(), order
        row.excepted = json.dumps(list(fact.excepted), separators=(",", ":"))
        row.save()


def _disputed(fact: facts.EntryDisputed, event: Event) -> None:
    _mark(fact.journal, fact.seq, event, (SENGKETA, fact.case.hex(), fact.reason))


def _rejected(fact: facts.EntryRejected, event: Event) -> None:
    _mark(fact.journal, fact.seq, event, (DITOLAK, "", fact.reason))


def _mark(journal: bytes, seq: int, event: Event, says: tuple[str, str, str]) -> None:
    row, _ = Mark.objects.get_or_create(
        entry=_entry_key(journal, seq), defaults={"journal": journal.hex(), "seq": seq}
    )
    if (order := _order(event)) > row.set_order:
        row.mark, row.case, row.reason = says
        row.set_order = order
        row.save()


def _opened(fact: facts.CaseOpened, event: Event) -> None:
    row = Case.objects.get_or_create(case=fact.case.hex())[0]
    if (order := _order(event)) > row.opened_order:
        row.kind, row.reason = fact.case_kind, fact.reason
        row.about = json.dumps([one.hex() for one in fact.about], separators=(",", ":"))
        row.audience, row.opened_order = event.audience.hex(), order
        row.opened_ms = event.wall_ms
        row.save()


def _decided(fact: facts.CaseDecided, event: Event) -> None:
    row = Case.objects.get_or_create(case=fact.case.hex())[0]
    if (order := _order(event)) > row.decided_order:
        row.decision, row.decided_reason = fact.decision, fact.reason
        row.decided_by, row.decided_order = event.officer.hex(), order
        row.save()


def _forked(fact: ForkSeen, event: Event) -> None:
    Fork.objects.get_or_create(
        seen=_order(event),
        defaults={
            "node": fact.node.hex(),
            "journal": fact.journal.hex(),
            "seq": fact.seq,
        },
    )


def _bounded(number: int) -> int:
    """A number that is for people only, small enough for any column and any calendar."""
    return max(0, min(number, _NUMBER_MAX))


def _lost(fact: facts.CourierFileLost, event: Event) -> None:
    node, order = event.node.hex(), _order(event)
    place = f"{node} {fact.file[:200]}"
    row = LostFile.objects.filter(pk=place).first()
    if row is not None and row.set_order >= order:
        return
    LostFile(
        place=place,
        node=node,
        file=fact.file[:200],
        number=_bounded(fact.number),
        to=fact.to.hex()[:32],
        check_words=fact.check_words[:100],
        written_ms=_bounded(fact.written_ms),
        reason=fact.reason[:300],
        found=fact.found,
        said_ms=event.wall_ms,
        set_order=order,
    ).save()


_FOLDS: dict[type, Callable[[Any, Event], None]] = {
    facts.RangeAccepted: _accepted,
    facts.EntryDisputed: _disputed,
    facts.EntryRejected: _rejected,
    facts.CaseOpened: _opened,
    facts.CaseDecided: _decided,
    ForkSeen: _forked,
    facts.CourierFileLost: _lost,
}


# --- questions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case as screens show it."""

    case: bytes
    kind: str
    about: tuple[bytes, ...]
    reason: str
    audience: bytes
    opened_ms: int
    decision: str


def decision_of(journal: bytes, seq: int) -> str | None:
    """sah, sengketa or ditolak: the hub's decision on an entry; None before there is one."""
    mark = Mark.objects.filter(entry=_entry_key(journal, seq)).first()
    case = Case.objects.filter(case=mark.case).first() if mark and mark.case else None
    accepted = acceptance(journal)
    in_range = accepted is not None and seq <= accepted.seq
    return rules.standing(
        mark.mark if mark else "",
        case.decision if case else "",
        in_range and accepted is not None and seq not in accepted.excepted,
    )


def reason_of(journal: bytes, seq: int) -> str:
    """Why an entry is disputed or rejected; empty where it is neither."""
    mark = Mark.objects.filter(entry=_entry_key(journal, seq)).first()
    return mark.reason if mark else ""


def acceptance(journal: bytes) -> facts.RangeAccepted | None:
    """The last word on how far a journal stands."""
    row = Acceptance.objects.filter(pk=journal.hex()).first()
    if row is None:
        return None
    return facts.RangeAccepted(
        journal=journal,
        seq=row.seq,
        h=bytes.fromhex(row.h),
        excepted=tuple(json.loads(row.excepted)),
    )


def marked(journal: bytes) -> list[int]:
    """The entries of a journal that are disputed or rejected."""
    rows = Mark.objects.filter(journal=journal.hex()).order_by("seq")
    return list(rows.values_list("seq", flat=True))


def case(case: bytes) -> CaseRow | None:
    """One case, or None where it is not known."""
    row = Case.objects.filter(pk=case.hex()).exclude(kind="").first()
    return _case_row(row) if row else None


def open_cases(limit: int = 500) -> list[CaseRow]:
    """The cases that wait for a person, oldest first."""
    rows = Case.objects.filter(decision="").exclude(kind="").order_by("opened_order")
    return [_case_row(row) for row in rows[:limit]]


def is_opened_since(kind: str, ms: int) -> bool:
    """Whether a case of this kind was opened after a moment, decided or not."""
    return Case.objects.filter(kind=kind, opened_ms__gt=ms).exists()


def cases_about(subject: bytes) -> list[CaseRow]:
    """All cases about a person, recording, order or transfer, oldest first."""
    rows = Case.objects.filter(about__contains=f'"{subject.hex()}"').exclude(kind="")
    return [_case_row(row) for row in rows.order_by("opened_order")]


def fork_findings() -> list[rules.Finding]:
    """A finding for every fork or clone that a node or the hub has seen."""
    return [
        rules.Finding(
            kind="CLONE_OR_FORK",
            about=(bytes.fromhex(row.node), bytes.fromhex(row.journal)),
            reason=f"Buku simpul {row.node[:8]} bercabang pada urutan {row.seq}; "
            "cetak dihentikan sampai diputus.",
            again=str(row.seq),
        )
        for row in Fork.objects.order_by("seen")
    ]


def _case_row(row: Case) -> CaseRow:
    return CaseRow(
        case=bytes.fromhex(row.case),
        kind=row.kind,
        about=tuple(bytes.fromhex(one) for one in json.loads(row.about)),
        reason=row.reason,
        audience=bytes.fromhex(row.audience),
        opened_ms=row.opened_ms,
        decision=row.decision,
    )


def _entry_key(journal: bytes, seq: int) -> str:
    return f"{journal.hex()}{seq:016x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a person decided a case."""

    decision: str
    reason: str
    officer: bytes


def ending(case: bytes) -> Ending | None:
    """The decision of a case with its reason and who made it; None while it waits."""
    row = Case.objects.filter(pk=case.hex()).exclude(decision="").first()
    if row is None:
        return None
    return Ending(
        decision=row.decision,
        reason=row.decided_reason,
        officer=bytes.fromhex(row.decided_by),
    )


def decided_cases(limit: int = 50) -> list[CaseRow]:
    """The cases a person has decided, the latest decision first."""
    rows = Case.objects.exclude(decision="").exclude(kind="")
    return [_case_row(row) for row in rows.order_by("-decided_order")[:limit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFileRow:
    """A courier file that was reported lost, as screens show it."""

    node: bytes
    """Who wrote it."""
    file: str
    number: int
    to: bytes
    check_words: str
    written_ms: int
    reason: str
    found: bool
    said_ms: int


def lost_files(limit: int = 200) -> list[LostFileRow]:
    """Courier files reported lost or found again, the latest report first."""
    return [
        LostFileRow(
            node=bytes.fromhex(row.node),
            file=row.file,
            number=row.number,
            to=bytes.fromhex(row.to),
            check_words=row.check_words,
            written_ms=row.written_ms,
            reason=row.reason,
            found=row.found,
            said_ms=row.said_ms,
        )
        for row in LostFile.objects.order_by("-set_order")[:limit]
    ]
