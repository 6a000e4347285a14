"""What the offices of a pair story do on any day: state facts, and call the hub."""

from __future__ import annotations

from perahu.cards.facts import StockReceived
from perahu.journal.types import COMMON, BlobRef, Draft, Receipt
from perahu.kinds import Fact
from perahu.people.facts import ResidentCorrected
from sim.canaries.pair import road
from sim.canaries.pair.checks import check_mirror, check_order
from sim.canaries.pair.machines import ENGGANO, HUB, KETAHUN, officer_of
from sim.canaries.pair.road import Contact, Trouble
from sim.canaries.pair.told import Held, Story, hold

_WILAYAH = {ENGGANO: "170301", KETAHUN: "170312"}
_CHUNK = 16 * 1024


def fact_of(story: Story, name: str, *, is_civil: bool = False) -> Fact:
    """Something that a desk there states."""
    if name != HUB and (is_civil or story.chance.hits(0.7)):
        changes = (("pekerjaan", "3", "11", "surat desa"),)
        person = story.chance.randbytes(12)
        return ResidentCorrected(person=person, changes=changes, wilayah=_WILAYAH[name])
    return StockReceived(
        item="blanko", count=100, source="TERIMA_PUSAT", document="BAST 1"
    )


def append(
    story: Story,
    name: str,
    fact: Fact,
    blobs: tuple[BlobRef, ...] = (),
    op: bytes = b"",
) -> Receipt:
    """State a fact at a node, and keep the receipt."""
    machine = story.machines[name]
    ask = machine.ask(officer_of(name) if fact.KIND.right else b"", op)
    audience = b""
    if name == HUB:
        audience = story.chance.choice((COMMON, story.office.node_id))
    with machine.journal.writing() as book:
        receipt = book.append(ask, [Draft(fact, blobs, audience=audience)])
    subject = getattr(fact, "person", b"")
    epoch = machine.journal.epoch
    story.held.append(Held(name, receipt, epoch, subject, blobs, audience))
    if (receipt.journal, receipt.seq) not in story.places:
        check_order(machine, receipt)
    check_mirror(machine, receipt)
    return receipt


def record(story: Story) -> None:
    """A desk at an office, or at the hub."""
    name = story.chance.choice((ENGGANO, ENGGANO, ENGGANO, KETAHUN, HUB))
    if not (name == KETAHUN and story.is_revoked):
        append(story, name, fact_of(story, name))


def record_part(story: Story) -> None:
    """A recording with a sealed part."""
    size = story.chance.randrange(1, 4 * _CHUNK)
    ref = story.office.journal.blobs.put(story.chance.randbytes(size), 3)
    changes = (("foto", "", "", "rekam"),)
    fact = ResidentCorrected(
        person=story.chance.randbytes(12), changes=changes, wilayah="170301"
    )
    append(story, ENGGANO, fact, (ref,))


def several(story: Story) -> None:
    """A few facts, each under a seal of its own, as after contacts that came to nothing."""
    for _ in range(3):
        append(story, ENGGANO, fact_of(story, ENGGANO, is_civil=True))
        story.office.journal.seal()


def contact(story: Story, trouble: Trouble | None = None, name: str = "") -> Contact:
    """An office calls the hub."""
    name = name or story.chance.choice((ENGGANO, ENGGANO, KETAHUN))
    found = road.meet(story.machines[name], story.hub, trouble)
    if name == KETAHUN and story.is_revoked:
        hold(found.code == "revoked", "a revoked node was let in")
        hold(found.stored == 0, "a revoked node's facts were taken")
    elif not story.is_copied:
        hold(not found.refused, f"{name} and hub: a segment was refused")
        hold(not found.told, f"{name} and hub: {[one.code for one in found.told]}")
    if found.is_finished:
        story.heard.append(found.said)
    settle(story, name)
    return found


def settle(story: Story, name: str) -> None:
    """A node does what is to be done about what it saw; there is a reason for it."""
    seen = story.machines[name].settle()
    if not story.is_copied:
        hold(not seen, f"{name}: {[one.kind for one in seen]} out of nothing")
