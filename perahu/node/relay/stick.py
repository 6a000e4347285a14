"""Other nodes' post by stick: looked at, taken into the bag, given onto a stick.

Taking leaves the files where they are; giving keeps the parcels in the bag. Who has the
stick has copies, and each of them may arrive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from perahu.node.office import Office
from perahu.node.relay.bag import bag_of
from perahu.sync import limits
from perahu.sync.courier.exporting import slug
from perahu.sync.postbag.index import STICK, Parcel
from perahu.sync.postbag.label import Label
from perahu.words import Refusal

_ENDING = ".jrnb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """A file on a stick that somebody may carry."""

    path: Path
    label: Label
    size_bytes: int
    is_for_us: bool


@dataclass(slots=True)
class Handed:
    """What went over, and what did not and why."""

    parcels: list[Parcel] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)


def look(office: Office, folder: Path) -> list[Lying]:
    """The courier files on a stick whose head is whole and genuine. Raises "no_stick"."""
    _check(folder)
    found, bag = [], bag_of(office)
    names = [name for name in bag.disk.list(folder) if _is_courier(name)]
    for name in names[: limits.STICK_FILES_MAX]:
        path = folder / name
        try:
            if not path.is_file():
                continue
            label, size = bag.head_of(path).label, bag.disk.size(path)
        except (Refusal, OSError):
            continue
        is_ours = label.receiver == office.journal.node_id
        found.append(Lying(path=path, label=label, size_bytes=size, is_for_us=is_ours))
    return found


def take(office: Office, folder: Path) -> Handed:
    """Copy what is for others into the bag; what is ours to read is left to the courier.

    Raises Refusal "no_stick"; one bad file does not stop the others.
    """
    handed, bag = Handed(), bag_of(office)
    for one in look(office, folder):
        if one.is_for_us or one.label.sender == office.journal.node_id:
            continue
        try:
            handed.parcels.append(bag.take_file(one.path, brought_by=STICK))
        except Refusal as refusal:
            handed.refused.append((one.path.name, refusal))
        except OSError as error:
            handed.refused.append((one.path.name, _bad_stick(error)))
    return handed


def give(office: Office, folder: Path, *, to: bytes = b"") -> Handed:
    """Write the bag's parcels onto a stick, all or those of one addressee.

    Raises Refusal "no_stick" or "stick_full"; what is written so far stays.
    """
    _check(folder)
    handed, bag = Handed(), bag_of(office)
    for one in bag.index.parcels():
        receiver = one.label.receiver
        if receiver == office.journal.node_id or (to and receiver != to):
            continue
        target = folder / name_of(office, one)
        try:
            if not (target.exists() and target.stat().st_size == one.size):
                bag.copy_out(one, target)
            handed.parcels.append(one)
        except Refusal as refusal:
            handed.refused.append((target.name, refusal))
        except OSError as error:
            raise _stick_failed(error) from error
    return handed


def name_of(office: Office, parcel: Parcel) -> str:
    """As the sender would have called it; the end tells two of one number apart."""
    label = parcel.label
    ends = "-".join(_slug(office, node) for node in (label.sender, label.receiver))
    name = f"JRN-{ends}-titipan-{label.number}-{parcel.sha.hex()[:6]}{_ENDING}"
    return name if label.part == 1 else f"{name}.p{label.part}"


def _slug(office: Office, node_id: bytes) -> str:
    node = office.authority.node(node_id)
    return slug(node.name if node else "", node_id)


def _is_courier(name: str) -> bool:
    return _ENDING in name and not name.startswith(".")


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise Refusal(
            "no_stick",
            id=f"Folder {folder} tidak ada; pasang stiknya. Tidak ada yang berubah.",
            en=f"There is no folder {folder}; plug the stick in. Nothing was changed.",
        )


def _bad_stick(error: OSError) -> Refusal:
    return Refusal(
        "bad_stick",
        id=f"Berkas di stik tidak terbaca ({error.strerror}); yang lain tetap diambil.",
        en=f"A file on the stick cannot be read ({error.strerror}); the others were taken.",
    )


def _stick_failed(error: OSError) -> Refusal:
    return Refusal(
        "stick_full",
        id=f"Stik penuh atau tidak dapat ditulis ({error.strerror}); titipan tetap di sini. "
        "Kosongkan stik atau pakai yang lain, lalu ulangi.",
        en=f"The stick is full or cannot be written ({error.strerror}); the parcels stay "
        "here. Empty the stick or use another one, then do it again.",
    )
