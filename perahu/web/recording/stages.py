"""The pages at the devices, in one table, and what the live middle of each shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perahu.devices.ports import FACE, FINGER, IRIS
from perahu.devices.ports import SIGNATURE as PAD
from perahu.enrolment import actions
from perahu.enrolment.facts import INDEXES, PHOTO, SIGNATURE
from perahu.enrolment.rules_parts import GROUPS, Group, open_in, part_words, parts_words
from perahu.web.recording.parts import figure_of, rows_of
from perahu.web.recording.ports import PARTS, STATEMENT, VERIFY, Run
from perahu.web.recording.sheet import Sheet, page_of
from perahu.words import Refusal, Words


@dataclass(frozen=True, slots=True)
class Stage:
    """One page at the devices."""

    name: str
    route: str
    device: str
    groups: tuple[Group, ...]
    kind: str = PARTS

    @property
    def parts(self) -> tuple[str, ...]:
        """Every part of the page."""
        return tuple(part for group in self.groups for part in group.parts)


def _groups(*names: str) -> tuple[Group, ...]:
    return tuple(group for group in GROUPS if group.name in names)


STAGES = {
    stage.name: stage
    for stage in (
        Stage("foto", "recording-photo", FACE, _groups(PHOTO)),
        Stage("tanda-tangan", "recording-signature", PAD, _groups(SIGNATURE)),
        Stage(
            "jari",
            "recording-fingers",
            FINGER,
            _groups("right_hand", "left_hand", "thumbs"),
        ),
        Stage("iris", "recording-irises", IRIS, _groups("irises")),
        Stage("cocok", "recording-match", FINGER, (), VERIFY),
        Stage("pernyataan", "recording-statement", PAD, (), STATEMENT),
    )
}
"""Every page at the devices by its word in the address."""


def stage_context(sheet: Sheet, stage: Stage) -> dict[str, Any]:
    """What the live middle of such a page shows."""
    run = sheet.desks.run_of(sheet.sitter.desk, sheet.id)
    if run is not None and not _is_of(run, stage):
        run = None
    is_on = run is not None and run.is_on
    is_match = stage.kind == VERIFY
    own = INDEXES if is_match else stage.parts
    seen = sheet.desks.scanners(sheet.sitter.desk)
    has_device = any(one.kind == stage.device for one in seen)
    groups = [(group, open_in(group, sheet.state.parts)) for group in stage.groups]
    return {
        "stage": stage,
        "run": run,
        "is_on": is_on,
        "figure": figure_of(sheet, own, run, is_match=is_match),
        "rows": rows_of(sheet, own, run, is_match=is_match),
        "groups": groups,
        "next_group": next((group for group, left in groups if left), None),
        "now": part_words(run.now) if run and run.now else None,
        "has_device": has_device,
        "is_done": not is_on and _is_done(sheet, stage),
        "missed": None if is_on or run is None else _missed(sheet, run, own),
        "may_again": all(sheet.may_take(part) for part in own),
        "offline": _offline(sheet),
    }


def _missed(sheet: Sheet, run: Run, own: Sequence[str]) -> Words:
    """What the run could not take and nobody has excepted since."""
    still = set(sheet.state.open_parts) | set(sheet.state.unverified)
    return parts_words([one for one in run.offers if one in own and one in still])


def _is_done(sheet: Sheet, stage: Stage) -> bool:
    if stage.kind == STATEMENT:
        return sheet.state.signed
    if stage.kind == VERIFY:
        return not sheet.state.unverified
    return not set(sheet.state.open_parts) & set(stage.parts)


def _is_of(run: Run, stage: Stage) -> bool:
    if run.wanted.kind != stage.kind:
        # The index fingers that a comparison could not use are offered at the fingers.
        return bool(run.offers) and stage.name == "jari"
    return stage.kind != PARTS or set(run.wanted.parts) <= set(stage.parts)


def _offline(sheet: Sheet) -> Words | None:
    try:
        actions.check_may_capture(sheet.visit.office.journal, sheet.visit.ask())
    except Refusal as refusal:
        return refusal.words
    return None


def stage_of(part: str) -> Stage:
    """The page at which a part is taken."""
    route = page_of(part)
    return next(stage for stage in STAGES.values() if stage.route == route)
