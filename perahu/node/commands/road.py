"""`perahu road`: by which carriers the parent is reached, and what is wrong with a line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from perahu.node.carriers.check import check_all, looks_of
from perahu.node.carriers.check_words import VERDICT_BAD, VERDICT_GOOD, fill
from perahu.node.carriers.file import KINDS, OTHER
from perahu.node.carriers.shown import states
from perahu.node.cli import Call, Say
from perahu.node.office import Office
from perahu.node.road import Caller, parent_of
from perahu.web.post.carriers_ports import CarrierState, CheckedCarrier, CheckStep
from perahu.words import Refusal, Words, in_language

NAME = "road"
HELP = Words(
    "jalur ke simpul atasan, keadaannya, dan apa yang salah dengan jaringan",
    "the carriers to the parent, their state, and what is wrong with a line",
)

CHECK, WRONG = "check", 1
_WHAT = Words(
    "check: periksa jaringan langkah demi langkah",
    "check: look at the line step by step",
)
_CARRIER = Words("hanya jalur bernama ini", "only the carrier of this name")
_JSON = Words("satu baris JSON", "one line of JSON")
_STATE = Words(
    "{shown}{kind}: {says} Bulan ini {spent}{budget}{cost}.",
    "{shown}{kind}: {says} This month {spent}{budget}{cost}.",
)
_OF = Words(" dari {mb} MB", " of {mb} MB")
_SPEED = Words(
    "    Terakhir {rate} kB per detik, pulang pergi {rtt} milidetik, hilang {loss} persen.",
    "    Last {rate} kB a second, round trip {rtt} ms, {loss} percent lost.",
)
_LOOKING = Words(
    "Memeriksa {count} jalur; paling lama setengah menit.",
    "Looking at {count} carriers; half a minute at most.",
)
_OTHER = KINDS[OTHER]
"""Of a carrier that node.toml says no kind of: nothing worth a word."""
_MARKS = {True: "✓", False: "✗", None: "·"}


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("what", nargs="?", choices=(CHECK,), help=say(_WHAT))
    parser.add_argument("--carrier", metavar="NAME", help=say(_CARRIER))
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def run(call: Call) -> int:
    """List the carriers, or look at them; 1 where something is wrong."""
    with call.open() as office:
        caller = Caller(office)
        found = [
            one
            for one in states(office, caller.carriers)
            if call.carrier in (None, one.name)
        ]
        if not found:
            raise _unknown(call.carrier, office)
        if call.what == CHECK:
            return _check(call, office, caller, [one.name for one in found])
        _show(call, found)
    return 0


def _unknown(name: str, office: Office) -> Refusal:
    names = ", ".join(one.name for one in office.settings.ways)
    return Refusal(
        "unknown_carrier",
        id=f"Jalur {name!r} tidak ada di node.toml; yang ada: {names}.",
        en=f"There is no carrier {name!r} in node.toml; there are: {names}.",
    )


def _show(call: Call, found: Sequence[CarrierState]) -> None:
    if call.json:
        print(json.dumps([_plain(asdict(one), call.lang) for one in found]))
        return
    for one in found:
        of = (
            fill(_OF, mb=one.budget_bytes // 10**6)
            if one.budget_bytes
            else Words("", "")
        )
        words = _STATE.in_(call.lang).format(
            shown=one.shown,
            kind="" if one.kind == _OTHER else f" ({one.kind.in_(call.lang)})",
            says=one.says.in_(call.lang),
            spent=_amount(one.spent_bytes),
            budget=f" {of.in_(call.lang)}" if one.budget_bytes else "",
            cost=f", Rp{one.cost}" if one.cost else "",
        )
        print(words)
        if one.rate_bytes_s:
            loss, rate = round(one.loss_permille / 10), one.rate_bytes_s / 1000
            values = {"rate": f"{rate:.1f}", "rtt": one.rtt_ms, "loss": loss}
            print(_SPEED.in_(call.lang).format(**values))


def _amount(size: int) -> str:
    """Below a megabyte in kilobytes: a small month is not nothing."""
    if size < 10**6:
        return f"{-(-size // 1000)} kB"
    return f"{-(-size // 10**6)} MB"


def _check(call: Call, office: Office, caller: Caller, names: Sequence[str]) -> int:
    peer = parent_of(office)
    looks = [
        one
        for one in looks_of(
            office, (peer.node_id, peer.name), caller.carriers.standing()
        )
        if one.entry.name in names
    ]
    if not call.json:
        call.say(fill(_LOOKING, count=len(looks)))
    found = check_all(looks, lambda place, one: None)
    if call.json:
        rows = [_plain(asdict(one), call.lang) | {"good": one.is_good} for one in found]
        print(json.dumps(rows))
    else:
        for one in found:
            _print_checked(one, call.lang)
    return 0 if all(one.is_good for one in found) else WRONG


def _print_checked(one: CheckedCarrier, language: str) -> None:
    verdict = VERDICT_GOOD if one.is_good else VERDICT_BAD
    print(fill(verdict, name=one.shown).in_(language))
    for step in one.steps:
        print(_line(step, language))


def _line(step: CheckStep, language: str) -> str:
    text = (
        f"  {_MARKS[step.went]} {step.label.in_(language)}: {step.says.in_(language)}"
    )
    return text if step.todo is None else f"{text}\n      {step.todo.in_(language)}"


def _plain(row: dict[str, Any], language: str) -> dict[str, Any]:
    """Sentences in one language, also those in tuples."""
    row["steps"] = [dict(step) for step in row.get("steps", ())]
    if not row["steps"]:
        del row["steps"]
    found = in_language(row, language)
    assert isinstance(found, dict)
    return found
