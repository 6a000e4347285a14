"""Real offices in a folder: a hub founded and nodes joined by their enrolment files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from perahu.node.cli import main
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.founding import FirstOperator, Founded, found_kabupaten
from perahu.node.office import open_office
from perahu.node.settings import Settings

PHRASE = "ombak besar di Enggano"
RATNA = FirstOperator(login="ratna", name="Ratna", decree="SK/1/2026")


def found_hub(folder: Path, **changes: Any) -> Founded:
    """Bengkulu Utara's hub in `folder/hub`, its root key in `folder/root-key`."""
    if changes or "PERAHU_BOOK" in os.environ:
        return _found(folder, changes)
    # Founding takes a while on purpose (argon2id); a copy of a founded hub is as good.
    template, founded = _template()
    shutil.copytree(Path(template.name), folder, dirs_exist_ok=True)
    return founded


@cache
def _template() -> tuple[TemporaryDirectory[str], Founded]:
    made = TemporaryDirectory(prefix="perahu-hub-")
    return made, _found(Path(made.name), {})


def _found(folder: Path, changes: dict[str, Any]) -> Founded:
    settings = Settings(
        name="Bengkulu Utara", role="kabupaten", wilayah=("1703",), **changes
    )
    return found_kabupaten(
        folder / "hub",
        settings,
        passphrase=PHRASE,
        root_file=folder / "root-key",
        operator=RATNA,
    )


def add_enggano(folder: Path, **changes: Any) -> bytes:
    """Enggano in `folder/enggano`, joined by its file; gives its node id."""
    plan = NewNode(name="Enggano", role="kecamatan", wilayah=("170301",))
    with open_office(folder / "hub", passphrase=PHRASE) as hub:
        enrolled = enrol(hub, plan, folder / "enggano.enrol")
    join(
        folder / "enggano",
        folder / "enggano.enrol",
        code=enrolled.code,
        passphrase=PHRASE,
        changes=changes,
    )
    return enrolled.node_id


def perahu(folder: Path, *words: str | Path, lang: str = "en") -> int:
    """Run one command of `perahu` on the node in a folder, in this process."""
    given: Sequence[str] = ["--lang", lang, "--dir", str(folder), *map(str, words)]
    return main(given)
