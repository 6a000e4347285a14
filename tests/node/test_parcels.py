"""Files that pages bring, the sticks they name, and the work they begin and watch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perahu.node import parcels
from perahu.node.office import open_office
from perahu.node.one_run import OneRun
from perahu.node.sticks import stick_at
from perahu.words import Refusal, Words
from tests.node.offices import PHRASE, found_hub


@dataclass(frozen=True)
class _Shown:
    is_running: bool
    says: str = ""


def test_it_keeps_nothing_of_what_is_too_big(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the limit it is kept whole; over it, or broken off, no file stays."""
    monkeypatch.setattr(parcels, "COURIER_PART_BYTES_MAX", 10)
    monkeypatch.setattr(parcels, "_PIECE_BYTES", 0)
    path, size = parcels.keep_upload(tmp_path, "a", [b"12345", b"67890"])
    assert size == 10 and path.read_bytes() == b"1234567890"
    path.unlink()

    def broken_off() -> Iterator[bytes]:
        yield b"123"
        raise ConnectionResetError

    with pytest.raises(Refusal, match="too_big"):
        parcels.keep_upload(tmp_path, "a", [b"12345", b"678901"])
    with pytest.raises(ConnectionResetError):
        parcels.keep_upload(tmp_path, "a", broken_off())
    assert list(tmp_path.iterdir()) == []


def test_it_writes_to_no_folder_that_is_no_stick(tmp_path: Path) -> None:
    """A stick is a folder that is plugged in now, and no other."""
    stick = tmp_path / "stik"
    stick.mkdir()
    assert stick_at((str(stick),), str(stick)) == stick
    for wrong in (str(tmp_path), "", str(stick / "..")):
        with pytest.raises(Refusal, match="no_stick"):
            stick_at((str(stick),), wrong)


def test_it_does_one_work_at_a_time(tmp_path: Path) -> None:
    """A second is refused while one is on; an error ends it in words, and then it is free."""
    found_hub(tmp_path)
    go_on, ends = threading.Event(), []
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        run = OneRun[_Shown](
            office=office,
            name="test",
            busy=Refusal("busy", id="sibuk", en="busy"),
            failed=lambda shown, why: replace(shown, is_running=False, says=why.en),
            ended=lambda: ends.append(1),
        )

        def wait() -> _Shown:
            go_on.wait(20)
            return _Shown(is_running=False, says="done")

        def fail() -> _Shown:
            raise Refusal("no", *Words("tidak", "no"))

        run.begin(_Shown(is_running=True), wait)
        with pytest.raises(Refusal, match="busy"):
            run.begin(_Shown(is_running=True), wait)
        go_on.set()
        run.close(20)
        assert run.current == _Shown(is_running=False, says="done")
        run.begin(_Shown(is_running=True), fail)
        run.close(20)
        assert run.current == _Shown(is_running=False, says="no")
    assert len(ends) == 2
