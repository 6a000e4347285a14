"""The kinds of trouble of a pair story; each is a short scene that ends with its check."""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Callable, Mapping
from contextlib import suppress

from nacl.signing import SigningKey

from perahu.journal.types import COMMON, Draft
from perahu.keys.facts import NodeRevoked
from perahu.sync import limits
from perahu.words import Refusal
from sim.canaries.pair import road
from sim.canaries.pair.checks import (
    check_erased,
    check_levels,
    check_memory,
    check_node,
    hash_at,
)
from sim.canaries.pair.desk import (
    append,
    contact,
    fact_of,
    record,
    record_part,
    settle,
    several,
)
from sim.canaries.pair.machines import (
    ENGGANO,
    HUB,
    KETAHUN,
    MIRROR,
    Machine,
    officer_of,
)
from sim.canaries.pair.road import File, Trouble
from sim.canaries.pair.told import Story, hold
from sim.disk import Image, PowerCut
from sim.medium import SECTOR_BYTES
from sim.newer import FieldNoteTaken


def cut(story: Story) -> None:
    """The line goes in the middle."""
    (record_part if story.chance.hits(0.5) else several)(story)
    piece = story.chance.choice((300, 1_000, 65_536))
    trouble = Trouble(cut=story.chance.randrange(1_000, 30 * piece), piece=piece)
    if piece < SECTOR_BYTES:
        trouble.watch = lambda: check_levels(story)
    contact(story, trouble, ENGGANO)


def flip(story: Story) -> None:
    """A bit is changed on the way."""
    append(story, ENGGANO, fact_of(story, ENGGANO))
    at = story.chance.randrange(600, 3_000)
    contact(story, Trouble(flip=at), ENGGANO)


def death_on_the_road(story: Story) -> None:
    """The power goes at one side in the middle of a contact."""
    (record_part if story.chance.hits(0.5) else several)(story)
    initiator, responder = road.begin(story.office, story.hub)
    piece = story.chance.choice((300, 1_000, 65_536))
    at = story.chance.randrange(1_000, 30 * piece)
    road.carry(initiator, responder, Trouble(cut=at, piece=piece))
    victim = story.chance.choice((story.office, story.hub))
    if victim is story.hub:
        # What the office heard before, it heard.
        initiator.close()
        check_levels(story)
    else:
        responder.close()
    power_off(story, victim)
    story.hub.journal.catch_up()
    story.office.journal.catch_up()


def power_off(story: Story, machine: Machine) -> None:
    """The power goes and comes back."""
    machine.disk.crash(story.chance)
    machine.open()
    check_node(story, machine)


def power(story: Story) -> None:
    """The power goes while something is recorded; then the desk asks again."""
    machine, op = story.office, story.chance.randbytes(16)
    fact = fact_of(story, ENGGANO)
    machine.disk.cut_at = machine.disk.operations + story.chance.randrange(1, 75)
    try:
        append(story, ENGGANO, fact, op=op)
        machine.disk.cut_at = machine.disk.operations
    except PowerCut:
        pass
    power_off(story, machine)
    append(story, ENGGANO, fact, op=op)
    times = [e for e in machine.journal.events(0, 10_000) if e.op_id == op]
    hold(len(times) == 1, "what was asked for twice was done twice")


def flush_fails(story: Story) -> None:
    """The disk says that it could not flush; the desk asks again at once; then a power cut.

    What a failed flush held is gone, though every process still sees it.
    """
    machine, op = story.office, story.chance.randbytes(16)
    fact = fact_of(story, ENGGANO)

    def watch(kind: str, path: str) -> None:
        if kind == "flush" and path.endswith("-wal"):
            machine.disk.watch = None
            machine.disk.fail(errno.EIO)

    machine.disk.watch = watch
    for _ in range(2):
        with suppress(Refusal):
            append(story, ENGGANO, fact, op=op)
    machine.disk.watch = None
    machine.disk.mend()
    power_off(story, machine)
    append(story, ENGGANO, fact, op=op)


def again(story: Story) -> None:
    """A desk asks once more for what it did, perhaps after an update of the page."""
    mine = [h for h in story.kept(ENGGANO) if h.epoch == story.office.journal.epoch]
    if not mine or story.is_copied:
        return
    one = story.chance.choice(mine).receipt
    receipt = append(story, ENGGANO, fact_of(story, ENGGANO), op=one.op_id)
    story.held.pop()
    same = (receipt.journal, receipt.seq) == (one.journal, one.seq)
    hold(same, "what was asked for twice was done twice")


def stick(story: Story) -> None:
    """A courier file is written, another one, or the same, is read, and answered."""
    (record_part if story.chance.hits(0.5) else record)(story)
    ends = [story.office, story.hub]
    story.chance.shuffle(ends)
    story.files += road.write(*ends)
    _take_any(story)
    _take_answer(story)


def torn_stick(story: Story) -> None:
    """A sector of the file cannot be read any more, and its end was never written."""
    several(story)
    for file in road.write(story.office, story.hub):
        begin = limits.COURIER_HEAD_BYTES + SECTOR_BYTES * story.chance.randrange(4)
        after = begin + SECTOR_BYTES
        most = story.chance.choice((after + 4 * SECTOR_BYTES, len(file.content)))
        end = story.chance.randrange(after, most)
        torn = file.content[:begin] + bytes(SECTOR_BYTES) + file.content[after:end]
        _take(story, dataclasses.replace(file, content=torn))
        _take_answer(story)


def _take_answer(story: Story) -> None:
    for file in road.write(story.hub, story.office):
        _take(story, file)


def old_stick(story: Story) -> None:
    """Yesterday's file comes after today's."""
    append(story, ENGGANO, fact_of(story, ENGGANO))
    old = road.write(story.hub, story.office)
    contact(story, name=ENGGANO)
    for file in (*road.write(story.hub, story.office), *old):
        check_memory(story)
        _take(story, file)


def _take_any(story: Story) -> None:
    for file in story.chance.sample(story.files, min(2, len(story.files))):
        _take(story, file)


def _take(story: Story, file: File) -> None:
    found = road.take(file, story.machines[file.to])
    hold(
        not isinstance(found, str) or found in ("no_courier_file", "revoked"),
        f"a file for {file.to}: {found}",
    )
    if not isinstance(found, str) and not story.is_copied:
        hold(not found.refused, f"a file for {file.to}: {found.refused} refused")
    for name in (HUB, ENGGANO):
        if not (name == HUB and story.is_copied):
            settle(story, name)


def forger(story: Story) -> None:
    """Somebody states a fact in the office's name, under a key of his own."""
    office, hub = story.office.journal, story.hub.journal
    append(story, ENGGANO, fact_of(story, ENGGANO))
    office.seal()
    stranger = SigningKey(story.chance.randbytes(32))
    for row in office.journals():
        known = hub.journal(row.id)
        if not row.own or known is None or row.head_seq == known.head_seq:
            continue
        for one in office.segments(row.id, known.head_seq):
            seal = stranger.sign(one.signed_bytes()).signature
            with suppress(Refusal):
                hub.receive(dataclasses.replace(one, seal=seal))
        now = hub.journal(row.id)
        hold(now == known, "a stranger's seal was taken for the office's")


def replay(story: Story) -> None:
    """Somebody says again what a caller said before."""
    contact(story, name=ENGGANO)
    said = story.chance.choice(story.heard)
    code = road.replayed(said, story.hub)
    is_old = code in ("old_session", "revoked", "passport_needed")
    hold(is_old, f"what was said before was heard once more ({code})")


def backup(story: Story) -> None:
    """The whole office is put back to what it was some facts ago; its fence, too."""
    if story.is_copied:
        return
    before = story.office.disk.snapshot().files
    several(story)
    contact(story, name=ENGGANO)
    _put_back(story, before, is_known=False)
    if story.office.has_mirror:
        check_node(story, story.office)
    else:
        story.is_unseen_copy = True
    append(story, ENGGANO, fact_of(story, ENGGANO))
    contact(story, name=ENGGANO)
    contact(story, name=ENGGANO)


def old_book(story: Story) -> None:
    """Somebody puts an old copy of the book alone back."""
    if story.is_copied:
        return
    before = story.office.disk.snapshot()
    for _ in range(2):
        append(story, ENGGANO, fact_of(story, ENGGANO))
    if story.chance.hits(0.5):
        contact(story, name=ENGGANO)
    now = dict(story.office.disk.snapshot().files)
    books = {n: c for n, c in before.files.items() if "/book.sqlite3" in n}
    rest = {n: c for n, c in now.items() if "/book.sqlite3" not in n}
    _put_back(story, rest | books, is_known=True)
    check_node(story, story.office)
    append(story, ENGGANO, fact_of(story, ENGGANO))


def _put_back(story: Story, files: Mapping[str, bytes], *, is_known: bool) -> None:
    """Other files in the place of the office's own; the mirror is beside the machine.

    `is_known`: its own fence can tell.
    """
    office, now = story.office, story.office.disk.snapshot()

    def is_mirror(name: str) -> bool:
        return name.startswith(f"{MIRROR}/")

    kept = {n: c for n, c in files.items() if not is_mirror(n)}
    mirror = {n: c for n, c in now.files.items() if is_mirror(n)}
    office.disk.restore(Image(kept | mirror, now.folders))
    office.rows.rebuild()
    story.is_copied = True
    story.acked.pop(ENGGANO, None)
    office.open()
    _check_copy(story, is_known=is_known)


def _check_copy(story: Story, *, is_known: bool) -> None:
    """What an old copy lacks comes back, or it goes on under another epoch."""
    office = story.office.journal
    lost = [h for h in story.kept(ENGGANO) if hash_at(story.office, h) != h.receipt.h]
    story.held = [h for h in story.held if h not in lost]
    if story.office.has_mirror:
        hold(not lost, "what the mirror holds did not come back")
    if lost and is_known:
        is_later = office.epoch > max(h.epoch for h in lost)
        hold(is_later, "an old copy goes on where it lost what it had promised")
        hold(office.halts(), "an old copy may print before its stock is counted")


def twin(story: Story) -> None:
    """The disk was copied, and both copies go on."""
    if story.is_copied:
        return
    office = story.office
    append(story, ENGGANO, fact_of(story, ENGGANO))
    contact(story, name=ENGGANO)
    story.is_copied = story.is_unseen_copy = True
    office.journal.close()
    office.open()
    other = Machine(office.papers, f"{story.seed} twin", office.disk.clone())
    other.rows.rebuild()
    other.journal.catch_up()
    by_road = story.chance.hits(0.5)
    for one, times in ((office, 2), (other, 1)):
        with one.journal.writing() as book:
            ask = one.ask(officer_of(ENGGANO))
            book.append(ask, [Draft(fact_of(story, ENGGANO, is_civil=True))])
        if not by_road:
            for file in road.write(one, story.hub):
                road.take(file, story.hub)
            continue
        for _ in range(0 if one is office else story.chance.choice((0, 5))):
            road.begin(one, story.hub)  # nobody hears it
        for _ in range(times):
            road.meet(one, story.hub)
    kinds = {seen.kind for seen in story.hub.evidence}
    wanted = "clone" if by_road else "fork"
    hold(wanted in kinds, f"two machines with one key, and nobody noticed ({kinds})")
    story.hub.evidence.clear()
    office.settle()


def revoke(story: Story) -> None:
    """Ketahun's machine was stolen; whoever has it goes on calling."""
    if not story.is_revoked:
        contact(story, name=KETAHUN)
        heads = tuple(
            (row.id, row.head_seq, row.head_h)
            for row in story.hub.journal.journals()
            if row.node == story.machines[KETAHUN].node_id and row.head_seq
        )
        fact = NodeRevoked(
            node=story.machines[KETAHUN].node_id, reason="dicuri", valid_through=heads
        )
        with story.hub.journal.writing() as book:
            book.append(story.hub.ask(), [Draft(fact, audience=COMMON)])
        story.hub.journal.catch_up()
        story.is_revoked = True
    append(story, KETAHUN, fact_of(story, KETAHUN))
    contact(story, name=KETAHUN)
    for file in road.write(story.machines[KETAHUN], story.hub):
        hold(road.take(file, story.hub) == "revoked", "a revoked node's file was taken")


def clock(story: Story) -> None:
    """The battery is empty: it is 1970, or years ahead."""
    story.office.clock.wall_ms = story.chance.choice(
        (0, story.office.clock.wall_ms + 10 * 365 * 86_400_000, 1_767_571_200_000)
    )
    append(story, ENGGANO, fact_of(story, ENGGANO))


def erase(story: Story) -> None:
    """By law, nobody can read any more what was said of somebody."""
    mine = [
        h
        for h in story.kept(ENGGANO)
        if h.subject and h.epoch == story.office.journal.epoch
    ]
    if not mine or story.is_copied:
        return
    subject = story.chance.choice(mine).subject
    story.office.journal.erase(subject)
    story.office.rows.rebuild()
    story.office.journal.catch_up()
    story.erased.append(subject)
    check_erased(story)


def tomorrow(story: Story) -> None:
    """An office that was updated states what the hub cannot read yet."""
    if not story.is_revoked:
        fact = FieldNoteTaken(note="baru")
        append(story, KETAHUN, fact)
        append(story, KETAHUN, fact_of(story, KETAHUN))
        contact(story, name=KETAHUN)


Scene = Callable[[Story], None]
TROUBLES: dict[str, Scene] = {
    one.__name__: one
    for one in (
        cut, flip, death_on_the_road, power, flush_fails, again, stick,
        torn_stick, old_stick, forger, replay, backup, old_book, twin,
        revoke, clock, erase, tomorrow,
    )
}  # fmt: skip
