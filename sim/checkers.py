"""What must hold in every world; each check says in words what it found broken.

1. Every receipt: its entry is at the hub byte for byte, or its machine was destroyed first
   and the gap is known and named there: node, epoch and number (gaps.py). What was said to
   be *diterima* or *aman* was so (levels.py).
2. Equal vectors, equal tables; tables made anew from the book are the same tables.
3. No print attempt has two ends; no version of a card is printed twice without a case.
4. The ledger's sum is zero everywhere, and at its end it says what lies in the drawers.
5. Vectors are contiguous, every book verifies, and no book is behind what it promised.
6. What is parked stops nobody.
7. What was erased by law is nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections

from perahu.cards import facts, reads_stock
from perahu.cases import reads as cases
from perahu.journal.journal import Journal
from perahu.journal.types import Event
from perahu.node.tables import Tables
from sim.gaps import Named, check_receipts, is_of_a_clone, said
from sim.node import Node

if TYPE_CHECKING:
    from sim.world import Result, World

_EVENTS_MAX = 100_000
Rows = dict[str, list[tuple[Any, ...]]]


class Broken(Exception):
    """A promise that did not hold."""

    def __init__(self, check: str, words: str) -> None:
        super().__init__(f"{check}: {words}")
        self.check, self.words = check, words


def check_all(world: World, result: Result) -> None:
    """Everything, when the world is quiet. Fills the result; raises what is broken."""
    events = {id(node): node.journal.events(0, _EVENTS_MAX) for node in world.alive}
    of_hub = events[id(world.hub)]
    for node in world.alive:
        check_book(node)
        check_ledger(node)
        check_parked(node, events[id(node)])
    check_attempts(of_hub)
    check_looked_at(of_hub)
    check_prints(world.hub, of_hub)
    named = Named(world.hub, of_hub)
    result.gaps, missing = check_receipts(world, named)
    result.by_mark = named.by_mark
    result.lost = len(missing)
    if missing:
        raise Broken("receipts", "; ".join(missing[:5]))
    check_drawers(world)
    check_rebuilt(world.hub, world)
    check_equal(world.alive)
    check_erased(world)


# --- receipts ----------------------------------------------------------------------------


def check_mirror(world: World, node: Node) -> None:
    """A receipt that says it is mirrored survives the loss of the book.

    Not in its place, where an old copy had taken that before the mirror was there again:
    then it is the mirror's and the hub's, and at the end it must be there or have a name.
    """
    if node.mirror is None or node.is_mirror_torn or not node.mirror.exists():
        return
    if is_of_a_clone(world, node):
        return
    for one in world.receipts:
        receipt = one.receipt
        if one.node is not node or not receipt.mirrored or one.is_excused:
            continue
        held = node.journal.hash_at(receipt.journal, receipt.seq)
        is_taken = held is not None and node.is_old_since_s < float("inf")
        if held != receipt.h and not is_taken:
            raise Broken("mirror", said(one, "mirrored, and lost with the book"))


# --- books -------------------------------------------------------------------------------


def check_book(node: Node) -> None:
    """Every hash, seal, fence and mirror; no hole in any journal; tables at the head."""
    report = node.journal.verify()
    if not report.sound:
        said = "; ".join(words.en for words in report.faults[:3])
        raise Broken("book", f"{node.name}: {said}")
    check_vector(node.name, node.journal)


def check_vector(name: str, journal: Journal) -> None:
    """Contiguous: each journal has every entry from the first to its head, sealed to where
    it says, and can be handed on in order from its beginning."""
    for row in journal.journals():
        at = 0
        for segment in journal.segments(row.id, 0):
            if not segment.a <= at + 1 <= segment.b:
                raise Broken(
                    "vector", f"{name}: {at + 1} is not in {segment.a}-{segment.b}"
                )
            at = segment.b
        if at != row.sealed_seq or row.sealed_seq > row.head_seq:
            raise Broken("vector", f"{name}: sealed {row.sealed_seq}, held {at}")


def check_parked(node: Node, events: Sequence[Event]) -> None:
    """Whatever is stored and not parked counts, also behind what is parked."""
    parked = {one.position for one in node.journal.parked()}
    counted = {(event.journal, event.seq) for event in events}
    for event in events:
        if event.position in parked:
            raise Broken(
                "parked", f"{node.name}: {event.position} counts and is parked"
            )
    held = {(one.journal, one.seq) for one in node.journal.parked()}
    for row in node.journal.journals():
        for seq in range(1, row.head_seq + 1):
            place = (row.id, seq)
            if place in counted or place in held:
                continue
            if not is_erased_at(node.journal, row.id, seq):
                raise Broken(
                    "parked", f"{node.name}: {row.id.hex()[:8]}/{seq} is shown nowhere"
                )


def is_erased_at(journal: Journal, journal_id: bytes, seq: int) -> bool:
    """Whether an entry's body was erased by law: then it shows nothing."""
    for segment in journal.segments(journal_id, seq - 1):
        if segment.a <= seq <= segment.b:
            return segment.entries[seq - segment.a].body is None
    return False


# --- cards and stock ---------------------------------------------------------------------

_ENDS = (facts.CardPrinted, facts.CardSpoiled, facts.PrintNeverBegan)


def check_attempts(of_hub: Iterable[Event]) -> None:
    """No blanko has two fates: an attempt at one office ends once."""
    ends: dict[tuple[bytes, bytes, int], set[str]] = defaultdict(set)
    for event in of_hub:
        if isinstance(event.fact, _ENDS):
            name = (event.node, event.fact.order, event.fact.attempt)
            ends[name].add(type(event.fact).__name__)
    for (node, order, attempt), found in sorted(ends.items()):
        if len(found) > 1:
            said = f"{node.hex()[:8]} {order.hex()[:8]}-{attempt}: {sorted(found)}"
            raise Broken("attempts", said)


def check_looked_at(of_hub: Iterable[Event]) -> None:
    """Nobody tries again before somebody looked what became of the attempt before."""
    under_way: dict[tuple[bytes, bytes], int] = {}
    for event in sorted(of_hub, key=lambda one: (one.journal, one.seq)):
        if isinstance(event.fact, facts.PrintIntended):
            # By journal: an office that lost its book begins a new one, and counts first.
            name = (event.journal, event.fact.order)
            if name in under_way:
                said = f"{event.fact.order.hex()[:8]}-{under_way[name]}: not looked at"
                raise Broken("looked at", said)
            under_way[name] = event.fact.attempt
        elif isinstance(event.fact, _ENDS):
            under_way.pop((event.journal, event.fact.order), None)


def check_prints(hub: Node, of_hub: Iterable[Event]) -> None:
    """A version of a card that was printed twice has a case, and a person decides."""
    documents: dict[bytes, tuple[bytes, int]] = {}
    prints: dict[tuple[bytes, int], int] = defaultdict(int)
    orders: dict[tuple[bytes, int], set[bytes]] = defaultdict(set)
    printed = [e.fact for e in of_hub if isinstance(e.fact, facts.CardPrinted)]
    for event in of_hub:
        if isinstance(event.fact, facts.PrintOrdered):
            documents[event.fact.order] = (event.fact.person, event.fact.document)
    for fact in printed:
        version = documents.get(fact.order, (fact.person, 1))
        prints[version] += 1
        orders[version].add(fact.order)
    with hub.at_work():
        for (person, document), count in sorted(prints.items()):
            if count > 1 and not any(
                one.kind == "PRINTED_TWICE" for one in cases.cases_about(person)
            ):
                raise Broken(
                    "prints", f"{person.hex()[:8]} version {document}: {count}"
                )


def check_ledger(node: Node) -> None:
    """All accounts together make zero, whatever happened."""
    with node.at_work():
        total = reads_stock.ledger_sum()
        halves = list(_halves(node))
    if total:
        raise Broken("ledger", f"{node.name}: the sum is {total}")
    if halves:
        raise Broken("ledger", f"{node.name}: {halves[0]} has one half")


def _halves(node: Node) -> Iterable[str]:
    """Movements whose two rows do not make zero."""
    with connections[node.office.tables.alias].cursor() as cursor:
        cursor.execute(
            "SELECT movement FROM cards_posting GROUP BY movement, item "
            "HAVING sum(count) <> 0 OR count(*) <> 2"
        )
        yield from (row[0] for row in cursor.fetchall())


def check_drawers(world: World) -> None:
    """After the last count the hub's ledger says what really lies in each drawer."""
    for node in world.offices:
        if node.node_id not in world.people.counted or is_of_a_clone(world, node):
            continue
        with world.hub.at_work():
            shown = reads_stock.on_hand(node.node_id)
        truth = world.people.drawer(node).blanko
        if shown != truth:
            raise Broken(
                "drawers", f"{node.name}: {truth} in the drawer, {shown} shown"
            )


# --- tables ------------------------------------------------------------------------------


def content_of(tables: Tables) -> Rows:
    """Every row of every table."""
    found: Rows = {}
    with connections[tables.alias].cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        for (name,) in cursor.fetchall():
            if name != "node_tables":
                cursor.execute(f'SELECT * FROM "{name}"')
                found[name] = sorted(cursor.fetchall(), key=repr)
    return found


def check_rebuilt(node: Node, world: World) -> None:
    """The tables, thrown away and made anew from the book, are the same."""
    path = world.folder / "rebuilt"
    world.image.blank(path)
    shown = content_of(node.office.tables)
    with Tables(path, bytes(32)) as tables:
        position = node.office.tables.position()
        tables.apply(node.journal.events(0, _EVENTS_MAX), position)
        again = content_of(tables)
    _compare("rebuilt", node.name, shown, again)


def check_equal(nodes: Sequence[Node]) -> None:
    """Nodes that hold the same show the same."""
    seen: dict[tuple[tuple[bytes, tuple[int, bytes]], ...], Node] = {}
    for node in nodes:
        vector = tuple(sorted(node.journal.vector().items()))
        twin = seen.setdefault(vector, node)
        if twin is not node and not node.journal.parked():
            ours, theirs = (content_of(n.office.tables) for n in (node, twin))
            _compare("equal", f"{node.name} and {twin.name}", ours, theirs)


def _compare(check: str, who: str, ours: Rows, theirs: Rows) -> None:
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            differing = [
                row
                for row in (*ours.get(name, []), *theirs.get(name, []))
                if (row in ours.get(name, [])) != (row in theirs.get(name, []))
            ]
            raise Broken(check, f"{who}: {name} {differing[:2]!r}")


# --- erasure -----------------------------------------------------------------------------


def check_erased(world: World) -> None:
    """No node shows, and no book can open, what was erased by law."""
    for text in world.erased.values():
        for node in world.alive:
            in_book = [
                e for e in node.journal.events(0, _EVENTS_MAX) if text in repr(e)
            ]
            if in_book:
                raise Broken("erased", f"{node.name}: the book opens it")
            if text in repr(content_of(node.office.tables)):
                raise Broken("erased", f"{node.name}: the tables show it")
