"""The simulated centre's memory: its tables, and the digests that stand for parts."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping

from perahu.centre.ports import CentrePacket
from perahu.centre.sim_plan import FINGERS

_SCHEMA = """
CREATE TABLE IF NOT EXISTS packet (
    arrival INTEGER PRIMARY KEY, place INTEGER NOT NULL, reference TEXT NOT NULL UNIQUE,
    recording TEXT NOT NULL, version INTEGER NOT NULL, nik TEXT NOT NULL,
    parts TEXT NOT NULL, fingers TEXT NOT NULL, content TEXT NOT NULL,
    outcome TEXT NOT NULL, forgotten INTEGER NOT NULL DEFAULT 0,
    passed INTEGER NOT NULL DEFAULT 0, submits INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS packet_of_place ON packet (place);
CREATE INDEX IF NOT EXISTS packet_of_nik ON packet (nik);
CREATE INDEX IF NOT EXISTS packet_of_fingers ON packet (fingers);
CREATE INDEX IF NOT EXISTS packet_of_recording ON packet (recording);
CREATE TABLE IF NOT EXISTS step (
    due_ms INTEGER NOT NULL, arrival INTEGER NOT NULL, nth INTEGER NOT NULL,
    status TEXT NOT NULL, detail TEXT NOT NULL, drc TEXT NOT NULL,
    PRIMARY KEY (due_ms, arrival, nth)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS step_of_packet ON step (arrival);
CREATE TABLE IF NOT EXISTS event (
    serial INTEGER PRIMARY KEY, reference TEXT NOT NULL, status TEXT NOT NULL,
    detail TEXT NOT NULL, other_nik TEXT NOT NULL, drc TEXT NOT NULL,
    at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS planned (key TEXT PRIMARY KEY, outcome TEXT NOT NULL);
"""


def open_store(path: str) -> sqlite3.Connection:
    """The simulator's memory: a file, or ":memory:" for one that ends with it."""
    store = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    store.row_factory = sqlite3.Row
    store.execute("PRAGMA journal_mode = WAL")
    store.executescript(_SCHEMA)
    return store


class Change:
    """One transaction on the simulator's memory: all of it, or none."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def __enter__(self) -> None:
        self._store.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._store.execute("COMMIT" if kind is None else "ROLLBACK")


def masked(nik: str) -> str:
    """A NIK as one may show it: the region and the serial."""
    return f"{nik[:6]}******{nik[12:]}"


def reference_of(packet: CentrePacket) -> str:
    """The reference of this recording and version, the same each time."""
    return "DC-" + sha(f"{packet.recording}:{packet.version}".encode())[:20]


def content_of(packet: CentrePacket) -> str:
    """A digest of what may not differ between two submits of one version."""
    hashes = {name: sha(record) for name, record in packet.parts.items()}
    return sha(json.dumps([packet.nik, hashes], sort_keys=True).encode())


def fingers_of(parts: Mapping[str, str]) -> str:
    """One digest over all fingers taken; "" where none was, so that it matches nobody."""
    taken = [parts.get(finger, "") for finger in FINGERS]
    return sha("|".join(taken).encode()) if any(taken) else ""


def sha(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
