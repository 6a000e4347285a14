"""The field as pages see it: `web/field/ports.py` over `node/field.py`.

One thread packs a bag or reads a file at a time. Whatever it has done is in the book piece
by piece: a page that is closed, or a node that dies, goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from perahu.node import field as trips
from perahu.node import sticks
from perahu.node.office import Office
from perahu.node.one_run import OneRun
from perahu.node.parcels import keep_upload, own_folder, pieces_of
from perahu.trips import reads_visits
from perahu.trips.actions import TripPlan
from perahu.trips.reads_visits import DesaCount, Visits
from perahu.trips.rules import Wanted
from perahu.web.field.ports import FieldRun, TripFile
from perahu.web.post.ports import Stick
from perahu.words import Refusal, Words

OUT_FOLDER, IN_FOLDER = "lapangan-keluar", "lapangan-masuk"
FILES_KEPT = 10
_STAYED_SHOWN_MAX = 5
_BUSY = Refusal(
    "field_busy",
    id="Tas lapangan sedang disiapkan atau berkas sedang dibaca; tunggu sampai selesai, lalu "
    "ulangi. Tidak ada yang diubah.",
    en="A field bag is being packed or a file is being read; wait until it is done, then "
    "repeat. Nothing was changed.",
)


@dataclass(slots=True)
class WebField:
    """One per node process."""

    office: Office
    _one: OneRun[FieldRun] = field(init=False)

    def __post_init__(self) -> None:
        """No bag is being packed yet."""
        self._one = OneRun(
            office=self.office,
            name="field",
            busy=_BUSY,
            failed=lambda run, why: replace(run, is_running=False, trouble=why),
        )

    @property
    def goes_out(self) -> bool:
        """This node is the laptop."""
        return self.office.settings.row.goes_out

    def neighbours(self) -> list[tuple[bytes, str]]:
        """Whom this node meets from hand to hand."""
        return [(node.node_id, node.name) for node in trips.neighbours(self.office)]

    def sticks(self) -> list[Stick]:
        """What is plugged in and can be written."""
        return sticks.plugged_in(self.office.settings.sticks)

    def desa_counts(self) -> list[DesaCount]:
        """Every desa of this node's wilayah in numbers."""
        office = self.office
        age, today = office.authority.policy.umur_rekam_min, office.now().today
        node = office.journal.node_id
        return [
            one
            for code in office.certificate.wilayah
            for one in reads_visits.desa_counts(code, today, age, node)
        ]

    def visits(self, desa: str) -> Visits:
        """Whom to visit there."""
        return trips.visits_of(self.office, desa)

    def remarks(self, plan: TripPlan) -> list[Words]:
        """What is missing for a trip."""
        return trips.remarks(self.office, plan)

    # --- what runs -------------------------------------------------------------------

    def begin_out(self, officer: bytes, wanted: Wanted, stick: str) -> None:
        """Begin a trip; what the rules refuse is refused before the thread begins."""
        folder = self._folder_for(stick)
        trips.check_beside(self.office, wanted.to)
        started = FieldRun(kind="out", is_running=True, trip=wanted.trip)

        def work() -> tuple[Words, ...]:
            sent = trips.take_to_field(
                self.office, officer, wanted, folder, self._on_step
            )
            return _said(sent)

        self._begin(started, work)

    def begin_again(self, officer: bytes, trip: bytes, stick: str) -> None:
        """Go on with a trip and write its file once more."""
        folder = self._folder_for(stick)
        started = FieldRun(kind="out", is_running=True, trip=trip)

        def work() -> tuple[Words, ...]:
            return _said(trips.go_on(self.office, officer, trip, folder, self._on_step))

        self._begin(started, work)

    def begin_in(self, officer: bytes, stick: str) -> None:
        """Read what is for us on a stick, and take what came."""
        folder = sticks.stick_at(self.office.settings.sticks, stick)
        started = FieldRun(kind="in", is_running=True)
        self._begin(started, lambda: self._read(officer, folder))

    def take(self, officer: bytes) -> None:
        """Take what came by the road."""
        self._one.check_idle()
        trips.take_in(self.office, officer, trips.Received())

    def begin_upload(self, officer: bytes, name: str, pieces: Iterable[bytes]) -> None:
        """Read a file that a browser brings."""
        self._one.check_idle()
        folder = own_folder(self.office.folder, IN_FOLDER)
        path, _ = keep_upload(folder, name, pieces)

        def work() -> tuple[Words, ...]:
            try:
                return self._read(officer, path)
            finally:
                path.unlink(missing_ok=True)

        self._begin(FieldRun(kind="in", is_running=True), work)

    def begin_back(
        self,
        officer: bytes,
        to: bytes,
        stick: str,
        counted: Mapping[str, int],
        reason: str,
    ) -> None:
        """Send back what was not used."""
        folder = self._folder_for(stick)
        trips.check_beside(self.office, to)

        def work() -> tuple[Words, ...]:
            sent = trips.bring_back(
                self.office, officer, to, folder,
                counted=counted, reason=reason, on_step=self._on_step,
            )  # fmt: skip
            return _said(sent)

        self._begin(FieldRun(kind="back", is_running=True), work)

    def count_in(self, officer: bytes, transfer: bytes, count: int) -> None:
        """Note what was counted of a stock transfer."""
        trips.count_in(self.office, officer, transfer, count)

    def settle(self, officer: bytes) -> None:
        """Close the trips of which nothing is out."""
        trips.settle(self.office, officer)

    def run(self) -> FieldRun | None:
        """The run of now or the last one."""
        return self._one.current

    def close(self, wait_s: float) -> None:
        """Wait for the run of now."""
        self._one.close(wait_s)

    def _read(self, officer: bytes, path: Path) -> tuple[Words, ...]:
        got = trips.receive(self.office, officer, [path])
        words = Words(
            f"Diterima: {got.rights} hak cetak dan {got.cards} kartu."
            + (f" {got.waiting} menunggu berkas yang utuh." if got.waiting else ""),
            f"Taken in: {got.rights} print rights and {got.cards} cards."
            + (f" {got.waiting} wait for a whole file." if got.waiting else ""),
        )
        return (*(one.imported.words for one in got.files), words)

    def _on_step(self, done: int, total: int) -> None:
        if self._one.current is not None:
            self._one.current = replace(self._one.current, done=done, total=total)

    def _begin(self, started: FieldRun, work: Callable[[], tuple[Words, ...]]) -> None:
        def whole() -> FieldRun:
            return replace(started, says=work(), is_running=False)

        self._one.begin(started, whole)

    # --- files -----------------------------------------------------------------------

    def file_of(self, trip: bytes) -> TripFile | None:
        """The file last written for a trip; b"" is the way back."""
        made = trips.last_file(self.office, trip or trips.WAY_BACK_FILE)
        if made is None:
            return None
        folder = self.office.folder / OUT_FOLDER
        return TripFile(
            names=made.names,
            check_words=made.check_words,
            size_bytes=made.size_bytes,
            at_ms=made.at_ms,
            is_here=all((folder / name).is_file() for name in made.names),
        )

    def content(self, file: str) -> Iterable[bytes]:
        """The bytes of a file that waits to be fetched."""
        folder = self.office.folder / OUT_FOLDER
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        if file not in names or file.startswith("."):
            raise Refusal(
                "no_letter",
                id="Berkas itu tidak ada di sini lagi; tulis sekali lagi dari perjalanannya. "
                "Tidak ada yang hilang.",
                en="That file is not here any more; write it once more from its trip. "
                "Nothing is lost.",
            )
        return pieces_of(folder / file)

    def _folder_for(self, stick: str) -> Path:
        if stick:
            return sticks.stick_at(self.office.settings.sticks, stick)
        folder = own_folder(self.office.folder, OUT_FOLDER)
        old = sorted(folder.glob("*.jrnb*"), key=lambda path: path.stat().st_mtime)
        for path in old[:-FILES_KEPT]:
            path.unlink(missing_ok=True)
        return folder


def _said(sent: trips.Sent) -> tuple[Words, ...]:
    blanko = sent.stock.get("blanko", 0)
    words = Words(
        f"Dikirim: {sent.rights} hak cetak, {sent.cards} kartu, {blanko} blanko; berkasnya "
        "sudah ditulis dan dibaca ulang.",
        f"Sent: {sent.rights} print rights, {sent.cards} cards, {blanko} blanko; the file is "
        "written and was read back.",
    )
    stayed = (why for _, why in sent.stayed[:_STAYED_SHOWN_MAX])
    left = (refusal.words for _, refusal in sent.post.refused[:_STAYED_SHOWN_MAX])
    return (words, *_post_words(len(sent.post.parcels)), *stayed, *left)


def _post_words(count: int) -> tuple[Words, ...]:
    if not count:
        return ()
    said = Words(
        f"Ikut di stik: {count} titipan untuk simpul lain.",
        f"Also on the stick: {count} parcels for other nodes.",
    )
    return (said,)
