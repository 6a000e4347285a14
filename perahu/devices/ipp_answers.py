"""What a printer's IPP attributes mean for us: pure, and only as sure as the printer is.

- Completed and one side printed is *printed*.
- Aborted or cancelled with a card fed is *spoiled*; with surely none fed, *never began*.
- Everything else, and every contradiction, is *uncertain*.
"""

from __future__ import annotations

from perahu.devices.ipp_wire import Attributes, first_int, first_text, texts
from perahu.devices.printer_ports import (
    GAGAL_CETAK,
    GAGAL_ENCODE,
    NEVER_BEGAN,
    PRINTED,
    SPOILED,
    UNCERTAIN,
    PrinterState,
    PrintOutcome,
)
from perahu.words import Words

# job-state (RFC 8011 5.3.7) and printer-state (5.4.11).
PENDING, HELD, PROCESSING, STOPPED, CANCELED, ABORTED, COMPLETED = 3, 4, 5, 6, 7, 8, 9
FINAL_JOB_STATES = (CANCELED, ABORTED, COMPLETED)
WAITING_JOB_STATES = (PENDING, HELD)
PRINTER_IDLE, PRINTER_BUSY, PRINTER_STOPPED = 3, 4, 5

ENCODE_REASONS = ("chip-encode-error", "card-encode-error", "encoder-failure")
"""No standard keyword says that the chip failed; these are what drivers say."""
SPOIL_REASONS = (*ENCODE_REASONS, "media-jam", "media-jam-error", "card-spoiled")
SAYS_CHARS_MAX = 300
LEVEL_MAX = 1_000_000

JOB_ATTRIBUTES = (
    "job-id", "job-name", "job-state", "job-state-reasons", "job-state-message",
    "job-impressions-completed", "job-media-sheets-completed",
)  # fmt: skip
PRINTER_ATTRIBUTES = (
    "printer-state", "printer-state-reasons", "printer-is-accepting-jobs",
    "printer-input-tray", "marker-levels", "marker-types",
)  # fmt: skip

_REASON_WORDS = {
    "media-empty": Words("kartu habis; isi blanko", "out of cards; load blanko"),
    "media-needed": Words("kartu habis; isi blanko", "out of cards; load blanko"),
    "media-jam": Words(
        "kartu macet; keluarkan kartunya", "a card is jammed; take it out"
    ),
    "marker-supply-empty": Words(
        "ribbon habis; ganti", "the ribbon is used up; replace it"
    ),
    "cover-open": Words("tutup terbuka", "the cover is open"),
    "door-open": Words("pintu terbuka", "the door is open"),
    "paused": Words("dijeda di printer", "paused at the printer"),
    "unreachable": Words(
        "tidak terhubung; periksa listrik dan kabelnya",
        "not connected; check its power and cable",
    ),
}
_READY = Words("Printer kartu siap.", "The card printer is ready.")
_SEVERITIES = ("-report", "-warning", "-error")


def _count(attributes: Attributes, name: str) -> int | None:
    value = first_int(attributes, name)
    return value if value is not None and value >= 0 else None


def _says(attributes: Attributes, note: str) -> str:
    """The printer's message and keywords in one line, shortened."""
    parts = [
        note,
        first_text(attributes, "job-state-message"),
        " ".join(texts(attributes, "job-state-reasons")),
    ]
    line = "; ".join(part for part in parts if part)
    # Text from outside: control characters must not reach a terminal or a paper.
    return "".join(c if c.isprintable() else " " for c in line)[:SAYS_CHARS_MAX]


def uncertain(note: str, attributes: Attributes | None = None) -> PrintOutcome:
    """An outcome nobody knows, with what the printer last said."""
    return PrintOutcome(UNCERTAIN, _says(attributes or {}, note))


def never_began(note: str) -> PrintOutcome:
    """An attempt that surely took no card."""
    return PrintOutcome(NEVER_BEGAN, _says({}, note))


def job_outcome(attributes: Attributes) -> PrintOutcome:
    """What a job in a final state means; a job not yet final is uncertain."""
    state = first_int(attributes, "job-state")
    sides = _count(attributes, "job-impressions-completed")
    cards = _count(attributes, "job-media-sheets-completed")
    reasons = texts(attributes, "job-state-reasons")
    if state == COMPLETED:
        whole = (sides, cards) in ((1, 1), (1, None), (None, 1))
        sure = (
            sides is None and cards is None and "job-completed-successfully" in reasons
        )
        if (whole or sure) and "job-completed-with-errors" not in reasons:
            return PrintOutcome(PRINTED, _says(attributes, "completed"))
        return uncertain("completed, but not surely one card", attributes)
    if state not in (ABORTED, CANCELED):
        return uncertain(f"job state {state}", attributes)
    note = "aborted" if state == ABORTED else "canceled"
    if (sides or 0) + (cards or 0) > 0 or any(r in SPOIL_REASONS for r in reasons):
        encode = any(r in ENCODE_REASONS for r in reasons)
        cause = GAGAL_ENCODE if encode else GAGAL_CETAK
        return PrintOutcome(SPOILED, _says(attributes, note), cause)
    if cards == 0:
        return PrintOutcome(NEVER_BEGAN, _says(attributes, note))
    # Sides alone do not tell: a card that jams before its first panel has printed none.
    return uncertain(f"{note}, cards fed unknown", attributes)


def unreachable_state(detail: str) -> PrinterState:
    """The state of a printer that gave no usable answer."""
    reasons = ("unreachable", detail) if detail else ("unreachable",)
    return PrinterState(False, None, None, reasons, _words_of(("unreachable",)))


def printer_state(attributes: Attributes) -> PrinterState:
    """What a printer says of itself, in our terms."""
    told = [r for r in texts(attributes, "printer-state-reasons") if r != "none"]
    reasons = tuple(dict.fromkeys(_bare(reason) for reason in told))
    blocked = tuple(
        _bare(r) for r in told if r.endswith("-error") or r in _REASON_WORDS
    )
    accepting = attributes.get("printer-is-accepting-jobs")
    cards = _cards_left(attributes)
    if cards == 0 and "media-empty" not in blocked:
        blocked += ("media-empty",)
    working = first_int(attributes, "printer-state") in (PRINTER_IDLE, PRINTER_BUSY)
    ready = working and not blocked and (not accepting or accepting[0].value is True)
    words = _READY if ready else _words_of(blocked or reasons)
    return PrinterState(ready, cards, _ribbon_percent(attributes), reasons, words)


def _bare(reason: str) -> str:
    for severity in _SEVERITIES:
        reason = reason.removesuffix(severity)
    return reason[:SAYS_CHARS_MAX]


def _words_of(reasons: tuple[str, ...]) -> Words:
    known = [_REASON_WORDS[r] for r in reasons if r in _REASON_WORDS]
    said = ", ".join(reasons) or "-"
    why_id = "; ".join(w.id for w in known) or f"periksa layarnya ({said})"
    why_en = "; ".join(w.en for w in known) or f"look at its display ({said})"
    return Words(
        f"Printer kartu belum bisa mencetak: {why_id}. Antrean cetak tetap tersimpan.",
        f"The card printer cannot print now: {why_en}. The print queue is kept.",
    )


def _cards_left(attributes: Attributes) -> int | None:
    """The level of the first input tray (PWG 5100.13 printer-input-tray)."""
    trays = attributes.get("printer-input-tray", ())
    for tray in trays:
        if not isinstance(tray.value, bytes):
            continue
        for pair in tray.value.decode("ascii", "replace").split(";"):
            key, _, value = pair.partition("=")
            # RFC 3805: a negative level means unknown, or "some left".
            if (
                key == "level"
                and value.isdecimal()
                and len(value) <= len(str(LEVEL_MAX))
            ):
                return int(value)
    return None


def _ribbon_percent(attributes: Attributes) -> int | None:
    """The level of the ribbon, or of the first marker where none is called a ribbon."""
    levels = attributes.get("marker-levels", ())
    kinds = texts(attributes, "marker-types")
    index = next((i for i, kind in enumerate(kinds) if "ribbon" in kind), 0)
    level = levels[index].value if index < len(levels) else -1
    known = isinstance(level, int) and 0 <= level <= 100
    return int(level) if known else None
