"""Contacts of one world: calls over a bad road, sticks on a boat, and what follows of them.

A call is a real `Initiator` at a node and a real `Responder` at its parent, with the sides,
doors and offers that production makes for them. After a contact both make facts of what
their witness saw, and the hub holds its round from time to time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perahu.centre.ports import Centre, CentrePacket, CentreUnreachable, StatusPage
from perahu.centre.sim import SimulatedCentre, SimulatorSettings
from perahu.centre.sim_store import open_store
from perahu.node.actions import confirm_epochs
from perahu.node.hub import Hub, hub_round
from perahu.node.road import doors_of, peer_of, record_evidence, side_of
from perahu.sync.initiator import Initiator
from perahu.sync.responder import Responder
from perahu.words import Refusal, Words
from sim.folder import Died
from sim.image import START_S
from sim.link import Called
from sim.node import Node

if TYPE_CHECKING:
    from sim.world import World

DAY_S = 86_400.0
_STICK_SHARE = 0.2
"""Of all contacts, where the world knows sticks or a node is in an outage."""


class AwayCentre:
    """A centre that cannot be reached."""

    def submit(self, packet: CentrePacket) -> str:
        """Nobody answers."""
        raise _away()

    def statuses(self, since: str = "") -> StatusPage:
        """Nobody answers."""
        raise _away()


def _away() -> CentreUnreachable:
    return CentreUnreachable(
        "centre_unreachable", "Pusat tidak menjawab.", "The centre does not answer."
    )


class Meetings:
    """Who meets whom, and when."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance("meetings")
        self._said: dict[str, bytes] = {}
        self._asleep: tuple[Node, Initiator, Node, Responder] | None = None
        self._round: Hub | None = None
        self._is_repeatable = False
        self.centre: Centre = AwayCentre()
        if world.plan.has_recordings:
            store = open_store(":memory:")
            outcome = "mixed" if "centre_odd" in world.plan.kinds else "none"
            self.centre = SimulatedCentre(
                store,
                now_ms=lambda: int(world.now_s * 1000),
                settings=SimulatorSettings(
                    seed=world.seed, plan=outcome, block=6, delay_scale=0.2
                ),
            )

    # -- when -------------------------------------------------------------------------

    def plan_contacts(self) -> None:
        """Spread the contacts over the days."""
        world, plan = self.world, self.world.plan
        span_s = plan.days * DAY_S
        for _ in range(plan.contacts):
            when_s = world.now_s + self.chance.uniform(0, span_s)
            world.at(when_s, self._somebody_calls)
        for _ in range(max(2, plan.contacts // 5)):
            world.at(world.now_s + self.chance.uniform(0, span_s), self.hub_day)
        for node, begin, end in plan.outages:
            if node < plan.nodes:
                self._announce_outage(node, begin, end)

    def _announce_outage(self, number: int, begin: float, end: float) -> None:
        world = self.world

        def begins() -> None:
            world.strikes("outage", world.nodes[number], f"{end - begin:.0f} hari")

        world.at(world.now_s + begin * DAY_S, begins)

    def _is_out(self, node: Node) -> bool:
        world = self.world
        day = (world.now_s - START_S) / DAY_S
        return any(
            world.nodes[number] is node and begin <= day < end
            for number, begin, end in world.plan.outages
            if number < len(world.nodes)
        )

    def _somebody_calls(self) -> None:
        world, chance = self.world, self.chance
        callers = [one for one in world.alive if one.parent_id]
        if not callers:
            return
        node = chance.choice(callers)
        if self._is_out(node):
            return
        if chance.hits(_STICK_SHARE):
            self.by_stick(node)
            return
        if chance.hits(world.plan.weather.dead):
            world.strikes("dead_air", node)
            return
        self.call(node)

    # -- calls ------------------------------------------------------------------------

    def parent_of(self, node: Node) -> Node:
        """The machine that answers a node's calls."""
        return next(
            one
            for one in self.world.nodes
            if one.node_id == node.parent_id and one.is_clone_of is None
        )

    def call(self, node: Node, tries: int = 2) -> bool:
        """One call to the parent; true where all was exchanged and agreed."""
        world, parent = self.world, self.parent_of(node)
        if not parent.is_open or not node.is_open:
            return False
        done = self._hold(node, parent)
        world.levels.look(node, parent)
        if done is None:
            return False
        words = f"{done.up_bytes}+{done.down_bytes} B"
        how = Words("utuh", "whole") if done.is_whole else Words("putus", "broken off")
        said = ", ".join(refusal.code for refusal in done.refusals)
        world.tell(
            node,
            Words(
                f"bertukar dengan {parent.name} ({words}): {how.id} {said}".rstrip(),
                f"exchange with {parent.name} ({words}): {how.en} {said}".rstrip(),
            ),
        )
        if not done.is_whole and done.up_bytes and tries and self._is_repeatable:
            return self.call(node, tries - 1)
        return done.is_whole

    def _hold(self, node: Node, parent: Node) -> Called | None:
        world = self.world
        dies = world.trouble.dies_on_road()
        victim = self.chance.choice((node, parent)) if dies else None
        self._is_repeatable = False
        sessions: list[Initiator | Responder] = []
        try:
            if victim is not None:
                victim.mortal.dies_at = victim.mortal.calls + dies
            caller, answering = self._sessions(node, parent, sessions)
            done = world.link.carry(caller, answering, world.passes)
            if victim is not None:
                victim.mortal.dies_at = 0
            self._after(node, parent, caller, answering, done)
        except Died:
            self._bury(node, parent, sessions)
            return None
        return done

    def _sessions(
        self, node: Node, parent: Node, made: list[Initiator | Responder]
    ) -> tuple[Initiator, Responder]:
        up = node.office.settings.row.up
        assert up is not None, "who has a parent has an offer for it"
        if parent.doors is None:
            parent.doors = doors_of(parent.office)
        peer = peer_of(node.office, parent.node_id)
        caller = Initiator(side_of(node.office), peer, up)
        made.append(caller)
        answering = Responder(side_of(parent.office), parent.doors)
        made.append(answering)
        return caller, answering

    def _after(
        self,
        node: Node,
        parent: Node,
        caller: Initiator,
        answering: Responder,
        done: Called,
    ) -> None:
        """What is due when the connection has ended, however it did."""
        world, weather = self.world, self.world.link.weather
        if (
            not done.is_whole
            and self._asleep is None
            and self.chance.hits(weather.wakes)
        ):
            self._asleep = (node, caller, parent, answering)
        caller.close()
        answering.close()
        self._is_repeatable = caller.is_worth_repeating
        if done.is_whole and done.said and self.chance.hits(weather.replay):
            self._replay(parent, done.said)
        if self._asleep and self._asleep[0] is node and self._asleep[1] is not caller:
            self._wake()
        for one in (node, parent):
            found = 0
            try:
                with one.at_work():
                    one.journal.catch_up()
                    found = record_evidence(one.office)
            except Refusal as refusal:
                # No room on the disk, say: it is kept, and noted after the next contact.
                world.tell(one, Words(refusal.code, refusal.code))
            if found:
                world.tell(one, Words("bukti cabang dicatat", "evidence was noted"))

    def _replay(self, parent: Node, said: bytes) -> None:
        """Somebody plays an old call again: it must bring nothing and prove nothing."""
        world = self.world
        world.strikes("call_replayed", parent)
        assert parent.doors is not None
        before = parent.journal.vector()
        again = Responder(side_of(parent.office), parent.doors)
        again.received(said)
        again.close()
        assert again.refusal is not None, "a replayed call is refused"
        assert parent.journal.vector() == before

    def _wake(self) -> None:
        """A connection from before the last one still has bytes in the air."""
        assert self._asleep is not None
        (_, caller, parent, answering), self._asleep = self._asleep, None
        if answering.journal is not (parent.journal if parent.is_open else None):
            return
        self.world.strikes("old_wakes", parent)
        try:
            answering.received(caller.to_send(1 << 14))
        except Refusal:
            return

    def _bury(
        self, node: Node, parent: Node, sessions: list[Initiator | Responder]
    ) -> None:
        for one in (node, parent):
            if one.mortal.is_dead:
                self.world.dies(one, "killed_on_road")
            else:
                one.mortal.dies_at = 0
                for session in sessions:
                    if session.journal is one.journal:
                        session.close()

    # -- sticks -----------------------------------------------------------------------

    def by_stick(self, node: Node, *, is_back: bool = True) -> bool:
        """A stick to the parent, and one back on the same boat."""
        parent = self.parent_of(node)
        if not parent.is_open:
            return False
        arrived = self._carry(node, parent)
        if arrived and is_back:
            self._carry(parent, node)
        return arrived

    def _carry(self, source: Node, target: Node) -> bool:
        world, sticks = self.world, self.world.sticks
        stick = None
        try:
            stick = sticks.write(source, target)
        except Refusal as refusal:
            words = Words(
                f"stik tidak jadi ditulis ({refusal.code})",
                f"no stick was written ({refusal.code})",
            )
            world.tell(source, words)
            return False
        world.passes(3600.0 * self.chance.uniform(1, 30))
        old = sticks.out_of_the_drawer()
        for one in (old, stick):
            if one is None:
                continue
            haul = sticks.read(one)
            if sticks.is_read_again():
                sticks.read(one)
            world.levels.look(one.to)
            taken = sum(t.imported.stored_entries for t in haul.taken) if haul else -1
            world.tell(
                one.to,
                Words(f"stik dibaca: {taken} catatan", f"stick read: {taken} records"),
            )
            if one is stick:
                sticks.keep(one)
        return stick is not None

    # -- the hub ----------------------------------------------------------------------

    def hub_day(self) -> None:
        """The hub's loop: confirm epochs, decide, hand over, listen to the centre."""
        world, hub = self.world, self.world.hub
        if not hub.is_open:
            return
        centre = self.centre
        if not world.is_calm and world.trouble.is_centre_away():
            centre = AwayCentre()
        if self._round is None or self._round.office is not hub.office:
            self._round = Hub(
                office=hub.office, centre=centre, extract=lambda _: b"FMR\0 sim"
            )
        self._round.centre = centre
        with hub.at_work() as journal:
            confirm_epochs(journal, hub.ask())
            done = hub_round(self._round)
        if done.did_something:
            words = Words(
                f"pekerjaan kabupaten: {done.submitted} dikirim ke pusat, "
                f"{done.ordered} kartu dipesan, {done.cases} kasus",
                f"the hub's round: {done.submitted} sent to the centre, "
                f"{done.ordered} cards ordered, {done.cases} cases",
            )
            world.tell(hub, words)

    # -- the end ----------------------------------------------------------------------

    def gather(self, rounds_max: int) -> None:
        """Contacts without faults until nothing is missing, within a bound.

        That is so when all have met the hub, and it was the same before and afterwards.
        """
        world = self.world
        for left in reversed(range(rounds_max)):
            whole, before = True, self._heads_of_hub()
            for node in list(world.alive):
                if node.parent_id and node is not world.hub:
                    whole = self.call(node) and whole
            if left:
                self._count_again()
            self.hub_day()
            if world.provinsi is not None:
                whole = self.call(world.hub) and whole
            if whole and before == self._heads_of_hub() and self._is_quiet():
                break

    def _count_again(self) -> None:
        """Who heard only now that its book is old is asked for a count, and counts.

        The hub too: a count is also how who went back behind an epoch of its own leaves it.
        Beside a clone that goes on calling it is asked each time: somebody must end one of
        the two (docs/runbooks), and what is said after the last contact is nowhere else.
        """
        for node in (self.world.hub, *self.world.offices):
            is_there = node.is_open and not node.is_lost and node.is_clone_of is None
            if is_there and node.journal.halts():
                self.world.people.recount(node)

    def _heads_of_hub(self) -> dict[bytes, int]:
        return {row.id: row.head_seq for row in self.world.hub.journal.journals()}

    def _is_quiet(self) -> bool:
        """Whether the hub holds what every living node has written."""
        hub = self.world.hub.journal
        for node in self.world.alive:
            for row in node.journal.journals():
                if not row.own or row.epoch != node.journal.epoch or row.audience:
                    continue
                known = hub.journal(row.id)
                if row.head_seq and (known is None or known.head_seq < row.head_seq):
                    return False
        return True
