"""`perahu record`: record people to their proof, or go on where a recording stopped."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from perahu.devices.ports import Capture, DeviceFault, Scanner, ScannerStatus
from perahu.enrolment import actions, reads, rules
from perahu.enrolment.facts import PARTS
from perahu.enrolment.rules import Step
from perahu.enrolment.rules_parts import part_words, reason_words
from perahu.node.cli import Call, Say
from perahu.node.desk import Desk, Offer, Progress, Recorded, record_person
from perahu.node.desk_call import (
    Teller,
    add_desk_arguments,
    fill,
    may_ask,
    sign_in_officer,
    typed,
)
from perahu.node.desk_devices import (
    check_plugged_in,
    scanner_of,
    sit_at,
    tell_simulator,
)
from perahu.node.desk_words import step_words
from perahu.node.disk import RealDisk
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.people import reads as people
from perahu.people.reads import Resident
from perahu.words import Refusal, Words

NAME = "record"
HELP = Words(
    "rekam orang sampai buktinya, atau lanjutkan yang terhenti",
    "record people to their proof, or go on where it stopped",
)

LIST_MAX = 10_000
LIST_BYTES_MAX = 1_000_000
NIK_DIGITS = 16

_NIK = Words("NIK; boleh berulang", "NIK; may be repeated")
_LIST = Words("berkas: satu NIK per baris", "file with one NIK a line")
_PROOFS = Words("folder untuk gambar bukti perekaman", "folder for the proofs as PNG")
_ROOT = Words(
    "sertifikat akar pemindai (PEM), pengganti scanner_root di node.toml",
    "the scanners' root certificate (PEM), instead of scanner_root in node.toml",
)
_PORT = Words(
    "port pemindai meja ini, bila kantor punya beberapa meja",
    "the port of this desk's scanners, where an office has several desks",
)
_SIM = Words(
    "HANYA PERAGAAN: beri tahu pemindai simulasi siapa yang berdiri di depannya",
    "DEMONSTRATION ONLY: tell the simulated scanners who stands in front of them",
)
_PROOF_TITLE = "Bukti Perekaman KTP-el"

_RESUMED = Words(
    "{nik}: dilanjutkan dari {where}; yang sudah terekam tetap.",
    "{nik}: going on at {where}; what was recorded stays.",
)
_ALREADY = Words(
    "{nik}: sudah direkam ({number}).", "{nik}: recorded before ({number})."
)
_RECORDED = Words(
    "{nik}: {level_words}, nomor {number}, kode ambil {pickup}.{mirror}",
    "{nik}: {level_words}, number {number}, pick-up code {pickup}.{mirror}",
)
_NO_MIRROR = Words(" Media kedua TIDAK terpasang.", " The second medium is NOT there.")
_DONE = Words(
    "Selesai: {recorded} direkam, {already} sudah pernah, {refused} ditolak.",
    "Done: {recorded} recorded, {already} before, {refused} refused.",
)
_OFFER = Words(
    "{part} tidak dapat diambil. Alasan:", "{part} cannot be taken. The reason:"
)
_CHOOSE = Words(
    "Nomor alasan, Enter untuk {suggested}, b untuk berhenti: ",
    "Number of the reason, Enter for {suggested}, q to stop: ",
)
_TEXT = Words("Keterangan: ", "In words: ")


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--nik", action="append", help=say(_NIK))
    who.add_argument("--list", type=Path, metavar="FILE", help=say(_LIST))
    parser.add_argument("--proofs", type=Path, metavar="FOLDER", help=say(_PROOFS))
    parser.add_argument("--scanner-root", type=Path, metavar="FILE", help=say(_ROOT))
    parser.add_argument("--scanner", type=int, metavar="PORT", help=say(_PORT))
    parser.add_argument("--sim-person", action="store_true", help=say(_SIM))
    add_desk_arguments(parser, say)


def run(call: Call) -> None:
    """Record each person in turn.

    1. Everybody is looked up before anybody is recorded.
    2. One person who may not be recorded does not stop the others of a list; a device
       that fails ends the run, and the next run goes on at the same part.
    """
    niks = list(dict.fromkeys(call.nik or _read_list(call.list)))
    with call.open() as office:
        officer = sign_in_officer(call, office, "record")
        waiting = [_resident(nik) for nik in niks]
        sit_at(office, call.scanner)
        scanner = scanner_of(office, call.scanner_root)
        check_plugged_in(scanner)
        if call.proofs is not None:
            call.proofs.mkdir(parents=True, exist_ok=True)
        desk = _Desk(call, office, officer, scanner, Teller(call))
        counts = dict.fromkeys(("recorded", "already", "refused"), 0)
        for resident in waiting:
            counts[_record(desk, resident, is_alone=len(niks) == 1)] += 1
        desk.teller.tell("done", fill(_DONE, **counts), **counts)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One run at one desk."""

    call: Call
    office: Office
    officer: bytes
    scanner: Scanner
    teller: Teller


def _read_list(path: Path) -> Sequence[str]:
    """The NIK of a list; refuses the whole of it for one bad line."""
    with path.open("rb") as file:
        text = file.read(LIST_BYTES_MAX + 1)
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines()]
    niks = [line for line in lines if line]
    bad = next((nik for nik in niks if not _is_nik(nik)), "")
    if bad or not niks or len(niks) > LIST_MAX or len(text) > LIST_BYTES_MAX:
        raise Refusal(
            "bad_list",
            id=f"Berkas {path} bukan daftar NIK (satu per baris, paling banyak {LIST_MAX}; "
            f"contoh yang salah: {bad[:30]!r}). Tidak ada yang direkam.",
            en=f"The file {path} is no list of NIK (one a line, {LIST_MAX} at most; a wrong "
            f"one: {bad[:30]!r}). Nobody was recorded.",
        )
    return niks


def _is_nik(text: str) -> bool:
    return len(text) == NIK_DIGITS and text.isascii() and text.isdecimal()


def _resident(nik: str) -> Resident:
    found = people.by_nik(nik) if _is_nik(nik) else None
    if found is None:
        raise Refusal(
            "unknown_nik",
            id=f"NIK {nik[:20]!r} tidak ada di buku simpul ini; periksa angkanya atau cari "
            "namanya dengan `perahu find`. Tidak ada yang direkam.",
            en=f"NIK {nik[:20]!r} is not in this node's book; check its digits or look for "
            "the name with `perahu find`. Nobody was recorded.",
        )
    return found


def _record(desk: _Desk, resident: Resident, *, is_alone: bool) -> str:
    """One person; gives which of the counts goes up."""
    nik = resident.biodata.nik
    known = reads.known_recording(resident.person, nik)
    step = rules.next_step(known) if known is not None else None
    if known is not None and step == Step("done") and not is_alone:
        told = {"nik": nik, "number": known.number, "recording": known.recording.hex()}
        desk.teller.tell("already", fill(_ALREADY, **told), **told)
        return "already"
    if desk.call.sim_person:
        tell_simulator(desk.office, resident.biodata)
    if step is not None and step != Step("done"):
        where = step_words(step.name, step.part)
        words = fill(_RESUMED, nik=nik, where=where)
        desk.teller.tell("resumed", words, nik=nik, step=step.name, part=step.part)
    try:
        recorded = _at_the_scanners(desk, nik)
    except DeviceFault:
        raise
    except Refusal as refusal:
        if is_alone:
            raise
        desk.teller.refused(refusal, Words(nik, nik), nik=nik)
        return "refused"
    _tell_recorded(desk, nik, recorded)
    return "recorded"


def _at_the_scanners(desk: _Desk, nik: str) -> Recorded:
    # 40 MB of Pillow and numpy, for those who record only.
    from perahu.devices.matcher import MinutiaeMatcher

    with desk.teller.bar(Words(nik, nik), len(PARTS)) as bar:

        def show(progress: Progress) -> None:
            watched.settled = progress.settled
            told = {"nik": nik, "step": progress.step, "part": progress.part}
            desk.teller.tell(
                "step",
                progress.warning,
                **told,
                n=progress.settled,
                score=progress.score,
                warning=progress.warning or "",
            )
            where = step_words(progress.step, progress.part).in_(desk.call.lang)
            bar.to(progress.settled, f"{nik} {where}")

        def answer(offer: Offer) -> tuple[str, str] | None:
            if not may_ask(desk.call):
                return offer.suggested, ""
            with bar.away():
                return _ask_officer(offer, desk.call.lang)

        watched = _Watched(desk.scanner, show)
        return record_person(
            Desk(
                office=desk.office,
                scanner=watched,
                matcher=MinutiaeMatcher(),
                officer=desk.officer,
                random=system_random,
                on_progress=show,
                answer=answer,
            ),
            nik=nik,
            resume=True,
        )


@dataclass(slots=True)
class _Watched:
    """The scanners of the desk; they say which part they want before each capture."""

    scanner: Scanner
    show: Callable[[Progress], None]
    settled: int = 0

    def devices(self) -> Sequence[ScannerStatus]:
        """What is plugged in now."""
        return self.scanner.devices()

    def capture(
        self,
        part: str,
        *,
        requested_score: int = 60,
        timeout_s: float = 10.0,
        background: str = "",
    ) -> Capture:
        """Tell the person what to show, then capture it; raises DeviceFault."""
        self.show(Progress("scan", part, self.settled))
        return self.scanner.capture(
            part,
            requested_score=requested_score,
            timeout_s=timeout_s,
            background=background,
        )


def _ask_officer(offer: Offer, language: str) -> tuple[str, str] | None:
    """The reason that she chooses, with her words where it needs some."""
    print(fill(_OFFER, part=part_words(offer.part)).in_(language))
    for number, reason in enumerate(offer.reasons, 1):
        print(f"  {number}. {reason_words(reason).in_(language)}")
    suggested = reason_words(offer.suggested)
    while True:
        key = typed(fill(_CHOOSE, suggested=suggested), language)
        if key is None or key.lower() in ("b", "q"):
            return None
        if not key:
            return offer.suggested, ""
        if key.isdecimal() and 1 <= int(key) <= len(offer.reasons):
            reason = offer.reasons[int(key) - 1]
            is_other = reason == "LAINNYA"
            return reason, (typed(_TEXT, language) or "") if is_other else ""


def _tell_recorded(desk: _Desk, nik: str, recorded: Recorded) -> None:
    receipt = recorded.receipt
    told = {
        "nik": nik,
        "number": recorded.number,
        "journal": receipt.journal.hex(),
        "seq": receipt.seq,
        "h": receipt.h.hex(),
        "op_id": receipt.op_id.hex(),
        "level": int(receipt.level),
        "mirrored": receipt.mirrored,
        "pickup": recorded.code,
        "recording": recorded.recording.hex(),
        "person": recorded.person.hex(),
    }
    if desk.call.proofs is not None:
        told["proof"] = str(_write_proof(desk, recorded))
    mirror = Words("", "") if receipt.mirrored else _NO_MIRROR
    words = fill(_RECORDED, mirror=mirror, level_words=receipt.level.words, **told)
    desk.teller.tell("recorded", words, **told)


def _write_proof(desk: _Desk, recorded: Recorded) -> Path:
    """The proof as a picture, whole or not at all."""
    from perahu.devices import proof_image

    paper, qr = actions.proof_paper(
        desk.office.journal,
        recording=recorded.recording,
        today=desk.office.now().today,
    )
    png = proof_image.render(_PROOF_TITLE, paper.lines, qr)
    path: Path = desk.call.proofs / f"{recorded.recording.hex()}.png"
    RealDisk().replace_durable(path, png)
    return path
