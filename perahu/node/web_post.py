"""The road and the sticks as pages see them: `web/post/ports.py` over the node's own.

A courier file is written or read by one thread at a time; what it brings is in the book
piece by piece, so a page that is closed or a node that dies in the middle loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from perahu.keys import cbor
from perahu.node import sticks
from perahu.node.contacts import hours, last_speed
from perahu.node.courier import export_to, import_files
from perahu.node.loops import Loop
from perahu.node.office import Office
from perahu.node.one_run import OneRun
from perahu.node.parcels import keep_upload, own_folder, pieces_of
from perahu.node.road import Caller, offer_to
from perahu.node.work import CALLING
from perahu.sync.courier import Exported
from perahu.web.post.ports import (
    ClassState,
    CourierRun,
    Hour,
    Letter,
    RoadState,
    Stick,
)
from perahu.words import Refusal, Words

OUT_FOLDER, IN_FOLDER = "kurir-keluar", "kurir-masuk"
LETTERS_KEPT = 40
_LETTERS = "courier_letter"
_LETTER_BYTES_MAX = 4096
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

    def __post_init__(self) -> None:
        """Nothing is being written or read yet."""
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
        is_up = office.settings.row.up is not None and bool(office.settings.parent)
        calling = [loop for loop in self.loops if loop.words is CALLING]
        return RoadState(
            parent=node.name if node and is_up else "",
            is_running=is_running,
            classes=classes,
            waiting_bytes=waiting.bytes,
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
        letter = Letter(
            file="", to=named[to], check_words="", entries=0, blobs=0, size_bytes=0,
            at_ms=0, by=by, on=stick,
        )  # fmt: skip
        whole = self.office.journal.waiting().bytes
        started = CourierRun(kind="export", is_running=True, whole_bytes=whole)
        self._one.begin(started, lambda: self._export(to, folder, letter))

    def begin_import(self, name: str, pieces: Iterable[bytes], by: str) -> None:
        """Take a file that a browser sent. Raises Refusal "courier_busy", "too_big"."""
        self._one.check_idle()
        folder = own_folder(self.office.folder, IN_FOLDER)
        path, size = keep_upload(folder, name, pieces)
        started = CourierRun(kind="import", is_running=True, whole_bytes=size)
        answer = Letter(
            file="", to="", check_words="", entries=0, blobs=0, size_bytes=0,
            at_ms=0, by=by,
        )  # fmt: skip
        out = own_folder(self.office.folder, OUT_FOLDER)
        self._one.begin(started, lambda: self._import([path], out, answer, path))

    def begin_import_from(self, stick: str, by: str) -> None:
        """Read what is for us on a stick, and write the answers there."""
        folder = sticks.stick_at(self.office.settings.sticks, stick)
        started = CourierRun(kind="import", is_running=True)
        answer = Letter(
            file="", to="", check_words="", entries=0, blobs=0, size_bytes=0,
            at_ms=0, by=by, on=stick,
        )  # fmt: skip
        self._one.begin(started, lambda: self._import([folder], folder, answer, None))

    def run(self) -> CourierRun | None:
        """The run of now or the last one."""
        run = self._one.current
        if run is None or not run.is_running or run.kind != "export":
            return run
        return replace(run, done_bytes=self._written())

    def letters(self) -> list[Letter]:
        """What was written here lately, newest first."""
        found = [
            _letter_of(raw) for _, raw in self.office.journal.local.items(_LETTERS)
        ]
        return sorted(found, key=lambda one: one.at_ms, reverse=True)

    def letter(self, file: str) -> Letter:
        """One of them. Raises Refusal "no_letter"."""
        for letter in self.letters():
            if letter.file == file:
                return letter
        raise _no_letter()

    def content(self, file: str) -> Iterable[bytes]:
        """The bytes of a letter that waits to be fetched. Raises Refusal "no_letter"."""
        letter = self.letter(file)
        path = self.office.folder / OUT_FOLDER / letter.file
        if letter.on or not path.is_file():
            raise _no_letter()
        return pieces_of(path)

    def close(self, wait_s: float) -> None:
        """Wait for the run of now."""
        self._one.close(wait_s)

    # --- the thread ------------------------------------------------------------------

    def _export(self, to: bytes, folder: Path, letter: Letter) -> CourierRun:
        made = export_to(self.office, to, folder)
        letters = self._keep(made, letter)
        says = _WRITTEN_EMPTY if made.is_empty else _WRITTEN
        return CourierRun(
            kind="export", is_running=False, says=(says,),
            letters=tuple(one.file for one in letters),
            done_bytes=made.size_bytes, whole_bytes=made.size_bytes,
        )  # fmt: skip

    def _import(
        self, paths: list[Path], out: Path, answer: Letter, upload: Path | None
    ) -> CourierRun:
        try:
            taken = import_files(self.office, paths, out)
        finally:
            if upload is not None:
                upload.unlink(missing_ok=True)
        letters: list[Letter] = []
        for one in taken:
            if one.answer is not None:
                to = replace(answer, to=one.imported.peer.name)
                letters += self._keep(one.answer, to)
        return CourierRun(
            kind="import", is_running=False,
            says=tuple(one.imported.words for one in taken),
            letters=tuple(one.file for one in letters),
        )  # fmt: skip

    def _keep(self, made: Exported, letter: Letter) -> list[Letter]:
        """Remember what the custody slip says; old letters and their files go."""
        found = [
            replace(
                letter, file=path.name, check_words=words, entries=made.entries,
                blobs=made.blobs, size_bytes=made.size_bytes,
                at_ms=self.office.now().wall_ms,
            )
            for path, words in zip(made.paths, made.check_words, strict=True)
        ]  # fmt: skip
        local = self.office.journal.local
        for one in found:
            local.put(_LETTERS, one.file.encode()[:200], cbor.encode(_row(one)))
        for old in self.letters()[LETTERS_KEPT:]:
            local.delete(_LETTERS, old.file.encode()[:200])
            if not old.on:
                (self.office.folder / OUT_FOLDER / old.file).unlink(missing_ok=True)
        return found

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


def _row(letter: Letter) -> list[object]:
    return [asdict(letter)[name] for name in _FIELDS]


_FIELDS = (
    "file", "to", "check_words", "entries", "blobs", "size_bytes", "at_ms", "by", "on",
)  # fmt: skip


def _letter_of(raw: bytes) -> Letter:
    return Letter(
        **dict(zip(_FIELDS, cbor.decode(raw, _LETTER_BYTES_MAX), strict=True))
    )


def _no_letter() -> Refusal:
    return Refusal(
        "no_letter",
        id="Berkas kurir itu tidak ada di sini lagi; tulis yang baru. Tidak ada yang hilang: "
        "yang belum diakui akan ikut lagi.",
        en="That courier file is not here any more; write a new one. Nothing is lost: what "
        "was not acknowledged goes along again.",
    )
