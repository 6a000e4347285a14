"""Golden bytes of every kind: today's program writes and reads exactly these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perahu.journal.codec import Registry
from perahu.journal.entry import commit_of, decode_header, genesis, link
from tests.cast import FACT_MODULES
from tests.journal import golden

REGISTRY = Registry(FACT_MODULES)
KINDS = REGISTRY.kinds()


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_it_works(kind: type[Any]) -> None:
    """A kind writes its newest golden bytes (`python -m tests.journal.golden` adds them)."""
    kept = golden.paths_of(kind)
    assert kept, "a new kind has no golden bytes yet"
    assert golden.lines_of(kind, REGISTRY) == golden.read(kept[-1])


@pytest.mark.parametrize(
    "path", sorted(golden.FOLDER.glob("*.txt")), ids=lambda path: path.stem
)
def test_it_reads_every_file_ever_kept(path: Path) -> None:
    """Also from before a field was added: read, and written again byte for byte."""
    kept = golden.read(path)
    header = decode_header(kept["header"])
    assert header.encode() == kept["header"]
    assert commit_of(kept["salt"], kept["body"]) == kept["commit"]
    h_0 = genesis(golden.CERTIFICATE)
    assert link(h_0, kept["header"], kept["commit"]) == kept["h"]
    fact = REGISTRY.decode(
        header.fact_type, header.version, kept["body"], header.subjects
    )
    assert path in golden.paths_of(type(fact))
    assert REGISTRY.encode(fact) == (kept["body"], header.subjects)


def test_it_writes_only_what_is_missing() -> None:
    """With every kind in its place there is nothing to write."""
    assert golden.write_missing() == []
