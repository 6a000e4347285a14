"""Files that pages hand to the node and fetch from it: kept in its folder, in pieces.

They are courier files: sealed to their reader, so they may lie on a disk as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from perahu.node.rng import system_random
from perahu.sync.limits import COURIER_PART_BYTES_MAX
from perahu.words import Refusal

OUT_FOLDER, IN_FOLDER = "kurir-keluar", "kurir-masuk"
_PIECE_BYTES = 1 << 18


def own_folder(folder: Path, name: str) -> Path:
    """A folder of the node's own, for nobody else on this machine."""
    found = folder / name
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def sweep(folder: Path, name: str) -> None:
    """Empty a folder of ours: what a process that was killed had taken in and not read."""
    if (folder / name).is_dir():
        for path in (folder / name).iterdir():
            path.unlink(missing_ok=True)


def keep_upload(folder: Path, name: str, pieces: Iterable[bytes]) -> tuple[Path, int]:
    """What a browser sends under `name`, kept in a file; and its bytes. Raises "too_big".

    Where it is too big, or breaks off, nothing of it stays.
    """
    path, size = folder / f"{system_random(8).hex()}.jrnb", 0
    try:
        with path.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > COURIER_PART_BYTES_MAX + _PIECE_BYTES:
                    raise _too_big(name)
                file.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, size


def pieces_of(path: Path) -> Iterable[bytes]:
    """The bytes of a file, a piece at a time."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _too_big(name: str) -> Refusal:
    return Refusal(
        "too_big",
        id=f"Berkas {name[:80]} terlalu besar untuk berkas kurir; tidak ada yang disimpan.",
        en=f"The file {name[:80]} is too big for a courier file; nothing was stored.",
    )
