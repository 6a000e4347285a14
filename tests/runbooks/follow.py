"""Whoever follows a runbook: types its commands on the machines of a district.

Folders of the text lie in a folder of the test; PINs and codes are typed as a person would,
out of what the screen showed. A person is slower than a node: before they look (`status`,
`case`, `history`), every node at work has had its turn with what has arrived.
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
from tests.node.desk.town import make_cheap
from tests.node.offices import PHRASE
from tests.runbooks.runbook import Block, missing, read
from tests.runbooks.windows import Window, settle
from tests.system.desks import record
from tests.system.processes import free_port
from tests.system.world import ENGGANO, HUB, LOOPBACK, PIN, PROVINSI, World

_CODE = re.compile(r": ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})$", re.M)
_CASE = re.compile(r"^([0-9a-f]{24})  ", re.M)
_FOLDERS = (
    ("/srv/perahu/kabupaten", "srv/hub"),
    ("/srv/perahu/", "srv/"),
    ("/media/", ""),
)
_NUMBER, _CASES_MAX = "NOMOR", 10
_LOOKS = frozenset(("status", "case", "history"))


@dataclass
class Site:
    """The machines of a district, and what their screens showed."""

    world: World
    folder: Path
    _running: dict[Path, Window] = field(default_factory=dict)
    _listed: str = ""
    """The last command that listed cases."""
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
        self._serve(self.world.place(name))

    def _serve(self, place: Path) -> None:
        assert place not in self._running, "its window is open"
        self._running[place] = Window(place)

    def stop(self, name: str) -> None:
        """It is closed, or the machine is gone."""
        self._running.pop(self.world.place(name)).close()

    def settle(self) -> None:
        """Every node at work has had its turn with what has arrived."""
        settle(self._running.values())

    def close(self) -> None:
        """All of them are closed."""
        for window in self._running.values():
            window.close()
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
            self._serve(Path(words[2]))
            return ""
        if words[0] == "mv":
            os.rename(words[1], words[2])
            return ""
        assert words[0] == "perahu", f"not a command of an office: {line}"
        if _LOOKS & set(words):
            self.settle()
        screen, troubles = StringIO(), StringIO()
        os.environ.update(self._typed(words))
        with redirect_stdout(screen), redirect_stderr(troubles):
            code = main(words[1:])
        assert code == 0, (line, screen.getvalue(), troubles.getvalue())
        if "init" in words:
            make_cheap(Path(words[2]) / "node.key")
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
        if "case" in words and "--decide" not in words:
            self._listed = shlex.join(words)
        kind = "activation" if "grant" in words else "file"
        for code in _CODE.findall(screen):
            self._codes[kind] = code

    def _for_each_case(self, line: str) -> str:
        """Decide what was listed and list again, until nothing is left, as the text says."""
        shown, decided = "", 0
        assert self._listed, "the text lists the cases before it decides one"
        while cases := _CASE.findall(self._screen):
            decided += len(cases)
            assert decided <= _CASES_MAX, self._screen
            shown += "".join(self.type(line.replace(_NUMBER, one)) for one in cases)
            self.type(self._listed)
        assert "Tidak ada kasus" in self._screen, self._screen
        return shown


def work_a_day(site: Site) -> None:
    """Blanko have come to the kabupaten and to two offices."""
    for name, login, count in (
        ("kabupaten", "ratna", 500), ("enggano", "sari", 100), ("ketahun", "made", 50),
    ):  # fmt: skip
        site.type(
            f"perahu --dir /srv/perahu/{name} stock receive --item blanko --count {count} "
            f'--source TERIMA_PUSAT --document "SJ {count}/DATA-UJI" --officer {login}'
        )
    site.type("perahu --dir /srv/perahu/enggano sync")
    site.settle()
