"""A hub and Enggano under whatever order of writing, carrying, cutting and restoring.

Hypothesis drives real journals with real files; the model is the list of receipts given.
The anchor outside the folder (the fence, as a real machine has it on its own medium) is
kept at a restore: without any anchor nothing on a node can know that it is old.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from perahu.cards.facts import StockReceived
from perahu.journal.journal import Journal
from perahu.journal.receiver import Received
from perahu.journal.segment import Segment, decode_segment
from perahu.journal.types import Receipt
from perahu.kinds import Fact
from tests.cast import corrected, stocked, with_hub
from tests.journal.stores import IN_MEMORY, Saved, StoreDistrict, with_mirror

PEOPLE = [f"person-{i:05}".encode() for i in range(3)]
FACTS = st.sampled_from([stocked(1), *(corrected(subject=p) for p in PEOPLE)])


class HubAndEnggano(RuleBasedStateMachine):
    """One office, its hub, and the road and the mishaps between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="perahu-machine-", dir=IN_MEMORY))
        self.district = StoreDistrict(self.folder / "district")
        self.mirror = with_mirror(self.district)
        self.hub, self.enggano = with_hub(self.district)
        self.given: list[tuple[int, Receipt]] = []
        """(epoch, receipt) of every action that was answered."""
        self.saved: Saved | None = None

    def teardown(self) -> None:
        """Throw the world away."""
        self.district.close()
        shutil.rmtree(self.folder)

    def _reopen(self) -> None:
        self.enggano.close()
        self.enggano = self.district.open("Enggano")

    def _segments(self) -> list[Segment]:
        """Everything Enggano has under a seal, as bytes off the wire."""
        rows = [row for row in self.enggano.journals() if row.own]
        for row in rows:
            self.hub.introduce(row.certificate, row.lane, row.audience)
        return [
            decode_segment(segment.encode())
            for row in rows
            for segment in self.enggano.segments(row.id, 0)
        ]

    # -- what happens -----------------------------------------------------------------

    @rule(facts=st.lists(FACTS, min_size=1, max_size=4))
    def write(self, facts: Sequence[Fact]) -> None:
        """Sari states facts of one lane or two."""
        receipt = self.district.state(self.enggano, *facts)
        self.given.append((self.enggano.epoch, receipt))

    @rule()
    def seal(self) -> None:
        """An exchange begins, or a card is printed."""
        self.enggano.seal()

    @rule()
    def carry_all(self) -> None:
        """A good link: everything sealed arrives in order."""
        for segment in self._segments():
            assert self.hub.receive(segment) in (Received.STORED, Received.KNOWN)

    @rule(order=st.lists(st.integers(0, 30), max_size=12))
    def carry_some(self, order: list[int]) -> None:
        """A bad link or a stick: some segments, twice, out of order."""
        segments = self._segments()
        for index in order:
            if segments:
                found = self.hub.receive(segments[index % len(segments)])
                assert found is not Received.FORK

    @rule(hub=st.booleans())
    def restart(self, hub: bool) -> None:
        """A machine is switched off and on."""
        if hub:
            self.hub.close()
            self.hub = self.district.open("Hub")
        else:
            self._reopen()

    @rule()
    def save(self) -> None:
        """Someone copies Enggano's folder at night."""
        self.enggano.close()
        self.saved = self.district.save("Enggano")
        self.enggano = self.district.open("Enggano")

    @precondition(lambda self: self.saved is not None)
    @rule()
    def restore(self) -> None:
        """A new disk, filled from the copy; the fence is where it always was."""
        assert self.saved is not None
        self.enggano.close()
        self.district.restore(self.saved, keep=("fence",))
        self.enggano = self.district.open("Enggano")

    @rule(count=st.integers(1, 2_000))
    def cut_mirror(self, count: int) -> None:
        """The stick lost its last bytes."""
        for path in self.mirror.glob("*.jrnm"):
            path.write_bytes(path.read_bytes()[:-count])

    @rule(at=st.integers(0, 10_000))
    def harm_mirror(self, at: int) -> None:
        """One bit of the stick flips."""
        for path in self.mirror.glob("*.jrnm"):
            raw = bytearray(path.read_bytes())
            if raw:
                raw[at % len(raw)] ^= 4
                path.write_bytes(bytes(raw))

    @rule()
    def swap_mirror(self) -> None:
        """Another, empty stick."""
        shutil.rmtree(self.mirror)
        self.mirror.mkdir()

    # -- what always holds ------------------------------------------------------------

    @invariant()
    def books_are_sound(self) -> None:
        """Every byte of both books verifies, seal by seal; nothing is parked."""
        for journal in (self.hub, self.enggano):
            report = journal.verify()
            faults = [words for words in report.faults if "mirror" not in words.en]
            assert not faults and report.parked == 0, faults

    @invariant()
    def receipts_stand(self) -> None:
        """A receipt's entry is at home, or a later epoch names the gap; nowhere is another."""
        for epoch, receipt in self.given:
            here = self.enggano.hash_at(receipt.journal, receipt.seq)
            there = self.hub.hash_at(receipt.journal, receipt.seq)
            assert there in (None, receipt.h)
            assert here == receipt.h or (here is None and self.enggano.epoch > epoch)

    @invariant()
    def hub_has_the_same_bytes(self) -> None:
        """What the hub shows of Enggano's journals is a contiguous, identical prefix."""
        for row in self.hub.journals():
            if row.node != self.enggano.node_id or not row.head_seq:
                continue
            assert self.hub.vector()[row.id[:8]][0] == row.head_seq == row.sealed_seq
            ours = {s.b: s for s in self.enggano.segments(row.id, 0)}
            for segment in self.hub.segments(row.id, 0):
                if segment.b in ours and ours[segment.b].a == segment.a:
                    assert ours[segment.b].encode() == segment.encode()

    @invariant()
    def work_goes_on(self) -> None:
        """Whatever happened, stock can be counted, and nothing but a recount is asked."""
        assert isinstance(self.enggano, Journal)
        assert set(self.enggano.halts()) <= {b"recount"}
        stock = [e for e in self.enggano.events() if isinstance(e.fact, StockReceived)]
        assert len({e.position for e in stock}) == len(stock)


TestHubAndEnggano = HubAndEnggano.TestCase
TestHubAndEnggano.settings = settings(
    max_examples=20,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
