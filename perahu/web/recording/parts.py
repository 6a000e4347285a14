"""The parts on a page: how each stands in words, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from perahu.enrolment.facts import FINGERS, IRISES, REASONS_FOR
from perahu.enrolment.rules import PartState, modality
from perahu.enrolment.rules_parts import (
    part_words,
    quality_of,
    quality_words,
    reason_words,
)
from perahu.web.recording.hands import Mark, eyes, hands
from perahu.web.recording.ports import Run
from perahu.web.recording.sheet import Sheet
from perahu.words import Words

_OPEN = Words("belum diambil", "not taken yet")
_NOW = Words("sedang diambil", "being taken")
_MISSED = Words("belum terambil", "could not be taken")
_AGAIN = Words("diminta ulang oleh pusat", "asked for again by the centre")
_UNVERIFIED = Words("belum dicocokkan", "not compared yet")
_VERIFIED = Words("cocok", "matches")


@dataclass(frozen=True, slots=True)
class Row:
    """One part in the list."""

    part: str
    name: Words
    mark: str
    says: Words
    score: int
    may_again: bool
    may_except: bool


def rows_of(
    sheet: Sheet, parts: Sequence[str], run: Run | None, *, is_match: bool = False
) -> list[Row]:
    """The parts of a page in their order; `is_match` where they are being compared."""
    rows = []
    for part in parts:
        held = sheet.state.part(part)
        mark = mark_of(sheet, part, run, is_match=is_match)
        may = sheet.may_take(part)
        has_score = held.status == "captured" and not is_match
        rows.append(
            Row(
                part=part,
                name=part_words(part),
                mark=mark.kind,
                says=_says(sheet, held, mark, is_match),
                score=held.score if has_score else 0,
                may_again=may and held.status != "open",
                may_except=may and bool(REASONS_FOR[modality(part)]),
            )
        )
    return rows


def mark_of(sheet: Sheet, part: str, run: Run | None, *, is_match: bool) -> Mark:
    """How one part stands now."""
    held = sheet.state.part(part)
    if run is not None and run.is_on and run.now == part:
        return Mark("now", run.last_score if run.tries > 1 else 0)
    if held.status == "excepted":
        return Mark("excepted")
    if held.status == "captured":
        if is_match:
            return Mark("open" if part in sheet.state.unverified else "good")
        return Mark(quality_of(part, held.score), held.score)
    is_missed = run is not None and part in run.offers
    return Mark("missed" if is_missed else "open")


def _says(sheet: Sheet, held: PartState, mark: Mark, is_match: bool) -> Words:
    if mark.kind == "now":
        return _NOW
    if held.status == "excepted":
        return reason_words(held.exception)
    if held.status == "captured" and is_match:
        return _UNVERIFIED if held.part in sheet.state.unverified else _VERIFIED
    if held.status == "captured":
        return quality_words(held.part, held.score)
    if mark.kind == "missed":
        return _MISSED
    return _AGAIN if held.recalled else _OPEN


def figure_of(
    sheet: Sheet, parts: Sequence[str], run: Run | None, *, is_match: bool = False
) -> SafeString:
    """The picture of these parts; empty where they have none."""
    marks = {part: mark_of(sheet, part, run, is_match=is_match) for part in parts}
    if any(part in FINGERS for part in parts):
        return hands(marks)
    return eyes(marks) if any(part in IRISES for part in parts) else SafeString("")
