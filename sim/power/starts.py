"""Disks made ready once: what stands before an action begins. Each is cloned, never used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from random import Random

from perahu.cards.facts import StockReceived
from perahu.journal import limits
from perahu.journal.types import COMMON, PART, Draft
from perahu.people.facts import ResidentCorrected
from sim.disk import PowerCut
from sim.medium import Fate
from sim.papers import RATNA, SARI, first_facts, grant
from sim.power.promises import Kept
from sim.power.roads import Parcel, export_to_hub, parcel_of, take_in
from sim.power.scene import BUDI, Scene, Start, corrected
from sim.power.town import HUB, MIRROR, OFFICE, STICK, Town
from sim.vfs import SimDriver


class Starts:
    """One town's disks before each action."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def _scene(self, start: Start, seed: str) -> Scene:
        return Scene(self.town, start, start.disk.clone(), seed, SimDriver)

    def _left(self, scene: Scene, **changes: object) -> Start:
        """What a scene left when its machine was switched off as one should."""
        scene.journal.close()
        scene.disk.restore(scene.disk.snapshot())
        start = replace(
            scene.start,
            disk=scene.disk,
            promises=tuple(scene.promises),
            asked=tuple(scene.asked.items()),
        )
        return replace(start, **changes)  # type: ignore[arg-type]

    def made(
        self,
        start: Start,
        seed: str,
        what: Callable[[Scene], object],
        **changes: object,
    ) -> Start:
        """What is left after something more was done."""
        scene = self._scene(replace(start, is_closed=False), seed)
        scene.open()
        parcel = what(scene)
        if parcel is not None:
            changes["parcel"] = parcel
        return self._left(scene, **changes)

    @cached_property
    def blank(self) -> Start:
        """An office that was never started."""
        return Start(disk=self.town.machines[OFFICE].blank_disk(), is_closed=True)

    @cached_property
    def hub(self) -> Start:
        """The hub with its first facts; the parcel is what it has for the office."""
        machine = self.town.machines[HUB]

        def found(scene: Scene) -> Parcel:
            grants = grant(SARI, "Sari", "170301"), grant(RATNA, "Ratna", "1703")
            nodes = [one.papers for one in self.town.machines.values()]
            facts = first_facts(nodes, grants)
            with scene.journal.writing() as book:
                book.append(scene.ask(b"", len(facts)), facts)
            office = self.town.machines[OFFICE].papers.node_id
            told = ResidentCorrected(
                person=BUDI,
                changes=(("alamat", "", "DATA UJI 1", "hub"),),
                wilayah="1703",
            )
            with scene.journal.writing() as book:
                book.append(scene.ask(RATNA), [Draft(told, audience=office)])
            return parcel_of(scene.journal, (COMMON, office))

        start = Start(name=HUB, disk=machine.blank_disk())
        return self.made(start, "hub", found)

    @cached_property
    def office(self) -> Start:
        """An office that knows the hub's facts, with some of its own."""

        def begin(scene: Scene) -> None:
            for journal in take_in(scene.journal, self.hub.parcel):
                scene.keep_all_of(journal)
            scene.state(corrected())
            scene.state(
                StockReceived(
                    item="blanko", count=100, source="TERIMA_PUSAT", document="BA 1"
                )
            )
            scene.state(corrected(scene.person()), corrected(scene.person()))
            scene.disk.make_folder(STICK)

        return self.made(self.blank, "office", begin, is_closed=False)

    @cached_property
    def busy(self) -> Start:
        """The same, switched off with its WAL beside the book, unsealed and unread."""
        scene = self._scene(self.office, "busy")
        scene.open()
        for _ in range(3):
            scene.state(corrected(scene.person()))
        scene.disk.kill()
        return replace(
            self.office,
            disk=scene.disk,
            promises=tuple(scene.promises),
            asked=tuple(scene.asked.items()),
        )

    @cached_property
    def shelved(self) -> Start:
        """An office with tables."""
        return self.made(replace(self.office, shelved=True), "shelf", _a_fact)

    @cached_property
    def mirrored(self) -> Start:
        """An office with a stick as second medium, which has all."""
        disk = self.office.disk.clone()
        disk.make_folder(MIRROR)
        start = replace(self.office, disk=disk, mirrored=True)
        return self.made(start, "mirrored", _a_fact)

    @cached_property
    def mirror_away(self) -> Start:
        """The medium was pulled out, two facts were stated, and it is back."""
        kept = self.mirrored.disk.snapshot()
        scene = self._scene(self.mirrored, "away")
        scene.disk.remove_folder(MIRROR)
        mirrored = [one for one in scene.promises if isinstance(one, Kept)]
        scene.promises = list(mirrored)
        scene.open()
        _a_fact(scene)
        _a_fact(scene)
        start = self._left(scene)
        start.disk.make_folder(MIRROR)
        for name, content in kept.files.items():
            if name.startswith(f"{MIRROR}/"):
                start.disk.put(Path(name), content)
        return start

    def _behind(self, keeps: tuple[str, ...], start: Start) -> Start:
        """An old copy of the disk put back, but for what begins with one of these names."""
        ahead = self.made(start, "ahead", _two_facts)
        disk = start.disk.clone()
        for name, content in ahead.disk.snapshot().files.items():
            if name.startswith(keeps):
                disk.put(Path(name), content)
        return replace(start, disk=disk, is_closed=True, parcel=ahead)

    @cached_property
    def rolled_back(self) -> Start:
        """A backup was put back over the book; the fence knows better."""
        fence = f"{self.town.machines[OFFICE].folder}/fence"
        found = self._behind((fence,), self.office)
        asked = found.parcel.asked
        return replace(found, is_old=True, asked=asked, parcel=None)

    @cached_property
    def mirror_ahead(self) -> Start:
        """The same with a mirror that has what the book lost: everything is still promised."""
        folder = self.town.machines[OFFICE].folder
        found = self._behind((f"{folder}/fence", f"{MIRROR}/"), self.mirrored)
        ahead = found.parcel
        return replace(found, promises=ahead.promises, asked=ahead.asked, parcel=None)

    @cached_property
    def keyring_gone(self) -> Start:
        """The file of the keys was lost; the mirror has a copy."""
        disk = self.mirrored.disk.clone()
        disk.remove(self.town.machines[OFFICE].folder / "keyring")
        disk.restore(disk.snapshot())
        return replace(self.mirrored, disk=disk, is_closed=True)

    @cached_property
    def awaiting(self) -> Start:
        """The hub has an entry that cites a blob; the parcel is (ref, its bytes)."""

        def cite(scene: Scene) -> tuple[Parcel, object]:
            cipher = scene.content(2 * limits.CHUNK_BYTES + 100)
            ref = scene.journal.blobs.put(cipher, PART)
            scene.state(corrected(), blobs=(ref,))
            return parcel_of(scene.journal, (b"",)), (ref, cipher)

        office = self.made(self.office, "cited", cite)
        parcel, awaited = office.parcel

        def take(scene: Scene) -> object:
            for journal in take_in(scene.journal, parcel):
                scene.keep_all_of(journal)
            return awaited

        return self.made(self.hub, "awaiting", take)

    @cached_property
    def sent(self) -> Start:
        """The hub before an office's facts; the parcel is what comes."""
        office = self.made(
            self.office, "sent", lambda s: parcel_of(s.journal, (b"",)), is_closed=False
        )
        return replace(self.hub, parcel=office.parcel)

    @cached_property
    def untold(self) -> Start:
        """An office that knows nothing of the hub yet; the parcel comes in a bad order."""
        parcel = sorted(self.hub.parcel, key=lambda one: one[2] == COMMON)
        return replace(
            self.made(self.blank, "untold", lambda _: None, is_closed=False),
            parcel=parcel,
        )

    @cached_property
    def sealed(self) -> Start:
        """An office whose facts are sealed; the parcel is how far the hub has them."""

        def seal(scene: Scene) -> object:
            scene.journal.seal()
            own = [row for row in scene.journal.journals() if row.own]
            return {row.id: (row.sealed_seq, 0) for row in own}

        return self.made(self.office, "sealed", seal)

    @cached_property
    def delivered(self) -> Start:
        """The hub, into which the office's stick was put."""
        scene = self._scene(self.office, "stick")
        scene.open()
        export_to_hub(scene)
        disk = self.hub.disk.clone()
        for name, content in scene.disk.snapshot().files.items():
            if name.startswith(f"{STICK}/"):
                disk.put(Path(name), content)
        return replace(self.hub, disk=disk)

    @cached_property
    def crashed(self) -> Start:
        """An office whose power went while it recorded: a WAL with an unfinished end."""
        scene = self._scene(self.busy, "crashed")
        scene.open()
        scene.disk.cut_at = scene.disk.operations + 32
        promises, asked = tuple(scene.promises), scene.asked
        try:
            scene.state(corrected(scene.person()))
        except PowerCut:
            scene.disk.crash(Random(5), Fate.TEAR)
        else:
            raise AssertionError("the cut came too late")
        start = replace(self.busy, disk=scene.disk, promises=promises, is_closed=True)
        return replace(start, asked=tuple(asked.items()))

    @cached_property
    def tables_ahead(self) -> Start:
        """Tables that show what the book forgot; nobody was told of it."""
        ahead = self.made(self.shelved, "tables ahead", _two_facts)
        tables = self.town.machines[OFFICE].folder / "tables"
        disk = self.shelved.disk.clone()
        disk.put(tables, ahead.disk.read(tables))
        return replace(self.shelved, disk=disk, is_closed=True)


def _a_fact(scene: Scene) -> None:
    scene.state(corrected(scene.person()))


def _two_facts(scene: Scene) -> None:
    _a_fact(scene)
    _a_fact(scene)
