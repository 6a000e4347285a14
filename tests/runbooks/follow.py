"""Whoever follows a runbook: types its commands on the machines of a district.

Folders of the text lie in a folder of the test; PINs and codes are typed as a person would,
out of what the screen showed. `perahu serve` is a window that stays open: a process of its
own. The other commands are over when they are done, and run in this one, for speed.
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from perahu.enrolment.facts import RecordingCompleted, RecordingOpened
from perahu.node.cli import main
from perahu.node.office import Office, open_office
from tests.node.offices import PHRASE
from tests.runbooks.runbook import Block, missing, read
from tests.system.desks import record
from tests.system.processes import NodeProcess, free_port
from tests.system.world import ENGGANO, HUB, LOOPBACK, PIN, PROVINSI, World
from tools import auditor

_CODE = re.compile(r": ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})$", re.M)
_CASE = re.compile(r"^([0-9a-f]{24})  ", re.M)
_FOLDERS = (
    ("/srv/perahu/kabupaten", "srv/hub"),
    ("/srv/perahu/", "srv/"),
    ("/media/", ""),
)
_NUMBER, _CASES_MAX = "NOMOR", 10


@dataclass
class Site:
    """The machines of a district, and what their screens showed."""

    world: World
    folder: Path
    _running: dict[Path, NodeProcess] = field(default_factory=dict)
    _screen: str = ""
    _codes: dict[str, str] = field(default_factory=dict)

    # -- the machines -----------------------------------------------------------------

    def begin(self) -> None:
        """Addresses that stay, sticks, and the hub and the provinsi at work."""
        for name in ("stik", "brankas", "cadangan"):
            (self.folder / name).mkdir()
        hub, provinsi = (f"{LOOPBACK}:{free_port()}" for _ in range(2))
        self.world.change(PROVINSI, listen=provinsi, address=provinsi)
        self.world.change(HUB, listen=hub, address=hub, parent=provinsi)
        for name in (ENGGANO, "Ketahun"):
            self.world.change(name, parent=hub)
        self.serve(PROVINSI)
        self.serve(HUB)

    def serve(self, name: str) -> None:
        """The window of a node is opened."""
        place = self.world.place(name)
        self._running[place] = NodeProcess(place).wait_ready()

    def stop(self, name: str) -> None:
        """It is closed, or the machine is gone."""
        self._running.pop(self.world.place(name)).stop()

    def close(self) -> None:
        """All of them are closed."""
        for process in self._running.values():
            process.end()
        self.world.close()

    # -- people at work ---------------------------------------------------------------

    def record(self, number: int, place: Path | None = None) -> str:
        """Record a resident of Enggano, there or on another machine; gives the NIK."""
        nik = self.world.residents()[number]
        with self.open(place or self.world.place(ENGGANO)) as office:
            record(office, ENGGANO, nik)
        return nik

    def open(self, place: Path) -> Office:
        """Open any folder as a node."""
        return open_office(place, passphrase=PHRASE)

    def recorded(self, name: str) -> set[str]:
        """The NIK of everybody whose recording is complete at a node."""
        with self.open(self.world.place(name)) as office:
            facts = [event.fact for event in office.journal.events(0, 100_000)]
        closed = {one.recording for one in facts if isinstance(one, RecordingCompleted)}
        opened = (one for one in facts if isinstance(one, RecordingOpened))
        return {one.nik for one in opened if one.recording in closed}

    def entries(self, place: Path, node: bytes) -> set[bytes]:
        """The hash of every entry that a book holds of a node, whatever the epoch."""
        with self.open(place) as office:
            journal = office.journal
            found: set[bytes] = set()
            for row in journal.journals():
                if row.node == node:
                    hashes = (
                        journal.hash_at(row.id, n + 1) for n in range(row.head_seq)
                    )
                    found.update(h for h in hashes if h is not None)
            return found

    def check_books(self, *places: Path) -> None:
        """The second reader finds every book sound."""
        for place in places:
            root = bytes.fromhex((place / "root.pub").read_text().strip())
            secret = auditor.secret_of((place / "node.key").read_bytes(), PHRASE)
            found = auditor.Auditor(place, secret, root).run()
            assert found.wrong == [] and found.entries > 0, (place.name, found.wrong)

    # -- the text ---------------------------------------------------------------------

    def follow(self, runbook: str, *parts: str, but: tuple[str, ...] = ()) -> None:
        """Type every command of a runbook, of all its parts or of these, in order."""
        for block in read(runbook):
            if block.part in (parts or (block.part,)) and block.part not in but:
                self._follow(block)

    def _follow(self, block: Block) -> None:
        shown = "".join(self.type(line) for line in block.commands)
        assert not missing(block, shown), (missing(block, shown), shown)

    def type(self, line: str) -> str:
        """One line at the keyboard; gives what the screen shows."""
        if _NUMBER in line:
            return self._for_each_case(line)
        words = [self._here(word) for word in shlex.split(line)]
        if words[-1] == "serve":
            self._running[Path(words[2])] = NodeProcess(Path(words[2])).wait_ready()
            return ""
        if words[0] == "mv":
            os.rename(words[1], words[2])
            return ""
        assert words[0] == "perahu", f"not a command of an office: {line}"
        screen, troubles = StringIO(), StringIO()
        os.environ.update(self._typed(words))
        with redirect_stdout(screen), redirect_stderr(troubles):
            code = main(words[1:])
        assert code == 0, (line, screen.getvalue(), troubles.getvalue())
        self._note(words, screen.getvalue())
        return screen.getvalue()

    def _here(self, word: str) -> str:
        for said, real in _FOLDERS:
            if word.startswith(said):
                return f"{self.folder}/{real}{word[len(said) :]}"
        return word

    def _typed(self, words: list[str]) -> dict[str, str]:
        """What is typed where the program asks: the PIN, and the code it is for."""
        kind = "activation" if "pin" in words else "file"
        return {"PERAHU_PIN": PIN, "PERAHU_CODE": self._codes.get(kind, "")}

    def _note(self, words: list[str], screen: str) -> None:
        self._screen = screen
        kind = "activation" if "grant" in words else "file"
        for code in _CODE.findall(screen):
            self._codes[kind] = code

    def _for_each_case(self, line: str) -> str:
        cases = _CASE.findall(self._screen)
        assert 0 < len(cases) <= _CASES_MAX, self._screen
        return "".join(self.type(line.replace(_NUMBER, one)) for one in cases)
