"""What may happen in a recording (perekaman): pure functions over its state.

The rules, in the order a person meets them (domain.md 1.1 to 1.3):

- recorded is who is old enough by the calendar of the place, or married or ever married,
  and a foreigner only with a permanent stay permit (ITAP);
- once for life: moving house never records again; a call-back reopens named parts only;
- biodata are confirmed before the first capture; photo, signature, fingers and irises come
  in any order; what cannot be taken is excepted with a reason, never a dead end;
- then both index fingers are compared, the statement is signed, the packet is closed and
  the proof is given.

Example: `decide_part(state, capture)` gives the `PartCaptured` to append, or refuses.
What the hub notes of the centre is in `rules_centre`, the proof in `rules_proof`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from perahu.enrolment import facts
from perahu.enrolment.facts import FINGERS, INDEXES, IRISES, PARTS, PHOTO, SIGNATURE
from perahu.people.facts import Biodata
from perahu.words import Refusal, Words

CENTRE_FRESH_MS = 10 * 60 * 1000
"""Under ONLINE_ONLY a centre answer older than this no longer allows a capture."""

TEXT_CHARS_MAX = 200
RECORD_BYTES_MAX = 1 << 20
"""One sealed part; a face of a good camera is 0.2 MB, everything else far less."""

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """Where one part of a recording stands: open, captured or excepted."""

    part: str
    status: str = "open"
    score: int = 0
    tries: int = 0
    blob: bytes = b""
    """SHA-256 of the sealed part, where it is captured."""
    recalled: str = ""
    """Why the hub asked for it once more, while it is open again."""
    exception: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingState:
    """All that the rules need to know of one recording."""

    recording: bytes
    person: bytes
    nik: str
    number: str
    wilayah: str
    background: str
    node: bytes
    confirmed: bool = False
    parts: Mapping[str, PartState] = field(default_factory=dict)
    unverified: tuple[str, ...] = ()
    """The captured index fingers that no comparison has covered yet."""
    signed: bool = False
    whole: bool = False
    """Closed, and nothing of it was reopened since."""
    version: int = 0
    """Of the last closed packet; 0 before the first."""
    abandoned: bool = False
    proof_level: int = -1
    """The level of the last proof given for this version; -1 for none."""

    def part(self, name: str) -> PartState:
        """The part of this name; open where nothing is known of it."""
        return self.parts.get(name) or PartState(part=name)

    @property
    def open_parts(self) -> tuple[str, ...]:
        """The parts still to take or to except, in the order of PARTS."""
        return tuple(p for p in PARTS if self.part(p).status == "open")


class Step(NamedTuple):
    """What comes next: confirm, capture (of `part`), verify, sign, complete, proof, done."""

    name: str
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A recording about to begin: of whom, where, and under which number."""

    person: bytes
    recording: bytes
    wilayah: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One accepted capture on its way to be sealed; the bytes never enter a fact."""

    part: str
    record: bytes
    score: int
    tries: int
    device: str
    background: str = ""
    thumbnail: bytes = b""


class Quality(NamedTuple):
    """How good a capture of a modality should be, must be, and how often it is tried."""

    requested: int
    floor: int
    tries_max: int


_QUALITY = {
    # A card needs a face: the best of three photos always stands, with a warning.
    "photo": Quality(70, 0, 3),
    "signature": Quality(40, 0, 3),
    "finger": Quality(60, 35, 3),
    "iris": Quality(60, 35, 3),
}


def modality(part: str) -> str:
    """photo, signature, finger or iris. Refuses a part that does not exist."""
    if part in (PHOTO, SIGNATURE):
        return part
    if part in FINGERS:
        return "finger"
    if part in IRISES:
        return "iris"
    raise Refusal(
        "unknown_part",
        id=f"Bagian rekaman “{part[:40]}” tidak dikenal; pilih bagian dari daftar.",
        en=f"There is no part “{part[:40]}” in a recording; choose one from the list.",
    )


def quality(part: str) -> Quality:
    """The scores and tries for a part; data that a decree may change."""
    return _QUALITY[modality(part)]


def judge_scores(part: str, scores: Sequence[int]) -> str:
    """accept, retry, or offer_exception, after these tries at one part.

    Best of n (domain.md 1.3): good enough is taken at once; after the last try the best
    stands if it is above the floor; only then an exception is offered.
    """
    wanted = quality(part)
    best = max(scores, default=0)
    if scores and best >= wanted.requested:
        return "accept"
    if len(scores) < wanted.tries_max:
        return "retry"
    return "accept" if best >= wanted.floor else "offer_exception"


def age_on(born: date, today: date) -> int:
    """Full years by the calendar; who is born on 29 February is a year older on 1 March."""
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (0 if had_birthday else 1)


def background_for(biodata: Biodata) -> str:
    """red in odd, blue in even birth years, orange for a foreigner (domain.md 1.3)."""
    if biodata.kewarganegaraan != "WNI":
        return "orange"
    return "red" if biodata.tanggal_lahir.year % 2 else "blue"


def background_warning(required: str, seen: str) -> Words | None:
    """What to say where the camera saw another background than the law wants."""
    if not seen or seen == required:
        return None
    merah = {"red": "merah", "blue": "biru", "orange": "jingga"}
    return Words(
        f"Latar foto harus {merah[required]}, terlihat {merah.get(seen, seen)}; ganti.",
        f"The photo background must be {required}, it looks {seen}; change it.",
    )


def register_number(serial: int, wilayah: str, day: date, mark: str = "") -> str:
    """The office's own number, as `0001/170301/XI/2026`: slashes, so never like a NIK.

    A laptop that travels in an office's wilayah counts by itself, so its numbers bear its
    mark: `0001/170301-K7/XI/2026`.
    """
    place = f"{wilayah[:6]}-{mark}" if mark else wilayah[:6]
    return f"{serial:04d}/{place}/{_ROMAN[day.month - 1]}/{day.year}"


# --- the recording, step by step -------------------------------------------------------


def check_may_record(biodata: Biodata, today: date, umur_rekam_min: int) -> None:
    """Refuses who is too young and never married, or a foreigner without a valid ITAP."""
    if biodata.kewarganegaraan != "WNI" and (
        biodata.berlaku_hingga is None or biodata.berlaku_hingga < today
    ):
        raise Refusal(
            "no_itap",
            id="Orang asing direkam hanya dengan ITAP yang berlaku; perbarui ITAP dulu.",
            en="A foreigner is recorded only with a valid ITAP; renew it first.",
        )
    # UU 24/2013 art. 63: 17, or married or ever married; recording from umur_rekam_min.
    ever_married = biodata.status_kawin >= 2
    age = age_on(biodata.tanggal_lahir, today)
    if age < umur_rekam_min and not ever_married:
        raise Refusal(
            "too_young",
            id=f"Umur {age} tahun; perekaman mulai {umur_rekam_min} tahun atau menikah.",
            en=f"Aged {age}; recording begins at {umur_rekam_min}, or once married.",
        )


def check_once_for_life(status_rekam: str, known: RecordingState | None) -> None:
    """Refuses where the centre or this book already holds a recording of the person."""
    if known is not None and not known.abandoned:
        if known.version == 0:
            raise Refusal(
                "recording_open",
                id=f"Perekaman {known.number} belum selesai dan tidak hilang; lanjutkan.",
                en=f"Recording {known.number} is unfinished and not lost; resume it.",
            )
        raise Refusal(
            "recorded_before",
            id=f"Sudah direkam ({known.number}); sekali seumur hidup, tidak perlu ulang.",
            en=f"Already recorded ({known.number}); once for life, no need to repeat it.",
        )
    if status_rekam not in ("", "UNREGISTERED"):
        raise Refusal(
            "recorded_before",
            id=f"Pusat sudah punya rekaman orang ini ({status_rekam}); pindah alamat "
            "tidak perlu rekam ulang. Periksa status kartunya.",
            en=f"The centre already holds this person's recording ({status_rekam}); moving "
            "house needs no new one. Look up the card's status instead.",
        )


def check_still_going(state: RecordingState | None) -> RecordingState:
    """The recording, where it is known here and was not given up."""
    if state is None:
        raise Refusal(
            "unknown_recording",
            id="Perekaman ini tidak ada di buku simpul ini; periksa nomornya.",
            en="This recording is not in this node's book; check its number.",
        )
    if state.abandoned:
        raise Refusal(
            "abandoned",
            id=f"Perekaman {state.number} sudah dibatalkan; buka perekaman baru.",
            en=f"Recording {state.number} was given up; open a new one.",
        )
    return state


def next_step(state: RecordingState) -> Step:
    """Where the session goes on, from what the journal holds and nothing else."""
    if state.abandoned:
        return Step("abandoned")
    if not state.confirmed:
        return Step("confirm")
    if state.open_parts:
        return Step("capture", state.open_parts[0])
    if state.unverified:
        return Step("verify")
    if not state.signed:
        return Step("sign")
    if not state.whole:
        return Step("complete")
    return Step("done" if state.proof_level >= 0 else "proof")


def packet_status(state: RecordingState) -> str:
    """The first of the four axes (domain.md 1.5); then the receipt level takes over."""
    if state.whole:
        return "TERSEGEL"
    return "DRAF" if not state.confirmed or state.open_parts else "LENGKAP"


def decide_open(opening: Opening, biodata: Biodata) -> facts.RecordingOpened:
    """Step 4, after the checks of who may be recorded."""
    return facts.RecordingOpened(
        person=opening.person,
        recording=opening.recording,
        wilayah=opening.wilayah,
        number=opening.number,
        nik=biodata.nik,
        background=background_for(biodata),
    )


def decide_confirm(state: RecordingState) -> facts.BiodataConfirmed:
    """Step 5. Refuses a second confirmation."""
    if state.confirmed:
        raise _out_of_turn("biodata sudah dikonfirmasi", "the biodata are confirmed")
    return facts.BiodataConfirmed(person=state.person, recording=state.recording)


def check_centre_fresh(online_only: bool, now_ms: int, centre_seen_ms: int) -> None:
    """Under ONLINE_ONLY, refuses a capture without a fresh centre answer."""
    if not online_only or abs(now_ms - centre_seen_ms) < CENTRE_FRESH_MS:
        return
    raise Refusal(
        "centre_not_seen",
        id="Kabupaten ini hanya merekam saat pusat terhubung, dan jawaban pusat sudah lebih "
        "dari 10 menit. Yang tercatat aman; antrean dan layanan lain tetap jalan.",
        en="This kabupaten records only while the centre answers, and its last answer is "
        "over 10 minutes old. What is recorded is safe; queue and other services go on.",
    )


def check_part_open(state: RecordingState, part: str) -> None:
    """Refuses a part out of turn: before the biodata, or in a closed packet."""
    modality(part)
    if not state.confirmed:
        raise _out_of_turn("konfirmasi biodata dulu", "confirm the biodata first")
    # What the person signed for changes only by a call-back; an index finger waits for its
    # comparison, and is taken anew where a crash lost the template from memory.
    settled = state.signed and part not in state.unverified
    if state.whole or (settled and state.part(part).status != "open"):
        raise _out_of_turn("bagian ini sudah ditutup", "this part is closed")


def decide_part(state: RecordingState, capture: Capture) -> facts.PartCaptured:
    """Step 6, one part. Before the statement a part may be taken again; the last counts."""
    check_part_open(state, capture.part)
    sizes = (len(capture.record), len(capture.thumbnail))
    fits = 0 < sizes[0] <= RECORD_BYTES_MAX and sizes[1] <= RECORD_BYTES_MAX
    if not fits or not 0 <= capture.score <= 100 or not 1 <= capture.tries <= 99:
        raise Refusal(
            "bad_capture",
            id="Alat memberi rekaman kosong, terlalu besar atau bernilai di luar 0–100; "
            "periksa alat lalu ambil sekali lagi.",
            en="The device gave an empty or far too big record, or a score outside 0–100; "
            "check the device and capture once more.",
        )
    return facts.PartCaptured(
        person=state.person,
        recording=state.recording,
        part=capture.part,
        score=capture.score,
        tries=capture.tries,
        device=capture.device[:64],
        background=capture.background[:16],
    )


def decide_exception(
    state: RecordingState, part: str, reason: str, text: str
) -> facts.PartExcepted:
    """A part that cannot be taken, with its reason; LAINNYA wants it in words."""
    check_part_open(state, part)
    allowed = facts.REASONS_FOR[modality(part)]
    in_words = len(text) <= TEXT_CHARS_MAX and (reason != "LAINNYA" or text.strip())
    if reason not in allowed or not in_words:
        choice = ", ".join(allowed)
        raise Refusal(
            "exception_reason",
            id=f"Alasan ini tidak berlaku untuk bagian ini. Pilih: {choice or 'tidak ada'}; "
            f"LAINNYA harus ditulis, paling banyak {TEXT_CHARS_MAX} huruf.",
            en=f"This reason does not fit this part. Choose: {choice or 'none'}; "
            f"LAINNYA must be written out, {TEXT_CHARS_MAX} characters at most.",
        )
    return facts.PartExcepted(
        person=state.person,
        recording=state.recording,
        part=part,
        reason=reason,
        text=text,
    )


def decide_verified(
    state: RecordingState, scores: Mapping[str, int], threshold: int
) -> facts.IndexesVerified:
    """Step 7: each captured index finger matches its second scan."""
    if not state.confirmed or state.open_parts:
        raise _out_of_turn("masih ada bagian terbuka", "some parts are still open")
    if any(scores.get(part, 0) < threshold for part in state.unverified):
        raise Refusal(
            "index_mismatch",
            id="Telunjuk tidak cocok; bersihkan jari dan alat, pindai lagi. Tak ada yang hilang.",
            en="The index finger does not match; clean it and scan again. Nothing was lost.",
        )
    given = [scores.get(p, 0) if p in state.unverified else 0 for p in INDEXES]
    return facts.IndexesVerified(
        person=state.person,
        recording=state.recording,
        right_score=given[0],
        left_score=given[1],
    )


def decide_statement(state: RecordingState, by_line: bool) -> facts.StatementSigned:
    """Step 8: the statement of truth, after the fingers were compared."""
    if next_step(state).name != "sign":
        raise _out_of_turn("bukan giliran tanda tangan", "it is not the time to sign")
    return facts.StatementSigned(
        person=state.person, recording=state.recording, by_line=by_line
    )


def manifest_of(state: RecordingState) -> bytes:
    """SHA-256 over the blob hashes of the captured parts, in the order of PARTS."""
    held = (state.part(name) for name in PARTS)
    return hashlib.sha256(
        b"".join(p.blob for p in held if p.status == "captured")
    ).digest()


def decide_complete(state: RecordingState) -> facts.RecordingCompleted:
    """Step 9: close the packet; one version more than the last."""
    if next_step(state).name != "complete":
        raise _out_of_turn("paket belum lengkap", "the packet is not whole yet")
    return facts.RecordingCompleted(
        person=state.person,
        recording=state.recording,
        manifest=manifest_of(state),
        version=state.version + 1,
    )


def decide_abandon(state: RecordingState, reason: str) -> facts.RecordingAbandoned:
    """Give up a recording that was never closed; what was closed stands."""
    if state.version:
        raise _out_of_turn("perekaman sudah ditutup", "the recording is closed already")
    if not 0 < len(reason.strip()) <= TEXT_CHARS_MAX:
        raise Refusal(
            "reason_missing",
            id=f"Tulis alasannya, paling banyak {TEXT_CHARS_MAX} huruf.",
            en=f"Write the reason, {TEXT_CHARS_MAX} characters at most.",
        )
    return facts.RecordingAbandoned(
        person=state.person, recording=state.recording, reason=reason.strip()
    )


def decide_proof(
    state: RecordingState, level: int, pickup_code: str
) -> facts.ProofIssued:
    """Step 10: the proof of a closed packet; the code's hash lets the hub order with it."""
    if not state.whole:
        raise _out_of_turn("paket belum ditutup", "the packet is not closed yet")
    return facts.ProofIssued(
        person=state.person,
        recording=state.recording,
        level=level,
        pickup=pickup_hash(pickup_code),
    )


def pickup_hash(code: str) -> bytes:
    """SHA-256 of a pick-up code as people type it: spaces, dashes and case do not count."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    return hashlib.sha256(plain.encode()).digest() if plain else b""


def _out_of_turn(id: str, en: str) -> Refusal:
    return Refusal(
        "out_of_turn",
        id=f"Langkah ini belum bisa: {id}. Yang sudah tercatat tidak hilang.",
        en=f"This step cannot be done now: {en}. Nothing recorded was lost.",
    )
