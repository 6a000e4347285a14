"""`perahu sync`: exchange once, now, with the parent node."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from perahu.node.carriers.check_words import fill
from perahu.node.cli import INCOMPLETE, Call, Say
from perahu.node.desk_call import Bar, Teller
from perahu.node.road import Caller
from perahu.sync.exchange import Patience
from perahu.words import Refusal, Words

NAME = "sync"
HELP = Words(
    "bertukar sekali, sekarang, dengan simpul atasan",
    "exchange once, now, with the parent node",
)

UNREACHABLE = "unreachable"
CALLS_MAX = 100
"""Exchanges in a row: a better carrier came back, or the parent has more than it may send."""
ATTEMPTS = 3
"""Connections in a row that bring nothing: somebody is waiting for the answer. A node
with several carriers tries each of them as often as `TRIES` says."""
TRIES = 2
"""A carrier that breaks, instead of not coming up, is tried once more before it rests."""
LOOK_S = 0.25
"""How often the bar looks how far the exchange is."""

_CALLING = Words("Menghubungi simpul atasan", "Calling the parent")
_BY = Words(
    "Menghubungi simpul atasan lewat {carrier}", "Calling the parent by {carrier}"
)
_CARRIES = Words(
    "Lewat {carrier}: {acked} dari {queued} bagian diakui, {stored} catatan masuk",
    "By {carrier}: {acked} of {queued} pieces acknowledged, {stored} entries came in",
)
_DONE = Words(
    "Pertukaran selesai: {sent} bagian diakui simpul atasan, {stored} catatan diterima "
    "({connections} sambungan).",
    "Exchange complete: the parent acknowledged {sent} pieces, {stored} entries came in "
    "({connections} connections).",
)
_RECORDS = Words(
    "Catatan sudah sampai; paket menunggu jam atau jatah jalurnya (`perahu road`).",
    "The records are there; packets wait for their carrier's hours or share (`perahu "
    "road`).",
)
_NO_WAY = Words(
    "Simpul atasan tidak terjangkau lewat satu pun dari {count} jalur; semua tetap tersimpan "
    "di sini dan dikirim saat jaringan kembali. Apa yang salah: `perahu road check`.",
    "The parent is out of reach by each of the {count} carriers; everything is kept here and "
    "goes when the network is back. What is wrong: `perahu road check`.",
)
_PARTLY = Words(
    "Pertukaran belum selesai; yang sudah diterima tetap tersimpan. Ulangi untuk sisanya.",
    "The exchange is not complete; what was received is kept. Repeat it for the rest.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """It has none: whom to call stands in node.toml."""
    parser.set_defaults(json=False)


def run(call: Call) -> int:
    """Call the parent; a refusal ends the command with its words, a rest with 1."""
    with call.open() as office:
        ways = len(office.settings.ways)
        caller = Caller(office, Patience(attempts_max=max(ATTEMPTS, TRIES * ways)))
        with _shown(call, caller):
            for _ in range(CALLS_MAX):
                result = caller.call()
                if result.refusal or caller.is_limited or not result.more:
                    break
        is_held_back = caller.is_limited and office.journal.waiting().blobs > 0
    if result.refusal is not None:
        if result.refusal.code == UNREACHABLE and ways > 1:
            words = fill(_NO_WAY, count=ways)
            raise Refusal(UNREACHABLE, id=words.id, en=words.en)
        raise result.refusal
    shown = {
        "sent": sum(one.acked for one in result.progress.classes),
        "stored": result.stored_entries,
        "connections": result.connections,
    }
    words = _DONE if result.is_complete else _PARTLY
    call.say(Words(words.id.format(**shown), words.en.format(**shown)))
    if is_held_back:
        call.say(_RECORDS)
    return 0 if result.is_complete else INCOMPLETE


@contextmanager
def _shown(call: Call, caller: Caller) -> Iterator[None]:
    """What is happening now, on a terminal: over a dead road it may be nothing for a minute."""
    assert caller.carriers is not None, "made here, before another thread asks for them"
    with Teller(call).bar(_CALLING, 100) as bar:
        is_over = Event()
        watcher = Thread(target=_watch, args=(bar, call.lang, caller, is_over))
        watcher.start()
        try:
            yield
        finally:
            is_over.set()
            watcher.join()


def _watch(bar: Bar, language: str, caller: Caller, is_over: Event) -> None:
    while not is_over.wait(LOOK_S):
        percent, words = moment(caller)
        bar.to(percent, words.in_(language))


def moment(caller: Caller) -> tuple[int, Words]:
    """How far the exchange is, in percent of what is known to wait, and in words."""
    progress, carrier = caller.progress, caller.carriers.carrying()
    queued = sum(one.queued for one in progress.classes)
    acked = sum(one.acked for one in progress.classes)
    stored = sum(one.received for one in progress.classes)
    if not carrier:
        return 0, _CALLING
    if not queued and not stored:
        return 0, fill(_BY, carrier=carrier)
    shown = {"acked": acked, "queued": queued, "stored": stored}
    return acked * 100 // max(1, queued), fill(_CARRIES, carrier=carrier, **shown)
