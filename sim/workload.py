"""The people of a world: what they do at their desks, in office hours, and their mistakes.

Acts are the production actions of the rooms, called as a desk calls them. What really lies
in a drawer and what a printer really did is kept here, apart from every book, so that the
books can be held against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from perahu.cards import actions as cards
from perahu.cards import actions_move, actions_stock, reads, reads_stock
from perahu.cards.rules import Proof
from perahu.enrolment.rules import pickup_hash
from perahu.journal.journal import Journal
from perahu.journal.types import PART, PHOTO, Ask, BlobRef, Receipt
from perahu.keys.facts import PolicySet
from perahu.keys.sealing import seal_blob
from perahu.node import actions as office_actions
from perahu.people import actions as people
from perahu.people.rules import Change
from perahu.words import Refusal, Words
from sim.folder import Died
from sim.image import RESIDENTS, biodata_of, person_of
from sim.node import Node
from sim.papers import RATNA
from sim.printer import Drawer, SimPrinter, print_one_card
from sim.recording import record_whole

if TYPE_CHECKING:
    from sim.world import World

CODE = "AB23 CD45"
_OPEN_HOUR, _HOURS = 8.0, 7.0
"""Offices are open from eight to three (WIB)."""
_RUSH_SHARE = 0.25
"""Of all acts, those of the one busy morning (market day, power back, link back)."""
Act = Callable[[Journal, Ask], Receipt | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act and how often people do it."""

    name: str
    share: int


_KINDS = (
    Kind("correct", 10), Kind("register", 3), Kind("deliver", 3), Kind("order", 6),
    Kind("print", 9), Kind("look", 3), Kind("hand_over", 5), Kind("send_stock", 3),
    Kind("arrive", 4), Kind("spoil", 1), Kind("count", 2), Kind("grant", 1),
    Kind("send_right", 2), Kind("take_right", 3),
)  # fmt: skip


class People:
    """Everybody who works in one world."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance("people")
        self.drawers: dict[bytes, Drawer] = {}
        self.on_boats: dict[bytes, int] = {}
        """Transfers on their way, and how many pieces really are in the box."""
        self.done: Counter[str] = Counter()
        self.recorded = 0
        self.leaving: dict[bytes, str] = {}
        """Persons who will be erased, and the text by which they would be found."""
        self.counted: set[bytes] = set()
        """Nodes whose stock was counted at the end, and nothing moved after it."""

    def drawer(self, node: Node) -> Drawer:
        """The stock that really lies at a machine."""
        if node.is_clone_of is not None:
            # A copied disk has a book that says so and no blanko at all.
            return Drawer()
        return self.drawers.setdefault(node.node_id, Drawer())

    # -- when -------------------------------------------------------------------------

    def plan_days(self) -> None:
        """Spread the acts over office hours; a share of them in one rush."""
        world, plan, chance = self.world, self.world.plan, self.chance
        rush_day = chance.randrange(plan.days)
        for _ in range(plan.acts):
            is_rush = chance.hits(_RUSH_SHARE)
            day = rush_day if is_rush else chance.randrange(plan.days)
            hour = chance.uniform(0, 1.5 if is_rush else _HOURS)
            when_s = world.now_s + day * 86_400 + (_OPEN_HOUR - 7 + hour) * 3600
            if _is_sunday(when_s):
                when_s -= 86_400
            world.at(max(world.now_s + 60, when_s), self.somebody_acts)
        if plan.has_recordings:
            when_s = world.now_s + chance.uniform(0.1, 0.4) * plan.days * 86_400
            world.at(when_s, self._record)

        if plan.has_erasure:
            when_s = world.now_s + chance.uniform(0.1, 0.6) * plan.days * 86_400
            world.at(when_s, self._register_who_leaves)

    def somebody_acts(self) -> None:
        """One act at some desk."""
        found = [one for one in self.world.offices if one.is_open]
        node = self.chance.choice(found) if found else None
        if node is None or self.chance.hits(0.15):
            node = self.world.hub
        kind = self.chance.choices(_KINDS, [one.share for one in _KINDS])[0]
        if node.is_open:
            getattr(self, f"_{kind.name}")(node)

    # -- how --------------------------------------------------------------------------

    def act(self, node: Node, words: Words, what: Act, officer: bytes = b"-") -> bool:
        """Do something once, whatever happens meanwhile; true where it was done.

        A process that dies under it is started again, and the same thing is asked again
        under the same id: done once or not at all.
        """
        world = self.world
        officer = node.papers.officer if officer == b"-" else officer
        ask = node.ask(officer)
        dies_after = world.trouble.dies_while_acting()
        for _ in range(3):
            try:
                with node.at_work(dies_after) as journal:
                    receipt = what(journal, ask)
                    if world.trouble.is_asked_twice(node) and receipt is not None:
                        assert journal.receipt(ask.op_id) is not None
                        what(journal, ask)
            except Died:
                world.dies(node, "killed_acting")
                dies_after = 0
                continue
            except Refusal as refusal:
                said = f"{words.id}: ditolak ({refusal.code})"
                world.tell(node, Words(said, f"{words.en}: refused ({refusal.code})"))
                return False
            self.done[words.en.partition(" ")[0]] += 1
            world.tell(node, words)
            world.holds(node, receipt)
            return True
        return False

    def _kecamatan(self, node: Node) -> str:
        own = [one for one in node.papers.wilayah if len(one) == 6]
        return own[0] if own else "170301"

    def _person(self, node: Node) -> bytes:
        return person_of(self._kecamatan(node), self.chance.randrange(RESIDENTS))

    # -- people -----------------------------------------------------------------------

    def _correct(self, node: Node) -> None:
        place = self._kecamatan(node)
        job = str(self.chance.choice((5, 7, 9, 11, 15, 20)))
        wrong = self.world.trouble.happens("wrong_paper", node)
        alley = f"{self.chance.randrange(1, 20):03d}"
        element = ("alamat", "DATA UJI KELIRU") if wrong else ("pekerjaan", job)
        changes = (Change(*element, "surat desa"), Change("rt", alley, "surat desa"))
        person = self._person(node)

        def correct(journal: Journal, ask: Ask) -> Receipt:
            return people.correct_biodata(
                journal, ask, person=person, changes=changes, wilayah=place
            )

        self.act(node, Words("koreksi biodata", "correct biodata"), correct)

    def _register(self, node: Node) -> None:
        place, number = self._kecamatan(node), 100 + self.chance.randrange(800)
        biodata, dice = biodata_of(place, number % 26 + 10), self.world.dice
        person = dice(12)

        def register(journal: Journal, ask: Ask) -> Receipt:
            return people.register_resident(
                journal, ask, person=person, biodata=biodata, wilayah=place, papers="KK"
            )

        self.act(node, Words("penduduk didaftarkan", "register a resident"), register)

    def _register_who_leaves(self) -> None:
        """Somebody is registered who will be erased by law in the end."""
        found = [one for one in self.world.offices if one.is_open]
        if not found:
            return
        node = self.chance.choice(found)
        place, person = self._kecamatan(node), self.world.dice(12)
        mark = f"HAPUS {person.hex().upper()}"
        biodata = replace(biodata_of(place, 9), nik=f"{place}2001809777", alamat=mark)

        def register(journal: Journal, ask: Ask) -> Receipt:
            return people.register_resident(
                journal, ask, person=person, biodata=biodata, wilayah=place, papers="KK"
            )

        if self.act(node, Words("yang akan dihapus", "register who leaves"), register):
            self.leaving[person] = mark

    def erase(self) -> None:
        """By law (UU 27/2022 art. 42-44): on every machine, whoever holds it."""
        world = self.world
        for person, mark in self.leaving.items():
            for node in world.alive:
                with node.at_work() as journal:
                    count = journal.erase(person)
                    node.office.tables.rebuild()
                    journal.catch_up()
                world.tell(node, Words(f"dihapus: {count}", f"erased: {count}"))
            world.erased[person] = mark

    def _grant(self, node: Node) -> None:
        """The hub changes its policy's decree; it reaches every node."""
        policy = self.world.hub.journal.authority.policy
        decree = f"SK {self.chance.randrange(2, 900)}"

        def state(journal: Journal, ask: Ask) -> Receipt:
            changed = PolicySet(
                policy=policy.policy, decree=decree, timezone=self.world.plan.zone
            )
            return office_actions.set_policy(journal, ask, policy=changed)

        words = Words("kebijakan baru", "policy stated")
        if self.world.hub.is_open:
            self.act(self.world.hub, words, state, officer=b"")

    # -- stock ------------------------------------------------------------------------

    def _deliver(self, node: Node) -> None:
        count = self.chance.randint(5, 60)

        def receive(journal: Journal, ask: Ask) -> Receipt:
            return actions_stock.receive_stock(
                journal, ask, item="blanko", count=count, source="TERIMA_PROVINSI",
                document="BAST 1",
            )  # fmt: skip

        if node.is_clone_of is not None:
            return
        self.drawer(node).blanko += count
        if not self.act(
            node, Words(f"terima {count} blanko", f"deliver {count} blanko"), receive
        ):
            self.drawer(node).blanko -= count

    def _send_stock(self, node: Node) -> None:
        others = [one for one in self.world.offices if one.node_id != node.node_id]
        drawer = self.drawer(node)
        if not others or drawer.blanko < 2:
            return
        to, transfer = self.chance.choice(others), self.world.dice(12)
        count = self.chance.randint(1, drawer.blanko)

        def send(journal: Journal, ask: Ask) -> Receipt:
            return actions_stock.send_stock(
                journal, ask, transfer=transfer, item="blanko", count=count,
                to=to.node_id,
            )  # fmt: skip

        words = Words(f"kirim {count} ke {to.name}", f"send {count} to {to.name}")
        if self.act(node, words, send):
            drawer.blanko -= count
            stolen = self.world.trouble.happens("short_delivery", node)
            self.on_boats[transfer] = count - int(stolen)

    def _arrive(self, node: Node) -> None:
        if node.is_clone_of is not None:
            return
        with node.at_work() as journal:
            known = reads_stock.on_the_way(journal.node_id)
        for one in known[:1]:
            self._unpack(node, one.transfer, self.on_boats.get(one.transfer, 0))

    def _unpack(self, node: Node, transfer: bytes, count: int) -> None:
        def arrive(journal: Journal, ask: Ask) -> Receipt:
            return actions_stock.arrive_stock(
                journal, ask, transfer=transfer, count=count
            )

        words = Words(f"kiriman tiba: {count}", f"arrive: {count}")
        if self.act(node, words, arrive):
            self.drawer(node).blanko += self.on_boats.pop(transfer, 0)

    def _spoil(self, node: Node) -> None:
        drawer = self.drawer(node)

        def spoil(journal: Journal, ask: Ask) -> Receipt:
            return actions_stock.spoil_stock(
                journal, ask, item="blanko", count=1, cause="CACAT_PABRIK"
            )

        if drawer.blanko and self.act(
            node, Words("blanko cacat", "spoil a blanko"), spoil
        ):
            drawer.blanko -= 1

    def _count(self, node: Node) -> None:
        if node.is_clone_of is not None:
            return
        drawer, trouble = self.drawer(node), self.world.trouble
        if drawer.blanko and trouble.happens("theft", node):
            drawer.blanko -= 1
        wrong = 1 if trouble.happens("miscount", node) else 0
        self.opname(node, drawer.blanko + wrong)

    def opname(self, node: Node, counted: int, officer: bytes = b"-") -> bool:
        """A count by hand; true where it was noted."""

        def count(journal: Journal, ask: Ask) -> Receipt:
            return actions_stock.count_stock(
                journal, ask, item="blanko", counted=counted, reason="hitung ulang"
            )

        words = Words(f"opname: {counted}", f"count: {counted}")
        return self.act(node, words, count, officer)

    # -- cards ------------------------------------------------------------------------

    def _order(self, node: Node) -> None:
        """The hub orders a card at an office, as if the centre had said PRR."""
        hub, offices = self.world.hub, self.world.offices
        if not hub.is_open or not offices:
            return
        home = self.chance.choice(offices)
        person = self._person(home)
        recording = self.world.dice(12)
        contents = (b"\x89PNG photo", b"\xff\xd8\xff sign", b"FMR\x00 left")

        def order(journal: Journal, ask: Ask) -> Receipt:
            blobs: list[BlobRef] = []
            for n, content in enumerate(contents):
                sealed = seal_blob(content, [home.papers.keys.age_recipient])
                blobs.append(journal.blobs.put(sealed, PHOTO if n == 0 else PART))
            return cards.order_print(
                journal, ask, person=person, recording=recording, home=home.node_id,
                kind="BELUM_PERNAH", blobs=blobs, pickup=pickup_hash(CODE),
            )  # fmt: skip

        words = Words(f"kartu dipesan di {home.name}", f"order a card at {home.name}")
        self.act(hub, words, order, officer=b"")

    def _print(self, node: Node) -> None:
        with node.at_work() as journal:
            queue = reads.print_queue(journal.node_id, 3)
        if not queue:
            return
        order = self.chance.choice(queue).order
        printer = SimPrinter(self.world, node, self.drawer(node))

        def print_one(journal: Journal, ask: Ask) -> Receipt:
            return print_one_card(node, journal, ask, printer, order)

        self.act(node, Words("cetak kartu", "print a card"), print_one)
        if self.world.trouble.wants("second_card") and printer.jobs:
            self.world.trouble.happens("second_card", node, always=True)
            # A card that jammed may be tried again; one that came out never.
            before, came_out = len(printer.jobs), printer.was_printed
            self.act(node, Words("minta cetak lagi", "print it again"), print_one)
            assert len(printer.jobs) == before or not came_out, "one card"

    def _look(self, node: Node) -> None:
        """Somebody looks at what an uncertain print left in the printer."""
        with node.at_work() as journal:
            waiting = reads.to_look_at(journal.node_id)
        drawer = self.drawer(node)
        for state, attempt in waiting:
            truth = drawer.printed.get(f"{state.order.hex()}-{attempt.attempt}", "")
            outcome = truth or "never_began"
            cause = "GAGAL_CETAK" if outcome == "spoiled" else ""

            def resolve(
                journal: Journal, ask: Ask, order: bytes = state.order,
                number: int = attempt.attempt, outcome: str = outcome, cause: str = cause,
            ) -> Receipt:  # fmt: skip
                return cards.resolve_attempt(
                    journal, ask, order=order, attempt=number, outcome=outcome,
                    cause=cause,
                )  # fmt: skip

            words = Words(f"dilihat: {outcome}", f"look: {outcome}")
            self.act(node, words, resolve)

    def _hand_over(self, node: Node) -> None:
        with node.at_work() as journal:
            ready = reads.by_state("to_hand_over", journal.node_id)
        if not ready:
            return
        order, proof = ready[0].order, Proof(means="code", code=CODE)

        def hand_over(journal: Journal, ask: Ask) -> Receipt:
            return cards.hand_over(journal, ask, order=order, proof=proof)

        self.act(node, Words("kartu diserahkan", "hand over a card"), hand_over)

    def _send_right(self, node: Node) -> None:
        others = [
            one
            for one in self.world.offices
            if one.node_id != node.node_id and not one.is_lost
        ]
        with node.at_work() as journal:
            queue = reads.print_queue(journal.node_id, 1)
        if not others or not queue:
            return
        order, to = queue[0].order, self.chance.choice(others)

        def send(journal: Journal, ask: Ask) -> Receipt:
            return actions_move.send_order(
                journal, ask, order=order, to=to.node_id, open_blob=node.open_blob
            )

        words = Words(f"hak cetak ke {to.name}", f"right sent to {to.name}")
        if self.act(node, words, send):
            self.world.rights.sent(node, order)

    def _take_right(self, node: Node) -> None:
        with node.at_work():
            coming = reads.by_state("moving", None)
        mine = [one for one in coming if one.moving_to == node.node_id]
        if not mine:
            return

        order = mine[0].order

        def take(journal: Journal, ask: Ask) -> Receipt:
            return actions_move.take_order(journal, ask, order=order)

        if self.act(node, Words("hak cetak diterima", "right taken"), take):
            self.world.rights.taken(node, order)

    # -- a recording ------------------------------------------------------------------

    def _record(self) -> None:
        """One person is recorded from the first step to the proof."""
        found = [one for one in self.world.offices if one.is_open]
        if found:
            record_whole(self.world, self.chance.choice(found), self.chance)

    # -- the end ----------------------------------------------------------------------

    def closing_time(self) -> None:
        """What a good office does before the district looks at its books."""
        for node in self.world.offices:
            if node.is_open and not node.is_lost:
                self._look(node)
                self._arrive(node)
                if node.is_clone_of is None and self.recount(node):
                    self.counted.add(node.node_id)

    def recount(self, node: Node) -> bool:
        """A count without a mistake, if need be by the supervisor from the kabupaten."""
        truth = self.drawer(node).blanko
        return self.opname(node, truth) or self.opname(node, truth, RATNA)

    def revoke(self, node: Node, officer: bytes) -> None:
        """The hub takes an operator's rights away."""
        login = next(
            one.name.lower()
            for one in self.world.image.papers
            if one.officer == officer
        )

        def revoke(journal: Journal, ask: Ask) -> Receipt:
            return office_actions.revoke_grant(
                journal, ask, login=login, reason="mutasi"
            )

        words = Words(f"hak {login} dicabut", f"rights of {login} revoked")
        self.act(node, words, revoke, officer=b"")


def _is_sunday(when_s: float) -> bool:
    local = datetime.fromtimestamp(when_s, UTC) + timedelta(hours=7)
    return local.weekday() == 6
