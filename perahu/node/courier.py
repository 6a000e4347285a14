"""Courier files of a node: written for a node by its name, read from a file or a stick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from perahu.journal.types import Ask
from perahu.node.actions import node_named
from perahu.node.contacts import note_contact
from perahu.node.enrolling import FILE_BYTES_MAX, add_courier
from perahu.node.office import Office
from perahu.node.road import offer_to, parent_of, peer_of, record_evidence, side_of
from perahu.node.roles import role_of
from perahu.people.actions import send_residents
from perahu.sync import courier, courier_reading
from perahu.sync.courier import Exported
from perahu.sync.courier_report import Imported
from perahu.sync.limits import COURIER_PART_BYTES_MAX
from perahu.words import Refusal


@dataclass(frozen=True, slots=True)
class Taken:
    """One file that was read, and the return file where one was asked for."""

    path: Path
    imported: Imported
    answer: Exported | None


def export_to(
    office: Office,
    node_id: bytes,
    folder: Path,
    *,
    answering: tuple[tuple[bytes, int], ...] = (),
    part_bytes_max: int = COURIER_PART_BYTES_MAX,
) -> Exported:
    """Write what a node lacks into a folder. Raises Refusal."""
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
    return courier.export(
        side_of(office), peer, offer, folder,
        answering=answering, part_bytes_max=part_bytes_max,
    )  # fmt: skip


def addressee(office: Office, name: str | None) -> bytes:
    """The node of this name; without one our parent. Raises Refusal."""
    if name is not None:
        return node_named(office.authority, name)
    return parent_of(office).node_id


def import_files(
    office: Office, paths: list[Path], answers: Path | None
) -> list[Taken]:
    """Take in files, and of a folder those that are for us; write return files.

    Raises Refusal for the first file that cannot be used; those before it stand.
    """
    found = []
    for path in _files(office, paths):
        imported = courier_reading.read(
            side_of(office),
            path,
            lambda passport: offer_to(office, passport.chain.node),
        )
        record_evidence(office)
        # A boat is a contact too: an office that has no other is not forgotten.
        note_contact(office, imported.peer.node_id)
        answer = None
        if answers is not None:
            answer = export_to(
                office, imported.peer.node_id, answers, answering=imported.done
            )
        found.append(Taken(path, imported, answer))
    return found


def add_first_load(office: Office, ask: Ask, node_id: bytes, file: Path) -> Exported:
    """Put what a new node is to know from the first day behind its enrolment letter."""
    node = office.authority.node(node_id)
    assert node is not None, "it was enrolled just now"
    if role_of(node.role).serves_people:
        send_residents(office.journal, ask, node=node_id)
    with TemporaryDirectory(dir=office.folder) as stick:
        made = export_to(office, node_id, Path(stick), part_bytes_max=FILE_BYTES_MAX)
        assert len(made.paths) == 1
        add_courier(file, made.paths[0])
    return made


def _files(office: Office, paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += courier_reading.files_for(office.journal, path)
        else:
            found.append(path)
    if not found:
        raise Refusal(
            "nothing_for_us",
            id="Tidak ada berkas kurir untuk simpul ini di sana; tidak ada yang diubah.",
            en="There is no courier file for this node there; nothing was changed.",
        )
    return found
