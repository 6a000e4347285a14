"""The post bag as its page sees it: `web/relay/ports.py` over the node's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from perahu.node import sticks
from perahu.node.office import Office
from perahu.node.one_run import OneRun
from perahu.node.relay.bag import bag_of, has_desks
from perahu.node.relay.letters import Met, meet, neighbours, write_if_due
from perahu.node.relay.stick import Handed, give, look, take
from perahu.sync.postbag.index import STICK, Gone, Parcel, total_bytes
from perahu.web.post.ports import Stick
from perahu.web.relay.ports import Bag, Carried, Lying, RelayRun
from perahu.words import Refusal, Words


@dataclass(slots=True)
class WebRelay:
    """One per node process."""

    office: Office
    _one: OneRun[RelayRun] = field(init=False)

    def __post_init__(self) -> None:
        """Nothing was begun yet."""
        self._one = OneRun(
            office=self.office,
            name="relay",
            busy=_BUSY,
            failed=lambda run, why: replace(run, is_running=False, trouble=why),
        )

    # --- what is shown ---------------------------------------------------------------

    def bag(self) -> Bag:
        """What is carried, and what left lately."""
        bag = bag_of(self.office)
        held, us = bag.index.parcels(), self.office.journal.node_id
        return Bag(
            ours=self._lines(one for one in held if one.is_own),
            others=self._lines(
                one for one in held if not one.is_own and one.label.receiver != us
            ),
            left=tuple(self._left(one) for one in bag.index.gone()),
            used_bytes=total_bytes(held),
            room_bytes=bag.room.total_bytes,
        )

    def _lines(self, parcels: Iterable[Parcel]) -> tuple[Carried, ...]:
        """One line for each sender and addressee and who brought it."""

        def key(one: Parcel) -> tuple[bytes, bytes, bytes]:
            return one.label.sender, one.label.receiver, one.brought_by

        found = []
        for _, group in groupby(sorted(parcels, key=key), key=key):
            same = list(group)
            found.append(
                replace(
                    self._line(same[0]),
                    parts=len(same),
                    size_bytes=total_bytes(same),
                    since_ms=min(one.taken_ms for one in same),
                    with_also=self._holders(same),
                )
            )
        return tuple(sorted(found, key=lambda one: -one.since_ms))

    def _holders(self, parcels: list[Parcel]) -> tuple[str, ...]:
        index = bag_of(self.office).index
        nodes = {node for one in parcels for node, _ in index.given(one.sha)}
        return tuple(sorted(self._name(node) for node in nodes))

    def _line(self, one: Parcel) -> Carried:
        is_known = one.brought_by not in (b"", STICK)
        return Carried(
            sender=self._name(one.label.sender),
            to=self._name(one.label.receiver),
            parts=1,
            size_bytes=one.size,
            since_ms=one.taken_ms,
            brought_by=self._name(one.brought_by) if is_known else "",
            on_stick=one.brought_by == STICK,
        )

    def _left(self, one: Gone) -> Carried:
        taken_by = self._name(one.to) if one.to else ""
        line = self._line(one.parcel)
        return replace(line, since_ms=one.at_ms, how=one.how, taken_by=taken_by)

    def _name(self, node_id: bytes) -> str:
        node = self.office.authority.node(node_id)
        return node.name if node else node_id.hex()[:8]

    def meetable(self) -> list[tuple[bytes, str, str]]:
        """Nodes with desks, those with an address in node.toml first."""
        known = dict(neighbours(self.office))
        found = [
            (node.node_id, node.name, known.get(node.node_id, ""))
            for node in self.office.authority.nodes().values()
            if has_desks(node) and node.node_id != self.office.journal.node_id
        ]
        return sorted(found, key=lambda one: (not one[2], one[1].casefold()))

    def sticks(self) -> list[Stick]:
        """What is plugged in and can be written."""
        return sticks.plugged_in(self.office.settings.sticks)

    def lying_on(self, stick: str) -> list[Lying]:
        """What is on a stick. Raises Refusal."""
        return [
            Lying(
                sender=self._name(one.label.sender),
                to=self._name(one.label.receiver),
                part=one.label.part,
                size_bytes=one.size_bytes,
                written_ms=one.label.wall_ms,
                is_for_us=one.is_for_us,
            )
            for one in look(self.office, self._stick(stick))
        ]

    def _stick(self, path: str) -> Path:
        return sticks.stick_at(self.office.settings.sticks, path)

    # --- what is begun ---------------------------------------------------------------

    def run(self) -> RelayRun | None:
        """What runs now, or how the last one ended."""
        return self._one.current

    def close(self, wait_s: float) -> None:
        """Wait for the work of now."""
        self._one.close(wait_s)

    def begin_meeting(self, node_id: bytes, address: str) -> None:
        """Call a node on this network. Raises Refusal."""
        node = self.office.authority.nodes().get(node_id)
        address = address or dict(neighbours(self.office)).get(node_id, "")
        if node is None or not address:
            raise Refusal(
                "no_address",
                id="Isi alamat simpul yang mau ditemui, misalnya 192.168.1.7:7443; belum "
                "ada yang dikirim.",
                en="Fill in the address of the node to meet, for example "
                "192.168.1.7:7443; nothing was sent.",
            )
        run = RelayRun("meet", node.name)
        self._one.begin(run, lambda: _met(run, meet(self.office, node_id, address)))

    def begin_taking(self, stick: str) -> None:
        """Take along what lies on a stick. Raises Refusal."""
        folder = self._stick(stick)
        self._begin_stick("take", folder, lambda: take(self.office, folder))

    def begin_giving(self, stick: str) -> None:
        """Write what is carried onto a stick. Raises Refusal."""
        folder = self._stick(stick)

        def work() -> Handed:
            write_if_due(self.office, at_once=True)
            return give(self.office, folder)

        self._begin_stick("give", folder, work)

    def _begin_stick(self, what: str, folder: Path, work: Callable[[], Handed]) -> None:
        run = RelayRun(what, folder.name)
        self._one.begin(run, lambda: _handed(run, work()))


def _met(run: RelayRun, met: Met) -> RelayRun:
    said = []
    if met.refusal is None or met.given or met.taken:
        said.append(
            Words(
                f"{run.whom}: {met.given} titipan diberikan, {met.taken} diterima.",
                f"{run.whom}: {met.given} parcels given, {met.taken} taken.",
            )
        )
    if met.arrived.files:
        said.append(
            Words(
                f"Untuk kita: {met.arrived.entries} catatan dan {met.arrived.blobs} "
                "berkas segel.",
                f"For us: {met.arrived.entries} records and {met.arrived.blobs} sealed "
                "files.",
            )
        )
    said += met.arrived.refused
    trouble = met.refusal.words if met.refusal is not None else None
    return replace(run, is_running=False, says=tuple(said), trouble=trouble)


def _handed(run: RelayRun, handed: Handed) -> RelayRun:
    count = len(handed.parcels)
    size = total_bytes(handed.parcels) // 1000
    is_taking = run.what == "take"
    said = [
        Words(
            f"{count} titipan {'dibawa' if is_taking else 'ditulis'} ({size} kB).",
            f"{count} parcels {'taken along' if is_taking else 'written'} ({size} kB).",
        )
    ]
    for name, refusal in handed.refused[:5]:
        words = refusal.words
        said.append(Words(f"{name[:60]}: {words.id}", f"{name[:60]}: {words.en}"))
    return replace(run, is_running=False, says=tuple(said))


_BUSY = Refusal(
    "relay_busy",
    id="Pertukaran titipan yang lain sedang berjalan; tunggu sebentar, lalu ulangi.",
    en="Parcels are being handed over just now; wait a moment, then do it again.",
)
