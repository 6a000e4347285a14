"""`perahu road check`: goes through a line step by step and says in words what is wrong.

A step that fails ends the check of its carrier: what lies behind it cannot be seen. Each
carrier is looked at by itself, all at the same time, in half a minute at most.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from perahu.node import tls, trust
from perahu.node.carriers.binding import binding_of
from perahu.node.carriers.check_probe import (
    Line,
    Probe,
    Resolve,
    Speed,
    Wrong,
    resolve_system,
)
from perahu.node.carriers.check_words import GOODS, LABELS, WRONGS, fill
from perahu.node.carriers.choice import (
    NO_CLASSES,
    Moment,
    Standing,
    Verdict,
    verdict_on,
)
from perahu.node.carriers.file import CarrierEntry
from perahu.node.carriers.memory import CarrierMemory, CarrierShelf
from perahu.node.office import Office
from perahu.node.settings import split_address
from perahu.node.status import clock_doubt
from perahu.web.post.carriers_ports import CheckedCarrier, CheckStep
from perahu.words import Words

SLOW_BYTES_S = 2_000
LOSS_MUCH = 0.15
YEAR_MIN = 2025
"""A clock before this program was written is wrong."""
_BUSY = (429, 503)
_OURS = 405
"""What our listener says to a question that is no exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is looked at, with all that is known before a socket is opened."""

    entry: CarrierEntry
    verdict: Verdict
    memory: CarrierMemory
    clock_doubt: Words | None
    context: ssl.SSLContext
    road_name: str
    parent: str
    now_ms: int
    resolve: Resolve = field(default=resolve_system)


def looks_of(
    office: Office, parent: tuple[bytes, str], standing: Sequence[Verdict] = ()
) -> list[Look]:
    """All carriers of a node, ready to be looked at; `parent` is its id and name."""
    context = tls.client_context(trust.ca_of(office.folder))
    judged = {one.entry.name: one for one in standing}
    shelf, now = CarrierShelf(office.journal.local), office.now()
    plain = Moment(minute=0)
    return [
        Look(
            entry=entry,
            verdict=judged.get(entry.name) or verdict_on(entry, None, plain),
            memory=shelf.memory(entry.name),
            clock_doubt=_doubt_of(office),
            context=context,
            road_name=tls.road_name(parent[0]),
            parent=parent[1],
            now_ms=now.wall_ms,
        )
        for entry in office.settings.ways
    ]


def check_all(
    looks: Sequence[Look], told: Callable[[int, CheckedCarrier], None]
) -> list[CheckedCarrier]:
    """Look at all of them at once; `told` hears of each step as it is known."""
    found = [
        CheckedCarrier(name=one.entry.name, shown=one.entry.shown, is_running=True)
        for one in looks
    ]

    def run(place: int) -> None:
        for step in steps_of(looks[place]):
            so_far = found[place]
            found[place] = replace(so_far, steps=(*so_far.steps, step))
            told(place, found[place])
        found[place] = replace(found[place], is_running=False)
        told(place, found[place])

    threads = [
        threading.Thread(target=run, args=(place,), name="road-check")
        for place in range(len(looks))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def steps_of(look: Look) -> Iterator[CheckStep]:
    """The steps of one line, as they are known; ends at the first that makes it useless."""
    rule = _rule_step(look.verdict)
    yield rule
    if look.verdict.standing is Standing.FORBIDDEN:
        return
    yield _clock_step(look)
    source, device = binding_of(look.entry)
    host, port = split_address(look.entry.address)
    line = Line(host, port, source, device)
    probe = Probe(line, look.context, look.road_name, look.resolve)
    for name, take in _STEPS:
        try:
            says = take(probe, look)
        except Wrong as wrong:
            yield _bad(name, wrong, line)
            return
        yield _good(name, says)
    yield from _answer_steps(probe, look)
    yield _udp_step(look, port)


def _interface(probe: Probe, look: Look) -> Words:
    probe.look_at_interface()
    is_named = look.entry.interface or look.entry.source
    return GOODS["interface" if is_named else "interface_any"]


def _dns(probe: Probe, look: Look) -> Words:
    if not probe.look_up():
        return GOODS["dns_number"]
    return fill(GOODS["dns"], host=probe.line.host, seen=probe.targets[0][1][0])


def _connect(probe: Probe, look: Look) -> Words:
    probe.connect()
    return fill(GOODS["connect"], ms=_ms(probe.connect_s))


def _tls(probe: Probe, look: Look) -> Words:
    probe.shake_hands()
    return GOODS["tls"]


_STEPS: tuple[tuple[str, Callable[[Probe, Look], Words]], ...] = (
    ("interface", _interface),
    ("dns", _dns),
    ("connect", _connect),
    ("tls", _tls),
)


def _answer_steps(probe: Probe, look: Look) -> Iterator[CheckStep]:
    """Who answers, and how fast."""
    try:
        speed = probe.ask()
        if speed.is_ours and speed.status in _BUSY:
            raise Wrong("busy", str(speed.status))
        if not speed.is_ours or speed.status != _OURS:
            raise Wrong("not_ours", str(speed.status))
    except Wrong as wrong:
        yield _bad("hub", wrong, probe.line)
        return
    yield _good("hub", fill(GOODS["hub"], name=look.parent))
    yield speed_step(speed)


def speed_step(speed: Speed) -> CheckStep:
    """What one answer shows of a line's speed and loss."""
    values = {
        "rate": max(1, round(speed.rate_bytes_s / 1000)),
        "rtt": _ms(speed.rtt_s),
        "loss": round(speed.loss * 100),
    }
    code = ""
    if 0 < speed.rate_bytes_s < SLOW_BYTES_S:
        code = "slow"
    elif speed.loss >= LOSS_MUCH:
        code = "lossy"
    if code:
        told = WRONGS[code]
        says, todo = fill(told.says, **values), fill(told.todo, **values)
        return CheckStep(
            name="speed", label=LABELS["speed"], went=False, says=says, todo=todo
        )
    good = GOODS["speed" if speed.rate_bytes_s else "speed_fast"]
    return _good("speed", fill(good, **values))


def _udp_step(look: Look, port: int) -> CheckStep:
    if not look.entry.udp:
        return _silent("udp", GOODS["udp_off"])
    memory = look.memory
    if memory.udp_failed_ms:
        told = WRONGS["udp_shut"]
        says, todo = told.says, fill(told.todo, port=port)
        return CheckStep(
            name="udp", label=LABELS["udp"], went=False, says=says, todo=todo
        )
    if not memory.paced_ms:
        return _silent("udp", GOODS["udp_unknown"])
    return _good("udp", GOODS["udp"])


def _rule_step(verdict: Verdict) -> CheckStep:
    if verdict.why is None:
        return _good("rule", GOODS["rule"])
    # That it rests after a failure is no rule: the check says why it failed.
    is_resting = verdict.standing in (Standing.RESTING, Standing.CAPTIVE)
    is_shut = verdict.classes == NO_CLASSES and not is_resting
    went = False if is_shut else None
    return CheckStep(name="rule", label=LABELS["rule"], went=went, says=verdict.why)


def _clock_step(look: Look) -> CheckStep:
    if look.clock_doubt is None:
        return _good("clock", GOODS["clock"])
    todo = WRONGS["clock"].todo
    return CheckStep(
        name="clock",
        label=LABELS["clock"],
        went=False,
        says=look.clock_doubt,
        todo=todo,
    )


def _doubt_of(office: Office) -> Words | None:
    year = datetime.fromtimestamp(office.now().wall_ms / 1000, UTC).year
    if year < YEAR_MIN:
        return Words(
            f"Jam komputer ini menunjuk tahun {year}: jelas salah.",
            f"This computer's clock says {year}: that is wrong.",
        )
    return clock_doubt(office)


def _good(name: str, says: Words) -> CheckStep:
    return CheckStep(name=name, label=LABELS[name], went=True, says=says)


def _silent(name: str, says: Words) -> CheckStep:
    return CheckStep(name=name, label=LABELS[name], went=None, says=says)


def _bad(name: str, wrong: Wrong, line: Line) -> CheckStep:
    told = WRONGS[wrong.code]
    values = {"host": line.host, "port": line.port}
    seen = wrong.seen or _UNSEEN.get(wrong.code, Words("", ""))
    both = seen if isinstance(seen, Words) else Words(seen, seen)
    says = Words(
        told.says.id.format(seen=both.id, **values).strip(),
        told.says.en.format(seen=both.en, **values).strip(),
    )
    return CheckStep(
        name=name,
        label=LABELS[name],
        went=False,
        says=says,
        todo=fill(told.todo, **values),
    )


_UNSEEN = {"foreign": Words("pihak yang tidak dikenal", "nobody knows whom")}


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
