"""What is plugged in: the folders under which the system mounts sticks and cards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from perahu.web.post.ports import Stick
from perahu.words import Refusal

MOUNTED_UNDER = ("/media", "/run/media", "/mnt")
_DEPTH_MAX = 2
_STICKS_MAX = 20


def plugged_in(named: Sequence[str]) -> list[Stick]:
    """The sticks there now: those that node.toml names, then what the system mounted."""
    found = [Path(one) for one in named if Path(one).is_dir()]
    found += [
        path for root in MOUNTED_UNDER for path in _mounts(Path(root), _DEPTH_MAX)
    ]
    return [_stick(path) for path in found[:_STICKS_MAX] if os.access(path, os.W_OK)]


def stick_at(named: Sequence[str], path: str) -> Path:
    """A stick that is plugged in now: never any other folder of this machine.

    Raises Refusal "no_stick".
    """
    if path not in [stick.path for stick in plugged_in(named)]:
        raise Refusal(
            "no_stick",
            id="Stik itu tidak terpasang lagi; pasang, lalu pilih lagi. Tidak ada yang "
            "ditulis dan tidak ada yang dikirim.",
            en="That stick is not plugged in any more; plug it in and choose again. "
            "Nothing was written and nothing was sent.",
        )
    return Path(path)


def _mounts(folder: Path, depth: int) -> Iterator[Path]:
    try:
        inner = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return
    for path in inner:
        if os.path.ismount(path):
            yield path
        elif depth > 1:
            yield from _mounts(path, depth - 1)


def _stick(path: Path) -> Stick:
    free = shutil.disk_usage(path).free
    return Stick(name=path.name, path=str(path), free_bytes=free)
