"""`perahu courier`: the same exchange by file, on a stick; and where the files are."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from perahu.cases import actions as cases
from perahu.cases import reads
from perahu.node import custody
from perahu.node.cli import INCOMPLETE, Call, Say
from perahu.node.courier import Haul, Taken, addressee, export_to, take_all
from perahu.node.custody import Custody
from perahu.node.desk_call import Bar, Teller, fill
from perahu.node.office import Office
from perahu.sync.courier.exporting import Exported
from perahu.sync.courier.report import Reading, lacks_some, shown
from perahu.web.post.ports import Letter
from perahu.words import Refusal, Words

NAME = "courier"
HELP = Words(
    "pertukaran lewat berkas di stik: tulis (export), baca (import), daftar (list), "
    "hilang (lost), ditemukan (found)",
    "the exchange by file on a stick: export, import, list, lost, found",
)

EXPORT, IMPORT, LIST, LOST, FOUND = "export", "import", "list", "lost", "found"
_ACTION = Words(
    "export: tulis, import: baca, list: yang ditulis di sini, lost: stiknya hilang, "
    "found: stiknya ditemukan lagi",
    "export: write, import: read, list: what was written here, lost: the stick got lost, "
    "found: it was found again",
)
_FILES = Words(
    "berkas, atau folder stik (import); nama atau nomor berkas (lost, found)",
    "files, or the stick's folder (import); a file's name or number (lost, found)",
)
_TO = Words(
    "nama simpul tujuan; boleh berulang (bawaan: simpul atasan)",
    "name of the node it is for; may be repeated (default: the parent node)",
)
_FOLDER = Words("folder stik untuk ditulisi", "folder of the stick to write to")
_RETURN = Words(
    "tulis berkas balasan ke folder ini (import)", "write return files here (import)"
)
_REASON = Words("bagaimana stiknya hilang (lost)", "how the stick was lost (lost)")
_JSON = Words("satu baris JSON untuk tiap kejadian", "one line of JSON for each event")
_WRITTEN = Words(
    "Untuk {to}: {entries} catatan, {blobs} berkas segel, {bytes} byte di {files}.\n"
    "Kata periksa: {check}",
    "For {to}: {entries} entries, {blobs} sealed blobs, {bytes} bytes in {files}.\n"
    "Check words: {check}",
)
_READING = Words("Membaca berkas kurir", "Reading courier files")
_HOLDS = Words(
    "{file} dari {sender}: {entries} catatan, {blobs} berkas segel",
    "{file} from {sender}: {entries} entries, {blobs} sealed blobs",
)
_HOLDS_UNKNOWN = Words("{file} dari {sender}", "{file} from {sender}")
_LINE = Words(
    "{number}  {day}  {to}  {file}  {check}  {state}",
    "{number}  {day}  {to}  {file}  {check}  {state}",
)
_NONE_YET = Words(
    "Belum ada berkas kurir yang ditulis di sini.",
    "No courier file was written here yet.",
)
_ACKED = Words("sudah diakui", "acknowledged")
_NOT_ACKED = Words("belum diakui", "not acknowledged yet")
_UNKNOWN = Words("tidak diketahui", "not known")
_GONE = Words("hilang: {reason}", "lost: {reason}")
_SAID_LOST = Words(
    "Dicatat: berkas {file} hilang di jalan. Isinya hanya bisa dibuka oleh {to}, dan "
    "berkas berikutnya membawa semuanya lagi: tulis yang baru.",
    "Recorded: the file {file} was lost on its way. Only {to} can open it, and the next "
    "file carries all of it again: write a new one.",
)
_SAID_FOUND = Words(
    "Dicatat: berkas {file} ditemukan lagi. Kalau sampai di {to}, membacanya tetap aman.",
    "Recorded: the file {file} was found again. If it comes to {to}, reading it is safe.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument(
        "action", choices=(EXPORT, IMPORT, LIST, LOST, FOUND), help=say(_ACTION)
    )
    parser.add_argument("files", nargs="*", help=say(_FILES))
    parser.add_argument("--to", action="append", help=say(_TO))
    parser.add_argument("--folder", type=Path, default=Path(), help=say(_FOLDER))
    parser.add_argument("--return", dest="answers", type=Path, help=say(_RETURN))
    parser.add_argument("--reason", default="", help=say(_REASON))
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def run(call: Call) -> int | None:
    """Write, read, or say where the files are; a damaged file ends with 1."""
    teller = Teller(call)
    actions: dict[str, Callable[[Call, Office, Teller], int | None]]
    actions = {EXPORT: _export, IMPORT: _import, LIST: _list, LOST: _lost, FOUND: _lost}
    with call.open() as office:
        return actions[call.action](call, office, teller)


def _export(call: Call, office: Office, teller: Teller) -> None:
    # Names first: a wrong one in the list stops before anything is written.
    for node_id in [addressee(office, name) for name in call.to or [None]]:
        by = Custody(on=str(call.folder.resolve()))
        made = export_to(office, node_id, call.folder, by=by)
        node = office.authority.node(node_id) or office.parent_certificate()
        _tell_written(teller, node.name if node else "", made)


def _import(call: Call, office: Office, teller: Teller) -> int:
    if not call.files:
        raise _no_name()
    paths, answers = [Path(one) for one in call.files], call.answers
    by = Custody(on=str(answers.resolve())) if answers is not None else None
    with teller.bar(_READING, 100) as bar:

        def told(taken: Taken) -> None:
            with bar.away():
                _tell_taken(teller, taken)

        haul = take_all(office, paths, answers, _watch(bar, call.lang), told, by)
    for one in haul.taken:
        if one.answer is not None:
            _tell_written(teller, one.imported.peer.name, one.answer)
    if not teller.is_json and haul.beside is not None:
        teller.tell("beside", haul.beside)
    _tell_refused(teller, haul)
    return INCOMPLETE if lacks_some([one.imported for one in haul.taken]) else 0


def _watch(bar: Bar, language: str) -> Callable[[Reading], None]:
    def watch(reading: Reading) -> None:
        held = reading.contents
        words = fill(
            _HOLDS if held else _HOLDS_UNKNOWN,
            file=shown(reading.path),
            sender=reading.sender,
            entries=held.entries if held else 0,
            blobs=held.blobs if held else 0,
        )
        bar.to(reading.percent, words.in_(language))

    return watch


def _tell_refused(teller: Teller, haul: Haul) -> None:
    """Each by its name; raises the last word where anything was refused."""
    if len(haul.refused) + len(haul.taken) > 1:
        for path, refusal in haul.refused:
            name = shown(path)
            teller.refused(refusal, Words(name, name), file=str(path))
    if len(haul.refused) > 1:
        count = len(haul.refused)
        raise Refusal(
            "some_refused",
            id=f"{count} berkas tidak dapat dipakai, seperti tertulis di atas; yang lain "
            "sudah masuk. Minta berkas baru dari pengirimnya.",
            en=f"{count} files could not be used, as told above; the others are in. Ask "
            "their senders for new ones.",
        )
    for _, refusal in haul.refused:
        raise refusal


def _list(call: Call, office: Office, teller: Teller) -> None:
    lost = _lost_here(office)
    known = custody.letters(office)
    zone = ZoneInfo(office.authority.policy.timezone)
    for one in known:
        state = _state(one, lost)
        day = f"{datetime.fromtimestamp(one.at_ms / 1000, zone):%Y-%m-%d %H:%M}"
        words = fill(
            _LINE, number=one.number, day=day, to=one.to, file=one.file,
            check=one.check_words, state=state,
        )  # fmt: skip
        teller.tell(
            "file", words, file=one.file, number=one.number, to=one.to,
            at_ms=one.at_ms, check_words=one.check_words, entries=one.entries,
            blobs=one.blobs, acked=one.is_acked, lost=one.file in lost,
        )  # fmt: skip
    if not known:
        teller.tell("no_files", _NONE_YET)


def _state(letter: Letter, lost: dict[str, str]) -> Words:
    if letter.file in lost:
        return fill(_GONE, reason=lost[letter.file])
    if letter.is_acked is None:
        return _UNKNOWN
    return _ACKED if letter.is_acked else _NOT_ACKED


def _lost_here(office: Office) -> dict[str, str]:
    """The files of this node that are lost now, and how they got lost."""
    with office.at_work():
        rows = reads.lost_files()
    return {
        row.file: row.reason
        for row in rows
        if row.node == office.journal.node_id and not row.found
    }


def _lost(call: Call, office: Office, teller: Teller) -> None:
    if len(call.files) != 1:
        raise _no_name()
    letter = custody.letter(office, str(call.files[0]))
    is_found = call.action == FOUND
    report = custody.lost_of(letter, call.reason, found=is_found)
    with office.at_work():
        cases.report_file(office.journal, office.ask(), report=report)
    words = fill(
        _SAID_FOUND if is_found else _SAID_LOST, file=letter.file, to=letter.to
    )
    teller.tell(
        call.action, words, file=letter.file, number=letter.number, to=letter.to
    )


def _no_name() -> Refusal:
    return Refusal(
        "usage",
        id="Sebutkan berkas kurir atau folder stiknya; tidak ada yang diubah.",
        en="Name the courier file or the stick's folder; nothing was changed.",
    )


def _tell_written(teller: Teller, to: str, made: Exported) -> None:
    found = {
        "to": to,
        "entries": made.entries,
        "blobs": made.blobs,
        "bytes": made.size_bytes,
    }
    files, words = [str(path) for path in made.paths], list(made.check_words)
    shown = fill(_WRITTEN, **found, files=", ".join(files), check="; ".join(words))
    teller.tell("exported", shown, **found, files=files, check_words=words)


def _tell_taken(teller: Teller, taken: Taken) -> None:
    found = taken.imported
    teller.tell(
        "imported",
        found.words,
        file=str(taken.path),
        sender=found.peer.name,
        entries=found.stored_entries,
        blobs=found.blobs,
        missing_frames=found.missing_frames,
        mended_bytes=found.mended_bytes,
        number=found.number,
        part=found.part,
        more=found.more,
        check_words=found.check_words,
    )
