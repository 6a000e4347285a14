"""`perahu import`: at the hub, take residents in from a SIAK export, or undo."""  # noqa: N999

from __future__ import annotations

import argparse
from pathlib import Path

from perahu.node.cli import Call, Say
from perahu.node.desk_call import (
    Teller,
    add_desk_arguments,
    fill,
    hex_id,
    sign_in_officer,
)
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.people import actions, reads
from perahu.people.rules import ImportPlan, RowNote
from perahu.words import Refusal, Words

NAME = "import"
HELP = Words(
    "di kabupaten: impor penduduk dari CSV atau XLSX (ekspor SIAK)",
    "at the hub: import residents from a CSV or XLSX file (SIAK export)",
)

NOTES_SHOWN = 20
_LOOKED_UP = 500

_FILE = Words("berkas CSV atau XLSX", "CSV or XLSX file")
_DRY = Words("periksa saja, tidak ada yang ditulis", "only look, write nothing")
_SKIP = Words("lewati baris yang salah", "pass over wrong rows")
_UNDO = Words("batalkan impor dengan nomor ini", "undo the import of this number")
_REASON = Words("alasan pembatalan", "why it is undone")
_BAR = Words("Mengimpor", "Importing")
_CHECKED = Words(
    "{rows} baris: {added} baru, {changed} berubah, {unchanged} sudah ada, {refused} salah, "
    "{warnings} peringatan. Tidak ada yang ditulis.",
    "{rows} rows: {added} new, {changed} changed, {unchanged} known, {refused} wrong, "
    "{warnings} warnings. Nothing was written.",
)
_ROW = Words(
    "  baris {row}, kolom {column}: {says}", "  row {row}, column {column}: {says}"
)
_WARNED = Words(
    "  baris {row}, kolom {column} (peringatan): {says}",
    "  row {row}, column {column} (warning): {says}",
)
_MORE = Words("  … dan {more} lagi.", "  … and {more} more.")
_DONE = Words(
    "Impor {batch}: {accepted} diterima, {unchanged} sudah ada, {refused} baris salah "
    "dilewati, {unserved} belum dilayani kantor mana pun.",
    "Import {batch}: {accepted} taken in, {unchanged} known already, {refused} wrong rows "
    "passed over, {unserved} not yet served by any office.",
)
_UNDONE = Words(
    "Impor {batch} dibatalkan; orang yang sudah dilayani tetap dikenal.",
    "Import {batch} is undone; persons already served stay known.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("file", nargs="?", type=Path, help=say(_FILE))
    parser.add_argument("--dry-run", action="store_true", help=say(_DRY))
    parser.add_argument("--skip-bad", action="store_true", help=say(_SKIP))
    parser.add_argument("--undo", metavar="BATCH", help=say(_UNDO))
    parser.add_argument("--reason", help=say(_REASON))
    add_desk_arguments(parser, say)


def run(call: Call) -> None:
    """Look at the file, take it in, or undo one that was taken in."""
    is_undo = call.undo is not None
    if is_undo == (call.file is not None) or is_undo != (call.reason is not None):
        raise Refusal(
            "usage",
            id="Sebutkan satu berkas, atau --undo bersama --reason; tidak ada yang diubah.",
            en="Name one file, or --undo together with --reason; nothing was changed.",
        )
    teller = Teller(call)
    with call.open() as office:
        officer = sign_in_officer(call, office, "intake")
        if is_undo:
            _undo(call, office, officer, teller)
            return
        home = office.certificate.wilayah[0][:4]
        today = office.now().today
        plan = actions.plan_import(call.file, today=today, home=home)
        if call.dry_run:
            _show(plan, teller)
        else:
            _import(call, office, officer, teller, plan)


def _import(
    call: Call, office: Office, officer: bytes, teller: Teller, plan: ImportPlan
) -> None:
    with teller.bar(_BAR, len(plan.rows)) as bar:

        def progress(done: int, of: int) -> None:
            teller.tell("imported", done=done, of=of)
            bar.to(done)

        result = actions.import_residents(
            office.journal,
            office.ask(officer),
            plan,
            rng=system_random,
            skip_bad=call.skip_bad,
            progress=progress,
        )
    told = {
        "batch": result.batch.hex(),
        "accepted": result.added + result.changed,
        "added": result.added,
        "changed": result.changed,
        "unchanged": result.known,
        "refused": plan.bad_rows,
        "unserved": result.unserved,
    }
    teller.tell("done", fill(_DONE, **told), **told)


def _undo(call: Call, office: Office, officer: bytes, teller: Teller) -> None:
    batch = hex_id(call.undo)
    actions.undo_import(
        office.journal, office.ask(officer), batch=batch, reason=call.reason
    )
    teller.tell("undone", fill(_UNDONE, batch=call.undo), batch=batch)


def _show(plan: ImportPlan, teller: Teller) -> None:
    """What the import would do, with the first wrong and odd cells in words."""
    added, changed = _compare(plan)
    told = {
        "rows": plan.row_count,
        "added": added,
        "changed": changed,
        "unchanged": len(plan.rows) - added - changed,
        "refused": plan.bad_rows,
        "warnings": plan.warning_count,
        "columns_unknown": list(plan.columns_unknown),
    }
    teller.tell("checked", fill(_CHECKED, **told), **told)
    _notes("row_error", plan.errors, len(plan.errors), _ROW, teller)
    _notes("row_warning", plan.warnings, plan.warning_count, _WARNED, teller)


def _notes(
    event: str, notes: tuple[RowNote, ...], count: int, line: Words, teller: Teller
) -> None:
    for note in notes[:NOTES_SHOWN]:
        told = {"row": note.row, "column": note.column, "says": note.words}
        teller.tell(event, fill(line, **told), **told)
    if count > NOTES_SHOWN:
        more = count - NOTES_SHOWN
        teller.tell(f"{event}s_more", fill(_MORE, more=more), more=more)


def _compare(plan: ImportPlan) -> tuple[int, int]:
    """How many rows are new to this book, and how many say something new."""
    added = changed = 0
    for start in range(0, len(plan.rows), _LOOKED_UP):
        rows = plan.rows[start : start + _LOOKED_UP]
        known = reads.known_by_nik([row.biodata.nik for row in rows])
        for row in rows:
            before = known.get(row.biodata.nik)
            added += before is None
            changed += before is not None and before.stated != row.biodata
    return added, changed
