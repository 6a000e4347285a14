"""The simulated centre: packets walk through its statuses, and some of them do not.

- It is a Centre: what the HTTP server offers can be had in one process too.
- What has happened by now is computed when it is asked, from the clock it is handed;
  delays and choices come from the seed. Its memory is SQLite, so it survives a restart.
- The search is real: the same fingers under another NIK are ONE_TO_ONE for the packet
  that came second, under several, or several recordings of one NIK, ONE_TO_MANY.
- A missing part is named by ENROLL_FAILURE_AT_CENTRAL; a later version passes once that
  part has changed. Parts a later version leaves out stay as they were.
- It keeps no part, only hashes: a simulator needs nobody's fingers.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perahu.centre.ports import (
    ONE_TO_MANY,
    ONE_TO_ONE,
    STATUSES_PER_PAGE_MAX,
    CentrePacket,
    CentreRefused,
    CentreStatus,
    StatusPage,
)
from perahu.centre.sim_plan import (
    AFTER_RELEASE,
    BLOCK,
    DUPLICATE,
    EFAC,
    FINGERS,
    NEEDED_PARTS,
    PATHS,
    PRR,
    VERDICT,
    Step,
    drawn,
    known_outcome,
    mixed,
)
from perahu.centre.sim_store import (
    Change,
    content_of,
    fingers_of,
    masked,
    reference_of,
    sha,
)

PLANNED_MAX = 100_000
OLDER = "OLDER"
"""Instead of an outcome: a later version of this recording had come before."""


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """What stays the same while it runs."""

    seed: int = 0
    delay_scale: float = 1.0
    """1 is a day or two until PRR; 0.00002 about two seconds."""
    plan: str = "none"
    """`none`: all pass; `mixed`: a sixth of the packets, in order of arrival, does not."""
    block: int = BLOCK
    """How many packets are mixed at a time."""


class SimulatedCentre:
    """A Centre with faults one can choose."""

    def __init__(
        self,
        store: sqlite3.Connection,
        *,
        now_ms: Callable[[], int],
        settings: SimulatorSettings | None = None,
    ) -> None:
        self._store = store
        self._now_ms = now_ms
        self._settings = settings or SimulatorSettings()

    def submit(self, packet: CentrePacket) -> str:
        """Take a packet; the same recording and version is taken once."""
        _check(packet)
        reference = reference_of(packet)
        with self._changing():
            self._advance()
            known = self._one("SELECT * FROM packet WHERE reference = ?", reference)
            if known is None:
                self._take(packet, reference)
                return reference
            if known["content"] != content_of(packet):
                raise CentreRefused(
                    "centre_packet_differs",
                    id="Pusat sudah memegang versi ini dengan isi yang lain. "
                    "Tidak ada yang hilang; kirim sebagai versi berikutnya.",
                    en="The centre already holds this version with another content. "
                    "Nothing was lost; send it as the next version.",
                )
            self._run(
                "UPDATE packet SET submits = submits + 1 WHERE arrival = ?",
                known["arrival"],
            )
            if known["forgotten"]:
                self._heal(known["arrival"])
        return reference

    def statuses(self, since: str = "") -> StatusPage:
        """The next page of changes after the cursor."""
        if since and not (since.isascii() and since.isdecimal() and len(since) <= 18):
            raise CentreRefused(
                "bad_cursor",
                id="Penanda halaman status tidak dikenal. Mulai lagi dari awal.",
                en="The cursor of the statuses is not known. Begin again at the start.",
            )
        with self._changing():
            self._advance()
        rows = self._store.execute(
            "SELECT * FROM event WHERE serial > ? ORDER BY serial LIMIT ?",
            (int(since or "0"), STATUSES_PER_PAGE_MAX),
        ).fetchall()
        page = tuple(
            CentreStatus(
                row["reference"], row["status"], row["detail"], row["other_nik"],
                row["drc"], row["at_ms"],
            )
            for row in rows
        )  # fmt: skip
        return StatusPage(page, str(rows[-1]["serial"]) if rows else since)

    def plan(self, outcomes: Mapping[str, str]) -> None:
        """Choose outcomes by NIK, or by order of arrival ("0" is the first recording).

        They count for a recording's first version, and only if it has not come yet.
        """
        if len(outcomes) > PLANNED_MAX:
            raise ValueError(f"at most {PLANNED_MAX} outcomes at once")
        rows = [(key, known_outcome(name)) for key, name in outcomes.items()]
        with self._changing():
            self._store.executemany(
                "INSERT OR REPLACE INTO planned VALUES (?, ?)", rows
            )

    def release(self, nik: str) -> bool:
        """Let a stuck packet of this NIK go on; False where none is stuck."""
        with self._changing():
            row = self._one(
                "SELECT arrival, reference FROM packet WHERE nik = ? AND outcome = 'STUCK'"
                " ORDER BY arrival DESC LIMIT 1",
                nik,
            )
            if row is None:
                return False
            self._run(
                "UPDATE packet SET outcome = 'PRR' WHERE arrival = ?", row["arrival"]
            )
            self._schedule(row["arrival"], row["reference"], AFTER_RELEASE)
        return True

    def truth(self) -> dict[str, object]:
        """What it really did with every packet, for whoever compares the books."""
        with self._changing():
            self._advance()
        rows = self._store.execute("SELECT * FROM packet ORDER BY arrival").fetchall()
        packets = [
            {
                "reference": row["reference"],
                "recording": row["recording"],
                "version": row["version"],
                "nik": row["nik"],
                "outcome": row["outcome"],
                "status": row["status"],
                "submits": row["submits"],
                "forgotten": bool(row["forgotten"]),
            }
            for row in rows
        ]
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        return {"packets": packets, "statuses": counts}

    def _take(self, packet: CentrePacket, reference: str) -> None:
        earlier = self._one(
            "SELECT * FROM packet WHERE recording = ? ORDER BY version DESC LIMIT 1",
            packet.recording,
        )
        parts: dict[str, str] = json.loads(earlier["parts"]) if earlier else {}
        parts.update({name: sha(record) for name, record in packet.parts.items()})
        parts.update(dict.fromkeys(packet.exceptions, ""))
        place = self._next_place() if earlier is None else int(earlier["place"])
        if earlier is not None and earlier["version"] > packet.version:
            outcome = OLDER
        else:
            outcome = self._outcome(packet, parts, earlier, place)
            if earlier is not None:
                self._run("DELETE FROM step WHERE arrival = ?", earlier["arrival"])
        cursor = self._store.execute(
            "INSERT INTO packet (place, reference, recording, version, nik, parts, fingers,"
            " content, outcome, forgotten) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                place, reference, packet.recording, packet.version, packet.nik,
                json.dumps(parts, sort_keys=True), fingers_of(parts), content_of(packet),
                outcome, outcome == "LOST",
            ),
        )  # fmt: skip
        name, _, part = outcome.partition(":")
        path = PATHS.get(name, ())
        if name == "EFAC":
            path = (*path[:-1], _with_detail(path[-1], part))
        self._schedule(cursor.lastrowid or 0, reference, path)

    def _next_place(self) -> int:
        row = self._one("SELECT COALESCE(MAX(place) + 1, 0) AS place FROM packet")
        return int(row["place"]) if row else 0

    def _outcome(
        self,
        packet: CentrePacket,
        parts: Mapping[str, str],
        earlier: sqlite3.Row | None,
        place: int,
    ) -> str:
        """What will become of it; of EFAC always with the part."""
        missing = next((part for part in NEEDED_PARTS if part not in parts), "")
        if missing:
            return f"EFAC:{missing}"
        if earlier is not None:
            failed = str(earlier["outcome"]).removeprefix("EFAC:")
            before = json.loads(earlier["parts"])
            same = failed in before and before[failed] == parts[failed]
            return f"EFAC:{failed}" if same and before[failed] else "PRR"
        outcome = self._planned(packet.nik, place)
        taken = [finger for finger in FINGERS if parts[finger]] or ["photo"]
        name, _, part = outcome.partition(":")
        if name == "EFAC" and not (part and parts[part]):
            part = taken[self._draw(f"efac:{packet.nik}") % len(taken)]
        return f"EFAC:{part}" if name == "EFAC" else outcome

    def _planned(self, nik: str, place: int) -> str:
        for key in (nik, str(place)):
            found = self._one("SELECT outcome FROM planned WHERE key = ?", key)
            if found is not None:
                return str(found["outcome"])
        settings = self._settings
        if settings.plan != "mixed":
            return "PRR"
        block, nth = divmod(place, settings.block)
        return mixed(settings.block, settings.seed + block)[nth]

    def _heal(self, arrival: int) -> None:
        """A lost packet came again: now it goes the common way."""
        self._run(
            "UPDATE packet SET forgotten = 0, outcome = 'PRR' WHERE arrival = ?",
            arrival,
        )
        row = self._one("SELECT reference FROM packet WHERE arrival = ?", arrival)
        assert row is not None
        self._schedule(arrival, row["reference"], PATHS["PRR"])

    def _schedule(self, arrival: int, reference: str, path: tuple[Step, ...]) -> None:
        due_ms = self._now_ms()
        for nth, step in enumerate(path):
            span = step.most_s - step.least_s
            share = self._draw(f"{reference}:{nth}:{step.status}") / 2**32
            delay_s = (step.least_s + span * share) * self._settings.delay_scale
            due_ms += round(delay_s * 1000)
            self._run(
                "INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)",
                due_ms, arrival, nth, step.status, step.detail, step.drc,
            )  # fmt: skip
        self._advance()

    def _advance(self) -> None:
        """Take every step that is due, in the order of its time."""
        now_ms = self._now_ms()
        while step := self._one(
            "SELECT step.*, packet.nik, packet.reference, packet.fingers,"
            " packet.recording FROM step JOIN packet USING (arrival)"
            " WHERE due_ms <= ? ORDER BY due_ms, arrival, nth LIMIT 1",
            now_ms,
        ):
            self._run(
                "DELETE FROM step WHERE due_ms = ? AND arrival = ? AND nth = ?",
                step["due_ms"], step["arrival"], step["nth"],
            )  # fmt: skip
            self._enter(step)

    def _enter(self, step: sqlite3.Row) -> None:
        status, detail, drc, other = step["status"], step["detail"], step["drc"], ""
        if status == VERDICT:
            status, detail, other = self._search(step)
            if status != PRR:
                # Nothing planned after PRR is true of a duplicate.
                self._run("DELETE FROM step WHERE arrival = ?", step["arrival"])
                drc = ""
        elif status == DUPLICATE:
            serial = 9000 + self._draw(f"other:{step['nik']}") % 1000
            other = masked(f"{step['nik'][:12]}{serial}")
        self._run(
            "INSERT INTO event (reference, status, detail, other_nik, drc, at_ms)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            step["reference"], status, detail, other, drc, step["due_ms"],
        )  # fmt: skip
        self._run(
            "UPDATE packet SET status = ?, passed = ? WHERE arrival = ?",
            status, status == PRR, step["arrival"],
        )  # fmt: skip

    def _search(self, mine: sqlite3.Row) -> tuple[str, str, str]:
        """Status, kind and masked NIK of the other record, by fingers and by NIK."""
        rows = self._store.execute(
            "SELECT DISTINCT nik FROM packet AS other"
            " WHERE recording != ? AND (nik = ? OR (fingers = ? AND fingers != ''))"
            " AND (passed OR (arrival < ? AND NOT forgotten AND EXISTS"
            "   (SELECT 1 FROM step WHERE step.arrival = other.arrival)))"
            " ORDER BY arrival",
            (mine["recording"], mine["nik"], mine["fingers"], mine["arrival"]),
        ).fetchall()
        niks = [str(row["nik"]) for row in rows]
        if not niks:
            return PRR, "", ""
        one = len(niks) == 1 and niks[0] != mine["nik"]
        other = next((nik for nik in niks if nik != mine["nik"]), niks[0])
        return DUPLICATE, ONE_TO_ONE if one else ONE_TO_MANY, masked(other)

    def _draw(self, name: str) -> int:
        return drawn(self._settings.seed, name)

    def _changing(self) -> Change:
        return Change(self._store)

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._store.execute(sql, values).fetchone()
        return row

    def _run(self, sql: str, *values: object) -> None:
        self._store.execute(sql, values)


def _check(packet: CentrePacket) -> None:
    """The form a packet must have; sizes are the server's and the client's to limit."""
    nik_ok = len(packet.nik) == 16 and packet.nik.isascii() and packet.nik.isdecimal()
    if not nik_ok or packet.version < 1 or not packet.recording:
        raise CentreRefused(
            "centre_packet_malformed",
            id="Pusat menolak paket: NIK, versi atau nomor rekaman tidak sah. "
            "Paket tetap tersimpan; perbaiki biodata lalu kirim lagi.",
            en="The centre refused the packet: its NIK, version or recording is not "
            "valid. The packet is kept; correct the biodata and send it again.",
        )


def _with_detail(step: Step, detail: str) -> Step:
    assert step.status == EFAC
    return Step(step.status, step.least_s, step.most_s, detail, step.drc)
