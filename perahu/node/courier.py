"""Courier files of a node: written for a node by its name, read from a file or a stick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from perahu.journal.types import Ask
from perahu.node import custody
from perahu.node.actions import node_named
from perahu.node.contacts import note_contact
from perahu.node.custody import Custody
from perahu.node.enrolling import FILE_BYTES_MAX, add_courier
from perahu.node.office import Office
from perahu.node.road import offer_to, parent_of, peer_of, record_evidence, side_of
from perahu.node.roles import role_of
from perahu.people.actions import send_residents
from perahu.sync.courier import exporting as courier
from perahu.sync.courier import reading as courier_reading
from perahu.sync.courier.exporting import Exported
from perahu.sync.courier.report import (
    Imported,
    Watch,
    no_courier_file,
    shown,
    unreadable,
)
from perahu.sync.limits import COURIER_PART_BYTES_MAX
from perahu.sync.receiving import STOPPERS
from perahu.words import Refusal, Words


@dataclass(frozen=True, slots=True)
class Taken:
    """One file that was read, and the return file where one was written for its sender."""

    path: Path
    imported: Imported
    answer: Exported | None = None


@dataclass(slots=True)
class Haul:
    """What came out of files and sticks."""

    taken: list[Taken] = field(default_factory=list)
    refused: list[tuple[Path, Refusal]] = field(default_factory=list)
    """Files, and the folder where a return file could not be written, and why."""
    others: int = 0
    """Files on the sticks that are for other nodes: they were left alone."""
    unreadable: list[Path] = field(default_factory=list)
    """Called like courier files, and nobody can say whose they are."""

    @property
    def beside(self) -> Words | None:
        """What else lay on the sticks; None where there was nothing."""
        found = []
        if self.others:
            found.append(
                Words(
                    f"{self.others} berkas untuk simpul lain dibiarkan; Titipan membawanya.",
                    f"{_files_en(self.others, 'for other nodes')} left alone; "
                    "`perahu relay take` takes them along.",
                )
            )
        if self.unreadable:
            names = ", ".join(map(shown, self.unreadable[:5]))
            found.append(
                Words(
                    f"{len(self.unreadable)} berkas tidak terbaca dan dilewati: {names}.",
                    f"{_files_en(len(self.unreadable), 'that cannot be read')} passed "
                    f"over: {names}.",
                )
            )
        if not found:
            return None
        return Words(" ".join(w.id for w in found), " ".join(w.en for w in found))


def _files_en(count: int, which: str) -> str:
    return f"{count} file{'s' * (count != 1)} {which} {'was' if count == 1 else 'were'}"


def export_to(
    office: Office,
    node_id: bytes,
    folder: Path,
    *,
    answering: tuple[tuple[bytes, int], ...] = (),
    part_bytes_max: int = COURIER_PART_BYTES_MAX,
    by: Custody | None = None,
) -> Exported:
    """Write what a node lacks into a folder. Raises Refusal.

    With `by` the file stands in the list of files that were written here.
    """
    peer = peer_of(office, node_id)
    certificate = office.authority.node(node_id) or office.parent_certificate()
    assert certificate is not None and certificate.node_id == node_id
    offer = offer_to(office, certificate)
    if offer is None:
        raise Refusal(
            "no_road",
            id=f"Simpul ini tidak bertukar dengan {peer.name}; tidak ada yang ditulis.",
            en=f"This node exchanges nothing with {peer.name}; nothing was written.",
        )
    if not folder.is_dir():
        raise Refusal(
            "no_stick",
            id=f"Folder {folder} tidak ada; pasang stiknya. Tidak ada yang ditulis.",
            en=f"There is no folder {folder}; plug the stick in. Nothing was written.",
        )
    office.journal.seal()
    made = courier.export(
        side_of(office), peer, offer, folder,
        answering=answering, part_bytes_max=part_bytes_max,
    )  # fmt: skip
    if by is not None:
        custody.keep(office, node_id, made, by)
    return made


def addressee(office: Office, name: str | None) -> bytes:
    """The node of this name; without one our parent. Raises Refusal."""
    if name is not None:
        return node_named(office.authority, name)
    return parent_of(office).node_id


def import_files(
    office: Office, paths: list[Path], answers: Path | None
) -> list[Taken]:
    """Take in files, and of a folder those that are for us; write return files.

    Raises Refusal where one of them could not be used; all others were.
    """
    haul = take_all(office, paths, answers)
    for _, refusal in haul.refused:
        raise refusal
    return haul.taken


def take_all(
    office: Office,
    paths: list[Path],
    answers: Path | None,
    watch: Watch = lambda _: None,
    told: Callable[[Taken], None] = lambda _: None,
    by: Custody | None = None,
) -> Haul:
    """Take in all that can be used; one bad file does not stop the others.

    `watch` hears how far a file is, `told` of each file as soon as it is in; `by` is whose
    the return files are, one for each sender. Raises Refusal "nothing_for_us", or what
    our own book says (no room left).
    """
    haul = Haul()
    for path in _files(office, paths, haul):
        try:
            one = Taken(path, _take(office, path, watch))
        except Refusal as refusal:
            if refusal.code in STOPPERS:
                raise
            haul.refused.append((path, refusal))
            continue
        haul.taken.append(one)
        told(one)
    if answers is not None:
        _answer(office, haul, answers, by)
    return haul


def _take(office: Office, path: Path, watch: Watch) -> Imported:
    try:
        is_other = path.exists() and not path.is_file()
    except OSError as error:
        raise unreadable(path, error) from error
    if is_other:
        # A pipe or a device would be waited on for ever.
        raise no_courier_file(path)
    imported = courier_reading.read(
        side_of(office),
        path,
        lambda passport: offer_to(office, passport.chain.node),
        watch,
    )
    record_evidence(office)
    # A boat is a contact too: an office that has no other is not forgotten.
    note_contact(office, imported.peer.node_id)
    return imported


def _answer(office: Office, haul: Haul, folder: Path, by: Custody | None) -> None:
    """One return file for each sender, behind the last of its files."""
    last = {one.imported.peer.node_id: i for i, one in enumerate(haul.taken)}
    for node_id, i in last.items():
        done: dict[bytes, int] = {}
        for one in haul.taken:
            if one.imported.peer.node_id == node_id:
                done.update(one.imported.done)
        try:
            made = export_to(
                office, node_id, folder, answering=tuple(sorted(done.items())), by=by
            )
        except Refusal as refusal:
            haul.refused.append((folder, refusal))
            continue
        one = haul.taken[i]
        haul.taken[i] = Taken(one.path, one.imported, made)


def add_first_load(office: Office, ask: Ask, node_id: bytes, file: Path) -> Exported:
    """Put what a new node is to know from the first day behind its enrolment letter."""
    node = office.authority.node(node_id)
    assert node is not None, "it was enrolled just now"
    if role_of(node.role).serves_people:
        send_residents(office.journal, ask, node=node_id)
    return add_load(office, node_id, file)


def add_load(office: Office, node_id: bytes, file: Path) -> Exported:
    """Put all that this book has for a node behind its enrolment letter."""
    with TemporaryDirectory(dir=office.folder) as stick:
        made = export_to(office, node_id, Path(stick), part_bytes_max=FILE_BYTES_MAX)
        assert len(made.paths) == 1
        add_courier(file, made.paths[0])
    return made


def _files(office: Office, paths: list[Path], haul: Haul) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            try:
                lying = courier_reading.files_on(office.journal, path, Path.is_file)
            except OSError as error:
                raise unreadable(path, error) from error
            found += lying.ours
            haul.others += lying.others
            haul.unreadable += lying.broken
        else:
            found.append(path)
    if not found:
        more = haul.beside or Words("", "")
        id = "Tidak ada berkas kurir untuk simpul ini di sana; tidak ada yang diubah."
        en = "There is no courier file for this node there; nothing was changed."
        raise Refusal(
            "nothing_for_us",
            id=f"{id} {more.id}".strip(),
            en=f"{en} {more.en}".strip(),
        )
    return found
