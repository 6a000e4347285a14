"""The road and the sticks as pages see them: `web/post/ports.py` over the node's own.

A courier file is written or read by one thread at a time; what it brings is in the book
piece by piece, so a page that is closed or a node that dies in the middle loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from perahu.cases import actions as cases
from perahu.cases import reads
from perahu.journal.types import Ask
from perahu.node import custody, sticks
from perahu.node.branches import branch_words
from perahu.node.contacts import hours, last_speed
from perahu.node.courier import export_to, take_all
from perahu.node.custody import Custody
from perahu.node.loops import Loop
from perahu.node.office import Office
from perahu.node.one_run import OneRun
from perahu.node.parcels import (
    IN_FOLDER,
    OUT_FOLDER,
    keep_upload,
    own_folder,
    pieces_of,
    sweep,
)
from perahu.node.road import Caller, offer_to
from perahu.node.work import CALLING
from perahu.sync.courier.report import Reading, shown
from perahu.sync.sealed import CLASS_NAMES
from perahu.web.post.ports import (
    ClassState,
    CourierRun,
    Hour,
    Letter,
    Load,
    Lost,
    RoadState,
    Stick,
)
from perahu.words import Refusal, Words

_ROAD_NAMES = ("lane0", "lane1", "thumbnail", "photo", "part", "lane2", "scan")
_BOOK_NAMES = ("control", "civil", "thumbnail", "photo", "part", "telemetry", "scan")
"""The same classes in the order of the road, as the book names what waits."""


@dataclass(slots=True)
class WebPost:
    """One per node process."""

    office: Office
    caller: Caller
    loops: Sequence[Loop]
    is_called: Callable[[], None]
    """Let the loops look at once: an import may have brought work."""
    _one: OneRun[CourierRun] = field(init=False)
    _reading: Reading | None = None

    def __post_init__(self) -> None:
        """Nothing is being written or read yet; what a killed process had taken in goes."""
        sweep(self.office.folder, IN_FOLDER)
        self._one = OneRun(
            office=self.office,
            name="courier",
            busy=_BUSY,
            failed=lambda run, why: replace(run, is_running=False, trouble=why),
            ended=self.is_called,
        )

    # --- the road --------------------------------------------------------------------

    def road(self) -> RoadState:
        """How sending goes."""
        office, progress = self.office, self.caller.progress
        waiting = office.journal.waiting()
        counts = {name: count for name, count, _ in waiting.by_class}
        began_s = self.caller.began_s
        is_running = began_s > 0
        named = progress.by_name()
        classes = tuple(
            ClassState(
                name=book,
                waiting=counts.get(book, 0),
                done=named[road].acked if is_running else 0,
                queued=named[road].queued if is_running else 0,
            )
            for road, book in zip(_ROAD_NAMES, _BOOK_NAMES, strict=True)
        )
        rate = progress.rate_bytes_s if is_running else float(last_speed(office) or 0)
        parent = bytes.fromhex(office.settings.parent_node)
        node = office.authority.node(parent) or office.parent_certificate()
        is_up = office.settings.row.up is not None and bool(office.settings.ways)
        calling = [loop for loop in self.loops if loop.words is CALLING]
        return RoadState(
            parent=node.name if node and is_up else "",
            is_running=is_running,
            classes=classes,
            waiting_bytes=waiting.bytes,
            branch=branch_words(office, waiting.branched),
            sent_bytes=progress.sent_bytes,
            received_bytes=progress.received_bytes,
            rate_bytes_s=rate,
            left_s=int(waiting.bytes / rate) if rate > 0 else None,
            trouble=calling[0].trouble if calling else (),
            last_ms=calling[0].done_ms if calling else 0,
        )

    def hours(self) -> list[tuple[str, list[Hour]]]:
        """Each node we were in contact with, and its hours of the last week."""
        nodes = self.office.authority.nodes()
        found = [
            (nodes[peer].name if peer in nodes else peer.hex()[:8], lines)
            for peer, lines in hours(self.office).items()
        ]
        return sorted(found, key=lambda one: one[0])

    # --- the courier -----------------------------------------------------------------

    def sticks(self) -> list[Stick]:
        """What is plugged in and can be written."""
        return sticks.plugged_in(self.office.settings.sticks)

    def addressees(self) -> list[tuple[bytes, str]]:
        """Nodes that a courier file can be written for, the usual one first."""
        office = self.office
        parent = bytes.fromhex(office.settings.parent_node)
        found = [
            (node.node_id, node.name)
            for node in office.authority.nodes().values()
            if node.node_id != office.journal.node_id
            and offer_to(office, node) is not None
        ]
        return sorted(found, key=lambda one: (one[0] != parent, one[1]))

    def begin_export(self, to: bytes, stick: str, by: str) -> None:
        """Start writing. Raises Refusal "courier_busy", "no_stick", "unknown_node"."""
        named = dict(self.addressees())
        if to not in named:
            raise Refusal(
                "unknown_node",
                id="Simpul tujuan itu tidak dikenal; tidak ada yang ditulis. Pilih lagi.",
                en="That node is not known; nothing was written. Choose again.",
            )
        folder = (
            sticks.stick_at(self.office.settings.sticks, stick)
            if stick
            else own_folder(self.office.folder, OUT_FOLDER)
        )
        whose = Custody(by=by, on=stick)
        whole = self.office.journal.waiting().bytes
        started = CourierRun(kind="export", is_running=True, whole_bytes=whole)
        self._one.begin(started, lambda: self._export(to, folder, whose))

    def begin_import(self, name: str, pieces: Iterable[bytes], by: str) -> None:
        """Take a file that a browser sent. Raises Refusal "courier_busy", "too_big"."""
        self._one.check_idle()
        folder = own_folder(self.office.folder, IN_FOLDER)
        path, size = keep_upload(folder, name, pieces)
        started = CourierRun(kind="import", is_running=True, whole_bytes=size)
        out = own_folder(self.office.folder, OUT_FOLDER)
        self._one.begin(started, lambda: self._import(path, out, Custody(by=by)))

    def begin_import_from(self, stick: str, by: str) -> None:
        """Read what is for us on a stick, and write the answers there."""
        folder = sticks.stick_at(self.office.settings.sticks, stick)
        started = CourierRun(kind="import", is_running=True)
        whose = Custody(by=by, on=stick)
        self._one.begin(started, lambda: self._import(folder, folder, whose))

    def run(self) -> CourierRun | None:
        """The run of now or the last one."""
        run = self._one.current
        if run is None or not run.is_running:
            return run
        if run.kind == "export":
            return replace(run, done_bytes=self._written())
        return run if self._reading is None else _shown(run, self._reading)

    def letters(self) -> list[Letter]:
        """What was written here lately, newest first."""
        return custody.letters(self.office)

    def letter(self, file: str) -> Letter:
        """One of them. Raises Refusal "no_letter"."""
        return custody.letter(self.office, file)

    def content(self, file: str) -> Iterable[bytes]:
        """The bytes of a letter that waits to be fetched. Raises Refusal "no_letter"."""
        return pieces_of(custody.content_path(self.office, file))

    def lost(self) -> list[Lost]:
        """Files reported lost or found again that this node knows of, newest first."""
        office = self.office
        return [
            Lost(
                file=row.file,
                sender=_name_of(office, row.node),
                is_ours=row.node == office.journal.node_id,
                to=_name_of(office, row.to),
                check_words=row.check_words,
                written_ms=row.written_ms,
                reason=row.reason,
                found=row.found,
                said_ms=row.said_ms,
            )
            for row in reads.lost_files()
        ]

    def report_lost(self, ask: Ask, file: str, reason: str, *, found: bool) -> None:
        """State that a letter was lost or found. Raises Refusal "no_letter", "no_reason"."""
        letter = custody.letter(self.office, file)
        report = custody.lost_of(letter, reason, found=found)
        cases.report_file(self.office.journal, ask, report=report)

    def close(self, wait_s: float) -> None:
        """Wait for the run of now."""
        self._one.close(wait_s)

    # --- the thread ------------------------------------------------------------------

    def _export(self, to: bytes, folder: Path, by: Custody) -> CourierRun:
        made = export_to(self.office, to, folder, by=by)
        says = _WRITTEN_EMPTY if made.is_empty else _WRITTEN
        return CourierRun(
            kind="export", is_running=False, says=(says,),
            letters=tuple(path.name for path in made.paths),
            done_bytes=made.size_bytes, whole_bytes=made.size_bytes,
        )  # fmt: skip

    def _import(self, source: Path, out: Path, by: Custody) -> CourierRun:
        """Read a file a browser brought, which goes then, or what is on a stick."""
        self._reading = None
        try:
            haul = take_all(self.office, [source], out, self._watch, by=by)
        finally:
            if source.parent == self.office.folder / IN_FOLDER:
                source.unlink(missing_ok=True)
        if not haul.taken:
            raise haul.refused[0][1]
        says = [one.imported.words for one in haul.taken]
        answers = [one.answer for one in haul.taken if one.answer is not None]
        return CourierRun(
            kind="import", is_running=False,
            says=(*says, *([haul.beside] if haul.beside else [])),
            refused=tuple((shown(path), why.words) for path, why in haul.refused),
            letters=tuple(path.name for one in answers for path in one.paths),
        )  # fmt: skip

    def _watch(self, reading: Reading) -> None:
        self._reading = reading

    def _written(self) -> int:
        """Bytes of the draft that grows in any folder we write to."""
        folders = [self.office.folder / OUT_FOLDER]
        folders += [Path(stick.path) for stick in self.sticks()]
        drafts = [
            path for one in folders if one.is_dir() for path in one.glob(".*.part")
        ]
        return max((path.stat().st_size for path in drafts if path.exists()), default=0)


_BUSY = Refusal(
    "courier_busy",
    id="Berkas kurir lain sedang ditulis atau dibaca; tunggu sampai selesai, lalu ulangi. "
    "Tidak ada yang diubah.",
    en="Another courier file is being written or read; wait until it is done, then repeat. "
    "Nothing was changed.",
)
_WRITTEN = Words(
    "Berkas kurir selesai ditulis dan sudah dibaca ulang.",
    "The courier file is written and was read back.",
)
_WRITTEN_EMPTY = Words(
    "Tidak ada catatan baru untuk simpul itu; berkas hanya membawa tanda terima.",
    "There are no new records for that node; the file brings receipts alone.",
)


def _shown(run: CourierRun, reading: Reading) -> CourierRun:
    """The run with how far its file is."""
    counts = reading.contents.counts if reading.contents else []
    named = zip(_ROAD_NAMES, _BOOK_NAMES, strict=True)
    book = dict(named)
    loads = zip(CLASS_NAMES, counts, strict=False)
    return replace(
        run,
        file=shown(reading.path),
        sender=reading.sender,
        done_bytes=reading.done_bytes,
        whole_bytes=reading.whole_bytes,
        carries=tuple(Load(name=book[name], count=n) for name, n in loads if n),
    )


def _name_of(office: Office, node_id: bytes) -> str:
    node = office.authority.node(node_id) or office.parent_certificate()
    is_it = node is not None and node.node_id == node_id
    if node_id == office.journal.node_id:
        return office.settings.name
    return node.name if node is not None and is_it else node_id.hex()[:8]
