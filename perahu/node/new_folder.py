"""A node's folder is made whole or not at all: built beside its place, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perahu.node.disk import flush_folder
from perahu.words import Refusal


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a draft folder that takes the place of `folder` when the block ends well.

    Raises Refusal "folder_taken" where something stands there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(
            "folder_taken",
            id=f"Di {folder} sudah ada isinya; tidak ada yang diubah. Pilih folder kosong.",
            en=f"{folder} is not empty; nothing was changed. Choose an empty folder.",
        )
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    try:
        yield draft
        if folder.exists():
            folder.rmdir()
        os.rename(draft, folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    flush_folder(folder.parent)
