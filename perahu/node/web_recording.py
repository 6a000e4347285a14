"""The desks' devices at work for the recording pages: one run per desk, each in a thread.

- A run captures one group of parts and ends. What it takes is in the book at once; how it
  is going is in memory only, as a `Run` that pages show.
- The index templates and a small picture of the photo stay in memory while the person is
  there: until the proof is given, the recording is paused or given up, or the node ends.
- A run ends after the capture it is in when somebody stops it: another desk that took the
  person over, the operator, the end of the node.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from perahu.devices.ports import Capture, FingerMatcher, Scanner, ScannerStatus
from perahu.enrolment import actions, actions_capture, reads
from perahu.enrolment.actions_capture import Bench, Progress
from perahu.enrolment.facts import PHOTO
from perahu.node.cli import sentence_or_mistake
from perahu.node.desk_devices import scanner_of, tell_simulator
from perahu.node.office import Office
from perahu.node.status import clock_doubt
from perahu.node.web_recording_claims import Claims
from perahu.people import reads as people
from perahu.web.recording.ports import (
    STATEMENT,
    VERIFY,
    Claim,
    Run,
    Sitter,
    Wanted,
)
from perahu.words import Refusal, Words

LOOK_S = 3.0
"""So long what is plugged in may be old; discovery waits for devices that hang."""
REMEMBERED_MAX = 50
"""Recordings of which templates and a picture are in memory."""
OPS_MAX = 200
"""Forms remembered as sent."""

_EMPTY_PAD = Words(
    "Papan tanda tangan masih kosong; minta warga menandatangani, lalu coba lagi. Bila "
    "tidak bisa, pakai garis. Yang tercatat aman.",
    "The signature pad is still empty; ask for the signature, then try again. Who cannot "
    "sign uses the line. What is recorded is safe.",
)


@dataclass(slots=True)
class _Memory:
    """What is in memory of one recording."""

    templates: dict[str, bytes] = field(default_factory=dict)
    thumbnail: bytes = b""


class _Desk:
    """One desk: its scanner, and the run that is going on or was the last."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.lock = threading.Lock()
        self.scanner: Scanner | None = None
        self.seen: tuple[float, Sequence[ScannerStatus]] | None = None
        self.run: Run | None = None
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def change(self, **changes: Any) -> None:
        """Tell how the run is going."""
        with self.lock:
            assert self.run is not None
            self.run = replace(self.run, **changes)


class WebRecording:
    """The port of the recording pages; one per node process."""

    def __init__(self, office: Office) -> None:
        self._office = office
        ports = office.settings.scanners
        self._desks = {n: _Desk(port) for n, port in enumerate(ports, 1)}
        self._claims = Claims(office.clock.monotonic_s, lambda: office.now().wall_ms)
        self._memory: OrderedDict[bytes, _Memory] = OrderedDict()
        self._ops: deque[bytes] = deque(maxlen=OPS_MAX)
        self._lock = threading.Lock()
        self._is_closed = False

    # --- devices -------------------------------------------------------------------------

    def scanners(self, desk: int) -> Sequence[ScannerStatus]:
        """What is plugged in at a desk; at most a few seconds old."""
        found = self._desks.get(desk)
        if found is None:
            return ()
        now_s = self._office.clock.monotonic_s()
        busy = found.run is not None and found.run.is_on
        if found.seen is None or (now_s - found.seen[0] > LOOK_S and not busy):
            try:
                seen = self._scanner(found).devices()
                # From its end: a device that hangs makes one page wait, not every page.
                found.seen = self._office.clock.monotonic_s(), seen
            except Refusal:
                return ()
        return found.seen[1]

    def photo_of(self, jpeg: bytes) -> Capture:
        """The photo of a browser's camera. Raises DeviceFault."""
        # 40 MB of Pillow and numpy, for those who record only.
        from perahu.devices.from_browser import photo_of

        taken = datetime.fromtimestamp(self._office.now().wall_ms / 1000, UTC)
        return photo_of(jpeg, taken=taken)

    def signature_of(self, png: bytes) -> Capture:
        """The signature drawn on a screen. Raises DeviceFault."""
        from perahu.devices.from_browser import signature_of

        return signature_of(png)

    def clock_doubt(self) -> Words | None:
        """Why a person must confirm the date first, or None."""
        return clock_doubt(self._office)

    def _scanner(self, desk: _Desk) -> Scanner:
        with desk.lock:
            if desk.scanner is None:
                desk.scanner = scanner_of(self._office, None, (desk.port,))
            return desk.scanner

    # --- runs ----------------------------------------------------------------------------

    def start(self, wanted: Wanted) -> None:
        """Begin a run; the same op begins it once. Raises Refusal."""
        desk = self._desks.get(wanted.sitter.desk)
        if desk is None:
            raise _no_scanner()
        with self._lock:
            if wanted.op in self._ops or self._is_closed:
                return
            run = desk.run
            if run is not None and run.is_on:
                if run.wanted.recording == wanted.recording:
                    return
                raise _busy()
            self._ops.append(wanted.op)
            desk.stopping = threading.Event()
            desk.run = Run(wanted=wanted)
            desk.thread = threading.Thread(
                target=self._work, args=(desk,), name=f"desk {wanted.sitter.desk}"
            )
            desk.thread.start()

    def run_of(self, desk: int, recording: bytes) -> Run | None:
        """The run of this recording at this desk, going on or the last one."""
        found = self._desks.get(desk)
        run = found.run if found else None
        return run if run and run.wanted.recording == recording else None

    def stop(self, recording: bytes) -> None:
        """End the run of a recording, at whichever desk it is."""
        for desk in self._desks.values():
            if desk.run is not None and desk.run.wanted.recording == recording:
                desk.stopping.set()

    def close(self, wait_s: float) -> None:
        """End all runs, each after the capture it is in."""
        with self._lock:
            self._is_closed = True
        for desk in self._desks.values():
            desk.stopping.set()
        for desk in self._desks.values():
            if desk.thread is not None:
                desk.thread.join(wait_s)

    def _work(self, desk: _Desk) -> None:
        trouble: Words | None = None
        try:
            with self._office.at_work():
                trouble = self._run(desk)
        except Exception as error:  # noqa: BLE001 - said on the page, in words
            trouble = sentence_or_mistake(error)
        finally:
            self._office.tables.release_thread()
            desk.change(is_on=False, now="", trouble=trouble)

    def _run(self, desk: _Desk) -> Words | None:
        """Do what is wanted; gives what to say where nothing was signed."""
        assert desk.run is not None
        wanted, journal = desk.run.wanted, self._office.journal
        bench = self._bench(desk, wanted)
        self._tell_simulator(desk, bench)
        if wanted.kind == VERIFY:
            offer = actions_capture.verify(bench)
            if offer is not None:
                desk.change(offers={offer.part: offer})
        elif wanted.kind == STATEMENT:
            signature = actions_capture.signature_on_pad(bench)
            if not signature:
                return _EMPTY_PAD
            actions.sign_statement(
                journal,
                bench.ask(),
                recording=wanted.recording,
                signature=signature,
                by_line=False,
            )
            actions_capture.close_and_prove(journal, bench.ask, wanted.recording)
        else:
            _take(desk, bench, wanted.parts)
        return None

    def _bench(self, desk: _Desk, wanted: Wanted) -> Bench:
        stopping, memory = desk.stopping, self._memory_of(wanted.recording)

        def saw(shot: Capture) -> None:
            if shot.part == PHOTO and shot.thumbnail:
                memory.thumbnail = shot.thumbnail

        def watch(progress: Progress) -> None:
            if progress.warning is not None:
                desk.change(warning=progress.warning)

        return Bench(
            journal=self._office.journal,
            recording=wanted.recording,
            ask=lambda: self._office.ask(wanted.sitter.operator),
            scanner=_Watched(self._scanner(desk), desk, saw),
            matcher=_matcher(),
            templates=memory.templates,
            watch=watch,
            goes_on=lambda: not stopping.is_set(),
        )

    def _tell_simulator(self, desk: _Desk, bench: Bench) -> None:
        """In a demonstration the simulated scanners hear who stands there."""
        if self._office.settings.demonstration:
            biodata = people.biodata(bench.state().person)
            if biodata is not None:
                tell_simulator(self._office, biodata, (desk.port,))

    # --- memory --------------------------------------------------------------------------

    def forget(self, recording: bytes) -> None:
        """Let go of what is in memory of a recording."""
        with self._lock:
            self._memory.pop(recording, None)

    def see_photo(self, recording: bytes, thumbnail: bytes) -> None:
        """Keep a small picture of the accepted photo in memory while the person is there."""
        self._memory_of(recording).thumbnail = thumbnail

    def photo_seen(self, recording: bytes) -> bytes:
        """That picture; empty where this node's memory has none."""
        found = self._memory.get(recording)
        return found.thumbnail if found else b""

    def _memory_of(self, recording: bytes) -> _Memory:
        with self._lock:
            found = self._memory.setdefault(recording, _Memory())
            self._memory.move_to_end(recording)
            while len(self._memory) > REMEMBERED_MAX:
                self._memory.popitem(last=False)
            return found

    # --- who works on whom ---------------------------------------------------------------

    def holder(self, person: bytes, sitter: Sitter) -> Claim | None:
        """Who else works on this person now."""
        return self._claims.holder(person, sitter)

    def claim(self, person: bytes, sitter: Sitter) -> Claim | None:
        """Work on this person from here; None where that is so now, else who does."""
        return self._claims.claim(person, sitter)

    def take_over(self, person: bytes, sitter: Sitter) -> None:
        """Work on this person from here; a run of the other desk ends."""
        self._claims.take_over(person, sitter)
        for number, desk in self._desks.items():
            run = desk.run
            if run is None or not run.is_on:
                continue
            state = reads.recording(run.wanted.recording)
            is_same = state is not None and state.person == person
            if is_same and (number, run.wanted.sitter.session) != (
                sitter.desk,
                sitter.session,
            ):
                desk.stopping.set()

    def let_go(self, person: bytes, sitter: Sitter) -> None:
        """Work on this person no more."""
        self._claims.let_go(person, sitter)


@dataclass(frozen=True, slots=True)
class _Watched:
    """The scanner of a desk; says which part it wants, and what it gave."""

    scanner: Scanner
    desk: _Desk
    saw: Callable[[Capture], None]

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
        """Capture one part; raises DeviceFault."""
        run = self.desk.run
        tries = run.tries + 1 if run is not None and run.now == part else 1
        self.desk.change(now=part, tries=tries)
        shot = self.scanner.capture(
            part,
            requested_score=requested_score,
            timeout_s=timeout_s,
            background=background,
        )
        self.desk.change(last_score=shot.score)
        self.saw(shot)
        return shot


def _take(desk: _Desk, bench: Bench, parts: Sequence[str]) -> None:
    """Take one part after another; what cannot be taken does not stop the others."""
    offers = {}
    for part in parts:
        if not bench.goes_on():
            raise actions_capture.stopped()
        offer = actions_capture.take_part(bench, part)
        if offer is not None:
            offers[part] = offer
            desk.change(offers=dict(offers))


def _matcher() -> FingerMatcher:
    # 40 MB of Pillow and numpy, for those who record only.
    from perahu.devices.matcher import MinutiaeMatcher

    return MinutiaeMatcher()


def _no_scanner() -> Refusal:
    return Refusal(
        "no_scanner",
        id="Meja ini belum punya pemindai. Pasang alatnya dan isi scanners di node.toml, atau "
        "lanjutkan di meja lain. Yang tercatat aman.",
        en="This desk has no scanner. Plug one in and set scanners in node.toml, or go on at "
        "another desk. What is recorded is safe.",
    )


def _busy() -> Refusal:
    return Refusal(
        "desk_busy",
        id="Alat di meja ini sedang merekam orang lain. Tunggu sampai selesai, lalu tekan "
        "lagi. Yang tercatat aman.",
        en="The devices of this desk are recording somebody else. Wait until that is done, "
        "then press again. What is recorded is safe.",
    )
