"""The real disk keeps what `journal.ports.Disk` promises."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from perahu.node.disk import RealDisk


def test_it_works(tmp_path: Path) -> None:
    """What is appended, replaced and written in place is read back."""
    disk, path = RealDisk(), tmp_path / "file"
    disk.append_durable(path, b"one")
    disk.append_durable(path, b"two")
    assert disk.read(path) == b"onetwo"
    disk.write_at_durable(path, 3, b"TWO")
    disk.write_at(path, 0, b"ONE")
    assert disk.read_at(path, 2, 2) == b"ET"
    disk.replace_durable(path, b"new")
    assert disk.read(path) == b"new" and disk.size(path) == 3
    assert disk.list(tmp_path) == ["file"]


def test_it_makes_private_files(tmp_path: Path) -> None:
    """Nobody but the node's own account may read its files."""
    disk = RealDisk()
    disk.append_durable(tmp_path / "a", b"1")
    disk.replace_durable(tmp_path / "b", b"1")
    assert {(tmp_path / name).stat().st_mode & 0o077 for name in ("a", "b")} == {0}


def test_it_moves_a_file_and_its_name(tmp_path: Path) -> None:
    """A rename takes the file from one folder to another."""
    disk = RealDisk()
    (tmp_path / "there").mkdir()
    disk.write_at(tmp_path / "part", 0, b"x")
    disk.rename_durable(tmp_path / "part", tmp_path / "there" / "whole")
    assert disk.list(tmp_path) == ["there"]
    assert disk.read(tmp_path / "there" / "whole") == b"x"


def test_it_forgives_what_is_not_there(tmp_path: Path) -> None:
    """Removing nothing is fine, listing nothing is empty, reading nothing is an error."""
    disk = RealDisk()
    disk.remove(tmp_path / "nothing")
    assert disk.list(tmp_path / "nothing") == []
    assert not disk.exists(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        disk.read(tmp_path / "nothing")
    assert disk.free_bytes(tmp_path) > 0


def test_it_leaves_no_half_line_when_the_disk_is_full(tmp_path: Path) -> None:
    """An append that runs out of room leaves the file as it was."""
    disk, path = RealDisk(), tmp_path / "file"
    disk.append_durable(path, b"whole line\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
        with pytest.raises(OSError):
            disk.append_durable(path, b"x" * 100)
        with pytest.raises(OSError):
            disk.replace_durable(path, b"x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert disk.read(path) == b"whole line\n"
    assert disk.list(tmp_path) == ["file"]
