"""What must hold in a pair story, and the words where it does not."""

from __future__ import annotations

from perahu.journal.types import COMMON, Level, Receipt
from perahu.sync.memory import Memory
from sim.canaries.pair.machines import (
    ENGGANO,
    FOLDER,
    HUB,
    KETAHUN,
    MIRROR,
    Machine,
    rows_of,
)
from sim.canaries.pair.told import Held, Story, hold

_EVENTS_MAX = 10_000


def hash_at(machine: Machine, one: Held) -> bytes | None:
    """What the machine holds in the place of a receipt."""
    return machine.journal.hash_at(one.receipt.journal, one.receipt.seq)


def check_order(machine: Machine, receipt: Receipt) -> None:
    """What was stated last stands last in the order that every node uses."""
    events = machine.journal.events(0, _EVENTS_MAX)
    mine = [e for e in events if (e.journal, e.seq) == (receipt.journal, receipt.seq)]
    if mine:
        later = [e for e in events if e.order > mine[0].order]
        hold(not later, f"{machine.name}: a new fact stands before an older one")


def check_mirror(machine: Machine, receipt: Receipt) -> None:
    """Who is told that it is mirrored finds it on the mirror, whatever comes."""
    if not receipt.mirrored:
        hold(not machine.has_mirror, f"{machine.name}: the mirror is there, not used")
        return
    name = f"{machine.node_id.hex()[:8]}-{machine.journal.epoch}.jrnm"
    file = machine.disk.find(str(MIRROR / name))
    hold(
        file is not None and receipt.h in file.durable,
        f"{machine.name}: said to be mirrored, and the mirror does not hold it",
    )


def check_step(story: Story) -> None:
    """After every step: receipts, levels, places, what is thought of the other side."""
    for one in story.held:
        place = (one.receipt.journal, one.receipt.seq)
        known = story.places.setdefault(place, one.receipt.h)
        hold(
            known == one.receipt.h or story.is_unseen_copy,
            f"{one.name}: two receipts for entry {place[1]}, and not of one content",
        )
    for name in (HUB, ENGGANO, KETAHUN):
        check_receipts(story, story.machines[name])
        check_epoch(story, story.machines[name])
    check_levels(story)
    check_memory(story)


def check_node(story: Story, machine: Machine) -> None:
    """After a start: what was promised is there, and the tables repeat the book."""
    check_receipts(story, machine)
    check_epoch(story, machine)
    _check_rows(machine)
    if machine.name == ENGGANO:
        check_erased(story)


def check_receipts(story: Story, machine: Machine) -> None:
    """Every receipt is in the book that gave it."""
    for one in story.kept(machine.name):
        hold(
            hash_at(machine, one) == one.receipt.h,
            f"{machine.name}: no entry for the receipt {one.receipt.seq}",
        )


def check_epoch(story: Story, machine: Machine) -> None:
    """A node that lost nothing does not take itself for an old copy."""
    if machine.name == ENGGANO and story.is_copied:
        return
    hold(machine.journal.epoch == 1, f"{machine.name}: a new epoch out of nothing")
    hold(not machine.journal.halts(), f"{machine.name}: halted out of nothing")


def _check_rows(machine: Machine) -> None:
    events = machine.journal.events(0, _EVENTS_MAX)
    hold(
        machine.rows.rows == rows_of(events),
        f"{machine.name}: the tables do not say what the book says",
    )


def check_levels(story: Story) -> None:
    """What is *diterima* lies at the hub, entry and blobs; and no level ever falls.

    There is no second site here: nothing is *aman*, whoever says so.
    """
    for one in story.kept(ENGGANO):
        level = story.office.journal.level_of(one.receipt.journal, one.receipt.seq)
        hold(
            level >= one.level or story.is_copied,
            f"receipt {one.receipt.seq} fell from {one.level.name} to {level.name}",
        )
        one.level = level
        said = [story.office.journal.blob_level(ref.sha256) for ref in one.blobs]
        hold(
            Level.SAFE not in (level, *said),
            f"receipt {one.receipt.seq} or its blob is SAFE, and nobody has a copy",
        )
        if level is Level.RECORDED:
            continue
        hold(
            hash_at(story.hub, one) == one.receipt.h,
            f"receipt {one.receipt.seq} is {level.name}, and not at the hub",
        )
        for ref in one.blobs:
            hold(
                story.hub.journal.blobs.is_whole(ref.sha256),
                f"receipt {one.receipt.seq} is {level.name}, its blob not at the hub",
            )


def check_memory(story: Story) -> None:
    """What the hub was seen to hold, it is not thought to have lost."""
    for name in (ENGGANO, KETAHUN):
        local = story.machines[name].journal.local
        found = Memory.load(local, story.hub.node_id).acked()
        now = {journal: reach.seq for journal, reach in found.items()}
        before = story.acked.get(name, {})
        behind = [
            journal for journal, seq in before.items() if now.get(journal, 0) < seq
        ]
        hold(
            not behind or story.is_copied,
            f"{name}: it thinks that the hub lost what it holds",
        )
        story.acked[name] = now


def check_erased(story: Story) -> None:
    """No key of the erased is on the office's disk or on its mirror."""
    if story.is_copied:
        return
    node = story.office.node_id.hex()[:8]
    for path in (FOLDER / "keyring", MIRROR / f"{node}.keyring"):
        file = story.office.disk.find(str(path))
        for subject in story.erased if file is not None else ():
            hold(
                subject not in file.data and subject not in file.durable,  # type: ignore[union-attr]
                f"{path.name}: the key of an erased person is still there",
            )
    stated = {getattr(e.fact, "person", b"") for e in story.office.journal.events()}
    hold(not stated & set(story.erased), "an erased person can be read again")


def check_quiet(story: Story) -> None:
    """At the end: all of it is where it has to be."""
    check_step(story)
    for machine in story.machines.values():
        report = machine.journal.verify()
        words = "; ".join(fault.en for fault in report.faults[:3])
        hold(report.sound, f"{machine.name}: {words}")
        _check_rows(machine)
        _check_audience(machine)
    for one in story.held:
        _check_arrived(story, one)
    codes = {parked.code for parked in story.hub.journal.parked()}
    hold(codes <= {"unknown_kind"} or story.is_revoked, f"the hub has parked {codes}")


def _check_arrived(story: Story, one: Held) -> None:
    if one.name == HUB:
        is_here = one.audience in (COMMON, story.office.node_id)
        if is_here:
            hold(
                hash_at(story.office, one) == one.receipt.h,
                f"what the hub stated ({one.receipt.seq}) never came to the office",
            )
        return
    machine = story.machines[one.name]
    is_away = one.name == KETAHUN and story.is_revoked
    if is_away or one.epoch != machine.journal.epoch:
        # Of an epoch that was left: what is missing of it has a name (not_before).
        return
    level = machine.journal.level_of(one.receipt.journal, one.receipt.seq)
    hold(
        level >= Level.RECEIVED and hash_at(story.hub, one) == one.receipt.h,
        f"{one.name}: the receipt {one.receipt.seq} never became *diterima*",
    )


def _check_audience(machine: Machine) -> None:
    """Nobody holds what the hub wrote for somebody else."""
    if machine.name == HUB:
        return
    for row in machine.journal.journals():
        hold(
            row.audience in (b"", COMMON, machine.node_id),
            f"{machine.name} holds what the hub wrote for another office",
        )
