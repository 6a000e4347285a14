"""What goes wrong beside the roads: machines, disks, clocks, printers, people, the centre.

Some kinds strike at a planned moment (a clock jumps), others where something is being done
(a print is uncertain). What destroys a book excuses the receipts that nobody else holds:
for these the gap must be named at the hub, for all others nothing may be missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from perahu.journal.codec import Registry
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Draft, Receipt
from perahu.node import actions as office_actions
from perahu.node.office import FACTS
from perahu.people import actions as people
from perahu.people.rules import Change
from perahu.words import Refusal, Words
from sim import newer
from sim.checkers import Broken
from sim.clock import YEAR_S, ZONES
from sim.image import person_of
from sim.node import Node

if TYPE_CHECKING:
    from sim.world import Issued, World

NEWER = Registry((*FACTS, newer))
_AT_DESKS = {
    "asked_twice": 0.3, "miscount": 0.5, "theft": 0.5, "wrong_paper": 0.3,
    "short_delivery": 0.5, "second_card": 0.7, "print_unknown": 0.5, "print_jam": 0.4,
    "print_never": 0.4, "print_death": 0.6, "printer_off": 0.4, "centre_away": 0.5,
    "killed_acting": 0.12, "killed_on_road": 0.25, "killed_starting": 0.4,
}  # fmt: skip
"""Kinds that strike where something is done, and the share of times; the rest is planned."""
_UNPLANNED = frozenset(_AT_DESKS) | {"centre_odd"}


class Trouble:
    """All that goes wrong in one world beside its roads and sticks."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance("trouble")
        self._backups: dict[str, tuple[Node, Path]] = {}
        self._unnoticed: list[tuple[Node, int]] = []
        """Machines that went back and did not notice yet, and their epoch then."""

    # -- where something is done ------------------------------------------------------

    def wants(self, kind: str) -> bool:
        """Whether this kind strikes now; it is not counted yet."""
        if self.world.is_calm or kind not in self.world.plan.kinds:
            return False
        return self.chance.hits(_AT_DESKS[kind])

    def happens(self, kind: str, node: Node, *, always: bool = False) -> bool:
        """Whether this kind strikes now; then it is counted and told."""
        if not always and not self.wants(kind):
            return False
        self.world.strikes(kind, node)
        return True

    def is_asked_twice(self, node: Node) -> bool:
        """Whether the officer presses the button again."""
        return self.wants("asked_twice") and self.happens(
            "asked_twice", node, always=True
        )

    def is_centre_away(self) -> bool:
        """Whether the centre does not answer today."""
        if not self.wants("centre_away"):
            return False
        self.world.strikes("centre_away", self.world.hub)
        return True

    def dies_while_acting(self) -> int:
        """At which call the process ends; 0 for never."""
        return self.chance.randint(1, 24) if self.wants("killed_acting") else 0

    def dies_on_road(self) -> int:
        """At which call one side of an exchange ends; 0 for never."""
        return self.chance.randint(1, 60) if self.wants("killed_on_road") else 0

    def dies_while_starting(self) -> int:
        """At which call a start ends; 0 for never."""
        return self.chance.randint(1, 12) if self.wants("killed_starting") else 0

    # -- at a planned moment ----------------------------------------------------------

    def plan_strikes(self) -> None:
        """Draw the moments."""
        world, plan = self.world, self.world.plan
        for kind, rate in plan.rates.items():
            if kind in _UNPLANNED:
                continue
            for _ in range(int(rate)):
                span_s = plan.days * 86_400.0
                when_s = world.now_s + self.chance.uniform(0.15, 0.95) * span_s
                if kind in ("book_old", "disk_old", "hub_yesterday", "tables_old"):
                    before_s = world.now_s + self.chance.uniform(
                        0, when_s - world.now_s
                    )
                    world.at(before_s, partial(self._back_up, kind))
                strike: Callable[[], None] = getattr(self, f"_{kind}")
                world.at(when_s, strike)

    def _victim(self) -> Node | None:
        """A machine of an office that runs and is the only one of its papers."""
        found = [
            one
            for one in self.world.offices
            if one.is_open and one.is_clone_of is None and not self._has_twin(one)
        ]
        return self.chance.choice(found) if found else None

    def _has_twin(self, node: Node) -> bool:
        return any(one.is_clone_of is node for one in self.world.nodes)

    def _anybody(self) -> Node:
        return self.chance.choice(self.world.alive)

    def _held(self, node: Node) -> list[Issued]:
        """The receipts whose entries this machine holds now."""
        return [
            one
            for one in self.world.receipts
            if not one.is_excused and _holds(node, one.receipt)
        ]

    def _excuse(self, held: list[Issued]) -> None:
        """What one machine held and no machine holds any more is a gap to be named."""
        alive = self.world.alive
        for one in held:
            one.is_excused = not any(_holds(node, one.receipt) for node in alive)

    # -- processes and tables ---------------------------------------------------------

    def _killed(self) -> None:
        self.world.dies(self._anybody(), "killed")

    def _power_cut(self) -> None:
        """Tables may be ahead of or behind the book afterwards; the book is flushed."""
        node = self._anybody()
        node.die()
        tables = node.folder / "tables.sqlite3-wal"
        if tables.exists():
            content = tables.read_bytes()
            tables.write_bytes(content[: self.chance.randrange(len(content) + 1)])
        self.world.strikes("power_cut", node)
        self.world.begin(node)

    def _disk_full(self) -> None:
        node = self._anybody()
        node.disk.is_full = True
        self.world.strikes("disk_full", node)

        def is_freed() -> None:
            node.disk.is_full = False

        self.world.at(self.world.now_s + 3 * 86_400, is_freed)

    def _again(self, node: Node) -> None:
        self.world.begin(node)

    def _tables_gone(self) -> None:
        node = self._anybody()
        node.stop()
        for path in node.folder.glob("tables.sqlite3*"):
            path.unlink()
        self.world.strikes("tables_gone", node)
        self._again(node)

    def _tables_rotten(self) -> None:
        node = self._anybody()
        node.stop()
        path = node.folder / "tables.sqlite3"
        content = bytearray(path.read_bytes())
        for _ in range(40):
            content[self.chance.randrange(len(content))] ^= 0x80
        path.write_bytes(bytes(content))
        self.world.strikes("tables_rotten", node)
        try:
            # Not `begin`: whoever looks first is the one to meet the rot.
            node.start()
        except Refusal as refusal:
            assert refusal.code == "no_space", refusal
            self._again(node)

    def _tables_old(self) -> None:
        found = self._backed_up("tables_old")
        if found is None:
            return
        node, backup = found
        node.stop()
        shutil.copyfile(backup / "tables.sqlite3", node.folder / "tables.sqlite3")
        (node.folder / "tables.sqlite3-wal").unlink(missing_ok=True)
        self.world.strikes("tables_old", node)
        self._again(node)

    def _fence_gone(self) -> None:
        node = self._victim()
        if node is None:
            return
        node.stop()
        (node.folder / "fence").unlink()
        self.world.strikes("fence_gone", node)
        self._again(node)

    def _blob_partial(self) -> None:
        hub = self.world.hub
        shutil.rmtree(hub.folder / "blobs" / "partial", ignore_errors=True)
        self.world.strikes("blob_partial", hub)

    # -- mirrors ----------------------------------------------------------------------

    def _mirror_away(self) -> None:
        node = self._victim()
        if node is None or node.mirror is None or not node.mirror.exists():
            return
        mirror = node.mirror
        drawer = mirror.with_name(f"{mirror.name}.away")
        mirror.rename(drawer)
        self.world.strikes("mirror_away", node)

        def is_back() -> None:
            if drawer.exists() and not mirror.exists():
                drawer.rename(mirror)
                node.is_mirror_unseen = True

        self.world.at(self.world.now_s + self.chance.uniform(0.2, 9) * 86_400, is_back)

    def _mirror_torn(self) -> None:
        node = self._victim()
        if node is None or node.mirror is None or not node.mirror.exists():
            return
        for path in sorted(node.mirror.glob("*.jrnm")):
            content = path.read_bytes()
            path.write_bytes(content[: self.chance.randrange(len(content) + 1)])
            node.is_mirror_torn = True
        self.world.strikes("mirror_torn", node)

    # -- what destroys ----------------------------------------------------------------

    def _back_up(self, kind: str) -> None:
        node = self.world.hub if kind == "hub_yesterday" else self._victim()
        if node is not None and node.is_open:
            self._backups[kind] = (node, node.backup())
            self.world.tell(node, Words("cadangan dibuat", "a backup was made"))

    def _backed_up(self, kind: str) -> tuple[Node, Path] | None:
        """Who has an old copy for this kind of fault, and where it lies."""
        found = self._backups.get(kind)
        if found is None or not found[0].is_open or self._has_twin(found[0]):
            return None
        return found

    def _goes_back(self, kind: str, *, keeps_fence: bool) -> None:
        found = self._backed_up(kind)
        if found is None:
            return
        node, backup = found
        held, epoch = self._held(node), node.journal.epoch
        self.world.levels.taken_away(node)
        node.restore(backup, keeps_fence=keeps_fence)
        node.is_old_since_s = min(node.is_old_since_s, self.world.now_s)
        self.world.strikes(kind, node)
        self._again(node)
        self._excuse(held)
        if not node.journal.healing.rolled_back and node.journal.epoch <= epoch:
            # What it said before came home to it, if at all: no fence stands behind that.
            own = [o.receipt for o in held if o.node is node and o.epoch == epoch]
            if keeps_fence and not all(_holds(node, one) for one in own):
                raise Broken("noticed", f"{node.name}: behind its fence, and goes on")
            self._unnoticed.append((node, node.journal.epoch))
        self._follow_handbook()

    def _follow_handbook(self) -> None:
        """Who went back and did not notice begins a new epoch where nobody else can tell.

        Only the people know then, who put the old disk in, and their handbook says what to
        do (`stock count --restored`: the next epoch, and the count). Where some machine knows
        better it must be noticed by itself; but that machine may go back or be lost, too.
        """
        for node, epoch in list(self._unnoticed):
            is_due = node.is_open and node.journal.epoch == epoch
            if is_due and self._is_seen(node):
                continue
            try:
                if is_due:
                    node.journal.begin_epoch()
            except Refusal as refusal:
                assert refusal.code == "no_space", refusal
                continue  # they try again when there is room
            self._unnoticed.remove((node, epoch))
            if is_due:
                words = Words("epoka baru menurut panduan", "epoch by the book")
                self.world.tell(node, words)
                self.world.people.recount(node)

    def _is_seen(self, node: Node) -> bool:
        """Whether some other machine holds this node's running epoch further than it does.

        That of an epoch which is over others hold more was noticed when it ended.
        """
        running = node.journal.chain.encode()
        ours = {row.id: row.head_seq for row in node.journal.journals() if row.own}
        return any(
            row.certificate == running and row.head_seq > ours.get(row.id, 0)
            for other in self.world.alive
            if other is not node
            for row in other.journal.journals()
        )

    def _book_old(self) -> None:
        self._goes_back("book_old", keeps_fence=True)

    def _disk_old(self) -> None:
        self._goes_back("disk_old", keeps_fence=False)

    def _hub_yesterday(self) -> None:
        self._goes_back("hub_yesterday", keeps_fence=self.chance.hits(0.5))

    def _disk_lost(self) -> None:
        """The book's file is gone; mirror, certificate and keys are not."""
        node = self._victim()
        if node is None or node.mirror is None or not node.mirror.exists():
            return
        held = self._held(node)
        self.world.levels.taken_away(node)
        node.stop()
        for pattern in ("book.sqlite3*", "tables.sqlite3*"):
            for path in node.folder.glob(pattern):
                path.unlink()
        self.world.strikes("disk_lost", node)
        self._again(node)
        self._excuse(held)
        self._follow_handbook()

    def _cloned(self) -> None:
        node = self._victim()
        if node is None or len(self.world.nodes) >= 14:
            return
        twin = node.clone()
        twin.name = f"{node.name} 2"
        self.world.nodes.append(twin)
        self.world.strikes("cloned", node)
        self.world.begin(twin)

    def _node_lost(self) -> None:
        """A laptop is stolen: the hub revokes it; the thief tries it later."""
        node, hub = self._victim(), self.world.hub
        if node is None or len(self.world.offices) < 2 or not hub.is_open:
            return
        held = self._held(node)
        node.stop()
        node.is_lost = True
        self.world.strikes("node_lost", node)
        self._excuse(held)
        if self._revoke(node):
            later_s = self.world.now_s + self.chance.uniform(1, 5) * 86_400
            self.world.at(later_s, lambda: self._thief_calls(node))
        self._follow_handbook()

    def _revoke(self, node: Node) -> bool:
        """The hub takes a stolen machine out."""

        def revoke(journal: Journal, ask: Ask) -> Receipt:
            return office_actions.revoke_node(
                journal, ask, name=node.papers.name, reason="dicuri"
            )

        words = Words(f"{node.name} dicabut", f"{node.name} revoked")
        return self.world.people.act(self.world.hub, words, revoke, officer=b"")

    def _thief_calls(self, node: Node) -> None:
        world, hub = self.world, self.world.hub
        if not hub.is_open or not hub.journal.authority.is_revoked(node.node_id):
            return
        before = hub.journal.vector()
        node.start()
        world.meetings.call(node)
        node.stop()
        ours = {
            row.id[:8] for row in hub.journal.journals() if row.node == node.node_id
        }
        for name in ours:
            assert hub.journal.vector().get(name) == before.get(name), "a thief brings"

    # -- clocks -----------------------------------------------------------------------

    def _clock(self, kind: str, set_wrong: Callable[[Node], None]) -> None:
        node = self._anybody()
        set_wrong(node)
        self.world.strikes(kind, node)

    def _clock_drift(self) -> None:
        rate = self.chance.uniform(-0.05, 0.05)
        self._clock("clock_drift", lambda node: node.wall.drifts(rate))

    def _clock_ahead(self) -> None:
        by_s = self.chance.choice((3_600.0, 86_400.0, YEAR_S, 10 * YEAR_S))
        self._clock("clock_ahead", lambda node: node.wall.jumps(by_s))

    def _clock_behind(self) -> None:
        by_s = self.chance.choice((3_600.0, 86_400.0, YEAR_S, 10 * YEAR_S))
        self._clock("clock_behind", lambda node: node.wall.jumps(-by_s))

    def _clock_1970(self) -> None:
        self._clock("clock_1970", lambda node: node.wall.begins_at(60.0))

    def _clock_stuck(self) -> None:
        self._clock("clock_stuck", lambda node: node.wall.sticks())

    def _clock_zone(self) -> None:
        zone = self.chance.choice(ZONES)
        self._clock("clock_zone", lambda node: node.office.clock.set_zone(zone))

    # -- people -----------------------------------------------------------------------

    def _beyond_right(self) -> None:
        """An officer corrects a person of another kecamatan: refused, and nothing stands."""
        node = self._victim()
        if node is None:
            return
        self.world.strikes("beyond_right", node)
        before = node.journal.vector()
        person = person_of(node.papers.wilayah[0], 1)
        changes = [Change("pekerjaan", "11", "tidak ada")]
        with node.at_work() as journal:
            try:
                people.correct_biodata(
                    journal, node.ask(node.papers.officer), person=person,
                    changes=changes, wilayah="170399",
                )  # fmt: skip
            except Refusal as refusal:
                assert journal.vector() == before, refusal.code
                return
        raise AssertionError("an officer acted beyond her wilayah")

    def _revoked_acts(self) -> None:
        """The hub revokes an officer; the far office does not know it yet, and goes on."""
        node, hub = self._victim(), self.world.hub
        if node is None or not hub.is_open:
            return
        self.world.people.revoke(hub, node.papers.officer)
        self.world.strikes("revoked_acts", node)
        self.world.people._correct(node)

    def _newer_program(self) -> None:
        """One office has next year's program, and states what nobody else can read."""
        node = self._victim()
        if node is None:
            return
        node.stop()
        node.registry = NEWER
        self.world.begin(node)
        self.world.strikes("newer_program", node)

        def state(journal: Journal, ask: Ask) -> Receipt:
            with journal.writing() as book:
                return book.append(ask, [Draft(newer.FieldNoteTaken(note="2027"))])

        self.world.people.act(node, Words("fakta baru", "a newer fact"), state)
        self.world.people._correct(node)

    # -- the end ----------------------------------------------------------------------

    def ends(self) -> None:
        """Clocks are set, disks have room, mirrors are back, whoever fell runs again.

        A hub that came back from a backup may have forgotten which laptops were stolen.
        """
        for node in self.world.nodes:
            node.wall.is_set_right()
            node.disk.fails_no_more()
            if not node.is_open and not node.is_lost:
                self.world.begin(node)
            elif node.is_open:
                self.world.catches_up(node)
        self._follow_handbook()
        hub = self.world.hub
        for node in self.world.nodes:
            if node.is_lost and not hub.journal.authority.is_revoked(node.node_id):
                self._revoke(node)


def _holds(node: Node, receipt: Receipt) -> bool:
    return node.journal.hash_at(receipt.journal, receipt.seq) == receipt.h
