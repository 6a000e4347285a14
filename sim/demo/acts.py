"""The acts of the first voyage, each over the real commands and the running nodes."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perahu.words import Words
from sim.demo.district import (
    ENGGANO,
    HUB,
    KAPAL,
    KETAHUN,
    OPERATORS,
    District,
    finish,
)
from sim.demo.plan import (
    BLANKO_ENGGANO,
    BLANKO_KAPAL,
    BLANKO_RECEIVED,
    BY_LINK,
    Plan,
)
from sim.demo.plan import ENGGANO as ENGGANO_CODE
from sim.demo.plan import KETAHUN as KETAHUN_CODE
from sim.demo.processes import Process, ask, tell
from sim.demo.proof import Promise
from sim.demo.screen import Bar, Bars, Screen
from sim.demo.watch import Delivered, Tally, delivered
from sim.people import write_csv

SLOW_BYTES_S, DISH_BYTES_S = 8_000, 2_500_000
"""64 kbit/s on a bad day; 20 Mbit/s in the hour of the satellite dish."""
ACT_S_MAX = 120.0
"""No act waits longer: a story that hangs is a fault, and says so."""


_ROAD = Words("Yang dibawa tautan", "What the link brought")


class StoryStuck(RuntimeError):
    """Something the story waited for did not come; `seen` is what came instead."""

    def __init__(self, what: Words, seen: object) -> None:
        super().__init__(f"{what.en}: {seen}")
        self.words = Words(
            f"{what.id}: tidak tercapai dalam {ACT_S_MAX:.0f} detik ({seen}).",
            f"{what.en}: not reached within {ACT_S_MAX:.0f} s ({seen}).",
        )


@dataclass(slots=True)
class DeskRun:
    """One desk and the people it is to record."""

    node: str
    number: int
    niks: list[str]
    bar: Bar
    kill_at: str = ""
    """The part at which the third person's session is killed."""
    done: int = 0


@dataclass(slots=True)
class Story:
    """What the acts share, and what they have promised to people so far."""

    plan: Plan
    district: District
    screen: Screen
    promises: list[Promise] = field(default_factory=list)
    pickups: dict[str, str] = field(default_factory=dict)
    resumed: int = 0
    jams: int = 0

    # -- act 1: residents and blanks reach the offices by a courier file -------------------

    def load(self) -> None:
        """Import at the hub, send blanks, carry everything to the offices on a stick."""
        sources = ((ENGGANO, ENGGANO_CODE), (KETAHUN, KETAHUN_CODE))
        with self.screen.bars() as bars:
            for name, code in sources:
                path = self._export_of_siak(name, code)
                bar = bars.add(Words(f"Impor {name}", f"Import {name}"), 1)
                self._import(path, bar)
        officer = ("--officer", OPERATORS[HUB][0], "--json")
        received = ("--count", str(BLANKO_RECEIVED), "--source", "TERIMA_PUSAT")
        item = ("--item", "blanko")
        document = ("--document", "BAST 470/DATA-UJI/1")
        self.district.run(
            HUB, "stock", "receive", *item, *received, *document, *officer
        )
        for name, count in ((ENGGANO, BLANKO_ENGGANO), (KAPAL, BLANKO_KAPAL)):
            sent = ("--count", str(count), "--to", name)
            self.district.run(HUB, "stock", "send", *item, *sent, *officer)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._supply, (ENGGANO, KAPAL)))
        self.wait_for(
            KETAHUN,
            Words("Ketahun lewat jaringannya", "Ketahun over its own line"),
            lambda tally: tally.kinds["ResidentImported"] >= self.plan.people,
        )
        self.district.run(KETAHUN, "pin", "--login", OPERATORS[KETAHUN][0])
        self.screen.say(
            f"{_dotted(2 * self.plan.people)} penduduk DATA UJI dan "
            f"{BLANKO_ENGGANO + BLANKO_KAPAL} blanko sampai lewat berkas kurir.",
            f"{2 * self.plan.people:,} synthetic residents and "
            f"{BLANKO_ENGGANO + BLANKO_KAPAL} blanks arrived by courier file.",
        )

    def _supply(self, name: str) -> None:
        """One office gets its first load, its operator's PIN and its blanks."""
        self.carry(HUB, name)
        self.district.run(name, "pin", "--login", OPERATORS[name][0])
        self._arrive(name)

    def _export_of_siak(self, name: str, code: str) -> Path:
        path = self.plan.folder / f"siak-{name.lower()}.csv"
        seed = self.plan.seed_of(code)
        write_csv(path, kecamatan=code, count=self.plan.people, seed=seed)
        return path

    def _import(self, path: Path, bar: Bar) -> None:
        words = ("import", str(path), "--officer", OPERATORS[HUB][0], "--json")
        process = self.district.command(HUB, *words)
        for event in process.events():
            if event["event"] == "imported":
                bar.grow(event["of"])
                bar.to(event["done"])
        finish(process, words)

    def carry(self, source: str, target: str) -> list[dict[str, Any]]:
        """A courier file from one node to another, as a boat would take it."""
        stick = self.plan.folder / f"usb-{source}-{target}".lower().replace(" ", "-")
        stick.mkdir(exist_ok=True)
        made = self.district.run(
            source,
            "courier",
            "export",
            "--to",
            target,
            "--folder",
            str(stick),
            "--json",
        )
        files = [path for event in made for path in event.get("files", [])]
        return self.district.run(target, "courier", "import", *files, "--json")

    def _arrive(self, name: str) -> None:
        officer = ("--officer", OPERATORS[name][0], "--json")
        for transfer in self.district.run(name, "stock", "arrive", *officer):
            if transfer.get("event") == "on_the_way":
                self.district.run(
                    name, "stock", "arrive",
                    "--transfer", transfer["transfer"],
                    "--count", str(transfer["count"]), *officer,
                )  # fmt: skip

    # -- act 2: recording with no network --------------------------------------------------

    def record(self) -> None:
        """Two desks at Enggano; one session is killed in the middle of the irises."""
        niks = self.plan.to_record()
        half = (BY_LINK + 1) // 2
        with self.screen.bars() as bars:
            desks = [
                self._desk(bars, ENGGANO, 1, niks[:half], kill_at="left_iris"),
                self._desk(bars, ENGGANO, 2, niks[half:BY_LINK]),
            ]
            with ThreadPoolExecutor(len(desks)) as pool:
                list(pool.map(lambda desk: self._work(desk), desks))
        self.screen.say(
            f"{len(self.promises)} orang direkam tanpa jaringan; satu sesi dimatikan "
            f"paksa (kill -9) di tengah iris dan dilanjutkan di tempatnya terhenti.",
            f"{len(self.promises)} people recorded with no network; one session was killed "
            "(kill -9) in the middle of the irises and went on where it stood.",
        )

    def _desk(
        self, bars: Bars, name: str, number: int, niks: list[str], kill_at: str = ""
    ) -> DeskRun:
        title = Words(f"{name}, meja {number}", f"{name}, desk {number}")
        return DeskRun(name, number, niks, bars.add(title, len(niks)), kill_at)

    def _work(self, desk: DeskRun) -> None:
        """One desk's day; a killed session is begun again, and resumes by itself."""
        process = self.start_recording(desk.node, desk.niks, desk.number)
        if self._watch_recording(desk, process):
            process.kill_9()
            desk.kill_at = ""
            process = self.start_recording(
                desk.node, desk.niks[desk.done :], desk.number
            )
            self._watch_recording(desk, process)
        finish(process, ("record",))

    def start_recording(self, name: str, niks: list[str], number: int = 1) -> Process:
        """A recording session at one desk of a node, as a process of its own."""
        desk = self.district.desks[name]
        path = self.plan.folder / f"panggil-{desk.folder.name}-{number}.txt"
        path.write_text("\n".join(niks) + "\n")
        return self.district.command(
            name, "record",
            "--list", str(path), "--officer", OPERATORS[name][0], "--json",
            "--scanner", str(desk.scanners[number - 1]), "--sim-person",
            "--scanner-root", str(self.district.scanner_keys(desk) / "root.pem"),
        )  # fmt: skip

    def _watch_recording(self, desk: DeskRun, process: Process) -> bool:
        """Follow a session; True where it stands at the part it is to be killed at."""
        for event in process.events():
            if event["event"] == "step":
                part = event.get("part", "")
                desk.bar.to(desk.done, Words(part, part))
                if desk.kill_at == part != "" and desk.done == 2:
                    return True
            elif event["event"] == "resumed":
                self.resumed += 1
            elif event["event"] == "recorded":
                desk.done += 1
                desk.bar.to(desk.done)
                self._promise(desk.node, event)
        return False

    def _promise(self, name: str, event: dict[str, Any]) -> None:
        self.pickups[event["nik"]] = event["pickup"]
        self.promises.append(
            Promise(
                nik=event["nik"],
                number=event["number"],
                node=name,
                journal=bytes.fromhex(event["journal"]),
                seq=event["seq"],
                h=bytes.fromhex(event["h"]),
                recording=bytes.fromhex(event["recording"]),
            )
        )

    # -- act 3: the link, bad and then good ------------------------------------------------

    def crawl(self) -> None:
        """64 kbit/s with cuts until all facts, all thumbnails and one whole packet are in.

        Kapal records its five meanwhile: at sea it has no network at all.
        """
        tell(self.district.link_control, f"rate {SLOW_BYTES_S} {SLOW_BYTES_S}")
        tell(self.district.link_control, "delay 150")
        tell(self.district.link_control, "flap 28 1 reset")
        self.poke(ENGGANO)
        with self.screen.bars() as bars, ThreadPoolExecutor(1) as pool:
            niks = self.plan.to_record()[BY_LINK:]
            aboard = pool.submit(self._work, self._desk(bars, KAPAL, 1, niks))
            last = self._follow_road(
                bars,
                lambda d: d.facts.whole and d.thumbnails.whole and d.packets.done >= 1,
            )
            aboard.result()
        counts = tell(self.district.link_control, "stats")
        self.screen.say(
            f"Lewat tautan buruk: {last.facts.done} fakta, {last.thumbnails.done} foto "
            f"kecil, {last.packets.done} paket utuh; {counts['up_bytes'] / 1000:,.0f} kB, "
            f"tautan putus {counts['cuts']} kali. Sementara itu Kapal, di laut tanpa "
            f"jaringan, merekam {len(niks)} orang terakhir.",
            f"Over the bad link: {last.facts.done} facts, {last.thumbnails.done} "
            f"thumbnails, {last.packets.done} whole packets; "
            f"{counts['up_bytes'] / 1000:,.0f} kB, {counts['cuts']} cuts. Meanwhile "
            f"Kapal, at sea with no network, recorded the last {len(niks)} people.",
        )

    def dish(self) -> None:
        """The hour of the satellite dish: everything else of Enggano goes up."""
        tell(self.district.link_control, "open")
        tell(self.district.link_control, f"rate {DISH_BYTES_S} {DISH_BYTES_S}")
        tell(self.district.link_control, "delay 40")
        self.poke(ENGGANO)
        with self.screen.bars() as bars:
            self._follow_road(bars, lambda d: d.facts.whole and d.parts.whole)

    def _follow_road(
        self, bars: Bars, enough: Callable[[Delivered], bool]
    ) -> Delivered:
        with self.district.desks[ENGGANO].open() as office:
            found = delivered(office.journal)
            rows = {
                "facts": bars.add(Words("Fakta sipil", "Civil facts"), 1),
                "thumbnails": bars.add(Words("Foto kecil", "Thumbnails"), 1),
                "parts": bars.add(Words("Bagian paket", "Packet parts"), 1),
                "packets": bars.add(Words("Paket utuh", "Whole packets"), 1),
            }
            end = time.monotonic() + ACT_S_MAX
            while not enough(found):
                if time.monotonic() > end:
                    raise StoryStuck(_ROAD, found.counts())
                time.sleep(0.5)
                found = delivered(office.journal)
                for name, bar in rows.items():
                    share = getattr(found, name)
                    bar.grow(share.total)
                    bar.to(share.done)
        return found

    def poke(self, name: str) -> None:
        process = self.district.desks[name].process
        assert process is not None
        process.poke()

    # -- act 4: the boat comes home --------------------------------------------------------

    def boat(self) -> None:
        """Kapal's five recordings go to the hub by courier file."""
        self.carry(KAPAL, HUB)
        self.screen.say(
            "Kapal merapat: lima rekaman terakhir masuk ke kabupaten lewat berkas kurir.",
            "The boat is in: the last five recordings reach the hub by courier file.",
        )

    # -- act 5: the centre answers ---------------------------------------------------------

    def plan_centre(self) -> None:
        """Tell the simulated centre whom to treat how: the same for one seed."""
        url = f"http://127.0.0.1:{self.district.centre}/sim/plan"
        ask(url, {"niks": self.plan.to_record(), "seed": self.plan.seed})

    def wait_for(
        self, name: str, what: Words, met: Callable[[Tally], bool], total: int = 1
    ) -> Tally:
        """Wait until a node's own book says so. Raises StoryStuck."""
        with self.district.desks[name].open() as office, self.screen.bars() as bars:
            bar, tally = bars.add(what, total), Tally(office.journal)
            end = time.monotonic() + ACT_S_MAX
            while not met(tally.look()):
                if time.monotonic() > end:
                    raise StoryStuck(what, dict(tally.kinds))
                bar.to(tally.kinds["PrintOrdered"])
                time.sleep(0.3)
            bar.to(total)
        return tally


def _dotted(number: int) -> str:
    """A number as Indonesians write it."""
    return f"{number:,}".replace(",", ".")
