"""`python3 run.py demo`: a district whose desks are open, for a newcomer to try.

--story        instead play the first voyage by itself, prove it, and end
--after-story  play it, then open the desks
--json         one last JSON line: the proof, or where the desks are
--people N     residents of each kecamatan    --seed S     another story, the same for one S
--folder F     keep the district's files      --lang en    English
--port P       of the demo's own page
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from perahu.words import Refusal, Words
from sim.demo import cards
from sim.demo.acts import Story, StoryStuck
from sim.demo.district import HUB, NODES, OPERATORS, CommandFailed, District
from sim.demo.page import DemoPage
from sim.demo.plan import BY_COURIER, BY_LINK, PIN, Plan
from sim.demo.processes import ProcessDied, free_port, is_free
from sim.demo.proof import Finding, prove
from sim.demo.screen import Screen

PEOPLE_MIN, PEOPLE_MAX = 600, 60_000
"""Fewer have not 30 who were never recorded; more than a kecamatan holds (design.md 9)."""


def main() -> int:
    """Play the story and show the proof; 0 where every promise was kept."""
    call = _arguments()
    folder = call.folder or Path(tempfile.mkdtemp(prefix="perahu-demo-"))
    plan = Plan(
        folder=folder.resolve(), seed=call.seed, people=call.people, language=call.lang
    )
    screen = Screen(language=call.lang, quiet_stdout=call.json)
    district, keep = District(plan), call.folder is not None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        story = Story(plan, district, screen)
        _found(story)
        if not (call.story or call.after_story):
            _open_desks(story, call)
            return 0
        finding = _play(story)
        if call.json:
            print(json.dumps(finding.proof.as_line()), flush=True)
        if call.after_story:
            _keep_serving(story, call)
        return 0 if finding.proof.holds else 1
    except (Refusal, StoryStuck, CommandFailed, ProcessDied) as error:
        _say_failure(error, folder, call.lang)
        keep = True
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        district.close()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 run.py demo")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--story", action="store_true", help="play the story and end")
    which.add_argument(
        "--after-story", action="store_true", help="play the story, then open the desks"
    )
    parser.add_argument("--json", action="store_true", help="one last JSON line")
    parser.add_argument("--port", type=int, default=8700, help="of the demo's own page")
    parser.add_argument("--people", type=int, default=2000, help="of each kecamatan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lang", choices=("id", "en"), default="id")
    parser.add_argument("--folder", type=Path, help="a new folder to keep the files in")
    call = parser.parse_args()
    if not PEOPLE_MIN <= call.people <= PEOPLE_MAX:
        parser.error(f"--people is from {PEOPLE_MIN} to {PEOPLE_MAX}")
    if call.folder is not None and call.folder.exists():
        parser.error(f"{call.folder} exists; name a new folder")
    return call


def _found(story: Story) -> None:
    screen, district = story.screen, story.district
    with screen.act(Words("Mendirikan kabupaten", "Founding the kabupaten")):
        district.found()
        district.start_world()
        district.serve(*NODES)
        screen.say(
            "Provinsi, kabupaten, Enggano, Ketahun, Kapal, pusat, pemindai dan pencetak "
            "berjalan sebagai proses sendiri; tautan Enggano mati.",
            "Provinsi, kabupaten, Enggano, Ketahun, Kapal, the centre, scanners and printers "
            "run as processes of their own; Enggano's link is dead.",
        )


def _play(story: Story) -> Finding:
    screen, district = story.screen, story.district
    story.plan_centre()
    began = time.monotonic()
    acts = (
        (Words("Bekal lewat kurir", "Supplies by courier"), story.load),
        (Words("Merekam tanpa jaringan", "Recording offline"), story.record),
        (
            Words("Tautan buruk, 64 kbit/s", "A bad link, 64 kbit/s"),
            story.crawl,
        ),
        (Words("Jam parabola, 20 Mbit/s", "The dish, 20 Mbit/s"), story.dish),
        (Words("Kapal merapat", "The boat is in"), story.boat),
        (Words("Pusat menjawab", "The centre"), lambda: cards.answers(story)),
        (
            Words("Cetak dan serahkan", "Print and hand over"),
            lambda: cards.print_and_hand_over(story),
        ),
        (Words("Semua pulang", "All home"), lambda: cards.home(story)),
    )
    for title, act in acts:
        with screen.act(title):
            act()
    with screen.act(Words("Bukti", "The proof")):
        finding = prove(district, story.promises)
        _show(story, finding)
    seconds = time.monotonic() - began
    screen.say(
        f"Kisah ini {seconds:.0f} detik: {_times(screen)}.",
        f"The story took {seconds:.0f} s: {_times(screen)}.",
    )
    return finding


def _times(screen: Screen) -> str:
    return ", ".join(
        f"{title} {seconds:.1f}" for title, seconds in screen.times.items()
    )


def _show(story: Story, finding: Finding) -> None:
    screen, proof = story.screen, finding.proof
    screen.table(
        Words("Buku tiap simpul, diperiksa ulang", "Every node's book, verified"),
        [
            Words("simpul", "node"),
            Words("catatan", "entries"),
            Words("segel", "seals"),
            Words("berkas", "blobs"),
            Words("keadaan", "state"),
        ],
        finding.books,
    )
    screen.table(
        Words("Di mana tiap orang", "Where everybody is"),
        [
            Words("nomor rekaman (DATA UJI)", "recording (DATA UJI)"),
            Words("direkam di", "recorded at"),
            Words("rekaman", "recording"),
            Words("status pusat", "the centre's status"),
            Words("kartu", "card"),
        ],
        finding.people,
    )
    words = Words(
        f"direkam {proof.recorded} · diterima {proof.received} · aman {proof.safe} · "
        f"dicetak {proof.printed} · diserahkan {proof.handed_over} · blanko terpakai "
        f"{proof.blanko_used}, rusak {proof.blanko_spoiled} · jumlah buku stok "
        f"{proof.ledger_sum} · kasus untuk diputus {proof.cases}\n"
        f"HILANG {proof.lost} · TERCETAK DUA KALI {proof.printed_twice}",
        f"recorded {proof.recorded} · received {proof.received} · safe {proof.safe} · "
        f"printed {proof.printed} · handed over {proof.handed_over} · blanko used "
        f"{proof.blanko_used}, spoiled {proof.blanko_spoiled} · sum of the ledger "
        f"{proof.ledger_sum} · cases to decide {proof.cases}\n"
        f"LOST {proof.lost} · PRINTED TWICE {proof.printed_twice}",
    )
    screen.panel(words, good=proof.holds)
    assert proof.recorded == BY_LINK + BY_COURIER


def _open_desks(story: Story, call: argparse.Namespace) -> None:
    """Residents and blanks reach the offices; then everything is for the newcomer."""
    with story.screen.act(Words("Bekal lewat kurir", "Supplies by courier")):
        story.load()
    _keep_serving(story, call)


def _keep_serving(story: Story, call: argparse.Namespace) -> None:
    """Leave the district running with its pages until Ctrl-C."""
    district, screen = story.district, story.screen
    page = DemoPage(district, story.plan.language)
    if call.after_story:
        page.switch({"tautan": "parabola"})
    page.start(call.port if is_free(call.port) else free_port())
    try:
        screen.say(
            f"[bold]Meja terbuka. Mulai di {page.url}[/]",
            f"[bold]The desks are open. Begin at {page.url}[/]",
        )
        for name, url in district.page_urls().items():
            who = OPERATORS.get(name)
            pin = f"{who[1]}, PIN {PIN}" if who else "-"
            screen.say(f"{name:16} {url}  {pin}", f"{name:16} {url}  {pin}")
        screen.say("Ctrl-C untuk berhenti.", "Ctrl-C to stop.")
        if call.json:
            places = {"page": page.url, "nodes": district.page_urls(), "pin": PIN}
            print(json.dumps(places), flush=True)
        while True:
            time.sleep(1)
            process = district.desks[HUB].process
            assert process is not None
            process.check()
    finally:
        page.stop()


def _say_failure(error: Exception, folder: Path, language: str) -> None:
    plain = Words(str(error), str(error))
    words: Words = getattr(error, "words", plain)
    text = words.in_(language)
    kept = Words(
        f"Demo berhenti: {text}\nCatatan tiap proses ada di {folder}.",
        f"The demo stopped: {text}\nThe log of every process is in {folder}.",
    )
    print(kept.in_(language), file=sys.stderr)
