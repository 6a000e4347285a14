"""What `perahu sync` shows while it runs: by which carrier, and how far it is."""

from __future__ import annotations

import os
import pty
import re
import select
import socket
import subprocess
import sys
from pathlib import Path

from perahu.node.commands.sync import moment
from perahu.node.office import open_office
from perahu.node.road import Caller
from perahu.sync.exchange import Patience
from tests.node.offices import PHRASE, add_enggano, found_hub
from tests.node.serving import ANY, Starter, aim, start

__all__ = ["start"]
READ_S = 60


def test_it_says_by_what_it_calls_while_nobody_answers(tmp_path: Path) -> None:
    """A line that connects and then says nothing: the person sees what is waited for."""
    found_hub(tmp_path)
    add_enggano(tmp_path, page=ANY)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        aim(tmp_path / "enggano", silent.getsockname()[1])
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "perahu", "--lang", "en", "--dir",
             str(tmp_path / "enggano"), "sync"],
            stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "PERAHU_PASSPHRASE": PHRASE, "TERM": "xterm"},
        )  # fmt: skip
        os.close(theirs)
        try:
            shown = _read_to(ours, "Calling the parent by")
        finally:
            process.kill()
            process.wait(READ_S)
            os.close(ours)
    assert "Calling the parent by" in shown


def _read_to(terminal: int, wanted: str) -> str:
    shown = ""
    while wanted not in shown and select.select([terminal], [], [], READ_S)[0]:
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
    return shown


def test_it_counts_what_is_acknowledged(tmp_path: Path, start: Starter) -> None:
    """Seen from inside an exchange: pieces of how many, entries that came in, the carrier."""
    found_hub(tmp_path, listen=ANY, page=ANY)
    add_enggano(tmp_path, page=ANY)
    hub, seen = start(tmp_path / "hub"), set[str]()
    aim(tmp_path / "enggano", hub.ready["road_port"])
    with open_office(tmp_path / "enggano", passphrase=PHRASE) as office:

        def look() -> bool:
            percent, words = moment(caller)
            assert 0 <= percent <= 100
            seen.add(words.en)
            return True

        caller = Caller(office, Patience(goes_on=look))
        assert moment(caller)[0] == 0
        assert caller.call().is_complete
    found = [re.search(r"(\d+) of (\d+) pieces.* (\d+) entries", one) for one in seen]
    assert any(one and int(one[3]) > 0 for one in found), seen
    assert hub.end() == (0, "")
