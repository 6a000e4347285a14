"""The second half: the centre answers, one finger is taken again, cards reach their people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from perahu.words import Words
from sim.demo.acts import Story
from sim.demo.district import ENGGANO, HUB, KAPAL, OPERATORS, finish
from sim.demo.processes import LOOPBACK, ask
from sim.demo.proof import PRR
from sim.demo.screen import Bars
from sim.demo.watch import Tally

CASES = 3
"""Of 30 people the mix gives three whom a person must decide on: two doubles, one doubt."""


def answers(story: Story) -> None:
    """Wait until the centre has answered for all but those it cannot pass."""
    enough = len(story.promises) - CASES - 1
    tally = story.wait_for(
        HUB,
        Words("Pusat menjawab", "The centre answers"),
        lambda t: t.kinds["PrintOrdered"] >= enough and bool(t.recalled),
        enough,
    )
    story.screen.say(
        f"Pusat: {_count(tally, PRR)} siap cetak, {CASES} perlu diputus orang, "
        f"{len(tally.recalled)} jari harus diambil ulang.",
        f"The centre: {_count(tally, PRR)} ready to print, {CASES} for a person to decide, "
        f"{len(tally.recalled)} finger to take again.",
    )
    _call_back(story, tally)


def _count(tally: Tally, status: str) -> int:
    return sum(found == status for found in tally.status.values())


def _call_back(story: Story, tally: Tally) -> None:
    """The person comes once more, for that part alone; the rest is not asked again."""
    for recording, parts in sorted(tally.recalled.items()):
        promise = next(p for p in story.promises if p.recording == recording)
        if promise.node == KAPAL:
            story.carry(HUB, KAPAL)
        story.wait_for(
            promise.node,
            Words("Panggil ulang", "Call back"),
            lambda t, r=recording: r in t.recalled,  # type: ignore[misc]
        )
        process = story.start_recording(promise.node, [promise.nik])
        for event in process.events():
            if event["event"] == "recorded":
                story.pickups[promise.nik] = event["pickup"]
        finish(process, ("record",))
        if promise.node == KAPAL:
            story.carry(KAPAL, HUB)
        story.screen.say(
            f"Jari {parts[0]} diambil ulang; paket versi 2 dikirim.",
            f"The {parts[0]} was taken again; version 2 of the packet is on its way.",
        )
    wanted = len(story.promises) - CASES
    story.wait_for(
        HUB,
        Words("Semua siap cetak", "All ready to print"),
        lambda t: t.kinds["PrintOrdered"] >= wanted,
        wanted,
    )


def print_and_hand_over(story: Story) -> None:
    """Print where the person is; one card jams and is printed again; every card is given."""
    story.carry(HUB, KAPAL)
    wanted = _ordered_at(story)
    printer = story.district.desks[ENGGANO].printer
    ask(f"http://{LOOPBACK}:{printer}/sim", {"faults": ["none", "none", "jam"]})
    with story.screen.bars() as bars, ThreadPoolExecutor(2) as pool:
        runs = [(story, bars, name, wanted[name]) for name in (ENGGANO, KAPAL)]
        list(pool.map(lambda run: _serve(*run), runs))
    story.screen.say(
        f"{sum(wanted.values())} kartu dicetak dan diserahkan; {story.jams} macet, blankonya "
        "tercatat rusak, kartunya dicetak ulang sekali.",
        f"{sum(wanted.values())} cards printed and handed over; {story.jams} jam, its blank "
        "is accounted for as spoiled, the card printed once more.",
    )


def _serve(story: Story, bars: Bars, name: str, wanted: int) -> None:
    """One office: print its queue, then hand every card over."""
    bar = bars.add(Words(f"Cetak di {name}", f"Print at {name}"), wanted)
    done = 0
    for event in _printing(story, name):
        story.jams += event["event"] == "spoiled"
        done += event["event"] == "printed"
        bar.to(done)
    bar = bars.add(Words(f"Serahkan di {name}", f"Hand over, {name}"), done)
    for number, _ in enumerate(_handing_over(story, name), start=1):
        bar.to(number)


def _ordered_at(story: Story) -> dict[str, int]:
    """Wait until both offices know every order that is theirs; how many each has."""
    with story.district.desks[HUB].open() as office:
        homes = Tally(office.journal).look().homes
    counts = {}
    for name in (ENGGANO, KAPAL):
        with story.district.desks[name].open() as office:
            counts[name] = homes[office.journal.node_id]
        story.wait_for(
            name,
            Words(f"Perintah cetak di {name}", f"Orders at {name}"),
            lambda t, n=counts[name]: t.kinds["PrintOrdered"] >= n,  # type: ignore[misc]
            counts[name],
        )
    return counts


def _printing(story: Story, name: str) -> Iterator[dict[str, Any]]:
    officer = ("--officer", OPERATORS[name][0], "--json")
    words = ("print", "--all", "--again-after-spoiled", *officer)
    yield from _streamed(story, name, words)


def _handing_over(story: Story, name: str) -> Iterator[dict[str, Any]]:
    path = story.plan.folder / f"kode-{name.lower()}.jsonl"
    rows = [
        json.dumps({"nik": p.nik, "code": story.pickups[p.nik]})
        for p in story.promises
        if p.node == name
    ]
    path.write_text("\n".join(rows) + "\n")
    officer = ("--officer", OPERATORS[name][0], "--json")
    for event in _streamed(
        story, name, ("hand-over", "--all-codes", str(path), *officer)
    ):
        if event["event"] == "handed_over":
            yield event


def _streamed(
    story: Story, name: str, words: Sequence[str]
) -> Iterator[dict[str, Any]]:
    process = story.district.command(name, *words)
    yield from process.events()
    finish(process, words)


def home(story: Story) -> None:
    """Everything the offices did since reaches the hub and the provinsi."""
    story.poke(ENGGANO)
    story.carry(KAPAL, HUB)
    story.carry(HUB, KAPAL)
    done = len(story.promises) - CASES
    for name in (HUB, "Provinsi Bengkulu"):
        story.wait_for(
            name,
            Words(f"Semua tiba di {name}", f"All home at {name}"),
            lambda t: t.kinds["CardHandedOver"] >= done,
            done,
        )
