"""`perahu status`: what this node has, what is on its way, what waits for a person."""

from __future__ import annotations

import argparse
import json
from typing import Any

from perahu.cards.reads import LOOK
from perahu.journal.journal import CLONE, RECOUNT
from perahu.node.cli import Call, Say
from perahu.node.status import status_of
from perahu.web.status import count_texts
from perahu.words import Words, in_language

NAME = "status"
HELP = Words(
    "apa yang ada di simpul, yang menunggu dikirim, yang perlu dilihat orang",
    "what this node has, what is on its way, what waits for a person",
)

_JSON = Words("satu baris JSON", "one line of JSON")
_NODE = Words(
    "{node} ({role_words}), wilayah {wilayah}, kebijakan {policy}, {today}",
    "{node} ({role_words}), wilayah {wilayah}, policy {policy}, {today}",
)
_WAITING = Words(
    "Menunggu dikirim: {entries} catatan, {blobs} berkas, {bytes} byte.",
    "Waiting to be sent: {entries} entries, {blobs} blobs, {bytes} bytes.",
)
_CONTACT = Words(
    "Kontak terakhir dengan {node}: {age_s} detik lalu.",
    "Last contact with {node}: {age_s} seconds ago.",
)
_CARRIER = Words("Jalur {shown}: {says}", "Carrier {shown}: {says}")
_NO_CONTACT = Words("Belum pernah berhubungan.", "No contact yet.")
_COUNTS = (
    (Words("Rekaman", "Recordings"), "recordings"),
    (Words("Kartu", "Cards"), "cards"),
    (Words("Stok", "Stock"), "stock"),
)
_CASES = Words(
    "{} kasus menunggu keputusan orang: `perahu case`.",
    "{} cases wait for a person: `perahu case`.",
)
_LOOK = Words(
    "{} hasil cetak belum jelas: lihat printer, lalu `perahu print`.",
    "{} prints are uncertain: look at the printer, then `perahu print`.",
)
_HALTS = {
    RECOUNT.decode(): Words(
        "Pencetakan berhenti: hitung stok dengan tangan, lalu `perahu stock count`.",
        "Printing has stopped: count the stock by hand, then `perahu stock count`.",
    ),
    CLONE.decode(): Words(
        "Pencetakan berhenti: ada simpul kembar. Matikan yang satu, lalu hitung stok.",
        "Printing has stopped: a twin is at work. End one of the two, then count the stock.",
    ),
}
_UNFINISHED = Words(
    "{} perekaman belum selesai atau diminta ulang: `perahu find --unfinished`.",
    "{} recordings are unfinished or called back: `perahu find --unfinished`.",
)
_MISSING = Words(
    "{} berkas ditunggu dari simpul lain.", "{} blobs awaited from other nodes."
)
_DISK = Words("Ruang disk kosong: {} MB.", "Room on the disk: {} MB.")
_PARKED = Words("{} catatan diparkir.", "{} entries parked.")
_MIRROR = {
    None: Words("Tidak ada media kedua.", "There is no second medium."),
    False: Words("Media kedua TIDAK terpasang.", "The second medium is NOT there."),
    True: Words("Media kedua terpasang.", "The second medium is there."),
}


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def run(call: Call) -> None:
    """Show it."""
    with call.open() as office:
        found = in_language(status_of(office), call.lang)
    if call.json:
        print(json.dumps(found))
        return
    for line in _lines(found, call.lang):
        print(line)


def _lines(found: dict[str, Any], language: str) -> list[str]:
    def say(words: Words, **values: Any) -> str:
        return words.in_(language).format(**values)

    lines = [say(_NODE, **found | {"wilayah": ", ".join(found["wilayah"])})]
    lines += [say(_CONTACT, **one) for one in found["contacts"]] or [say(_NO_CONTACT)]
    lines += [say(_CARRIER, **one) for one in found["carriers"]]
    lines.append(say(_WAITING, **found["waiting"]))
    lines += [found["branched_words"]] if found["branched_words"] else []
    names = count_texts(language)
    for words, key in _COUNTS:
        counts = [f"{names.get(k, k)} {number}" for k, number in found[key].items()]
        lines.append(f"{words.in_(language)}: {', '.join(counts) or '-'}")
    lines.append(_MIRROR[found["mirror"]].in_(language))
    lines.append(_DISK.in_(language).format(found["free_bytes"] // 10**6))
    return lines + _for_a_person(found, language)


def _for_a_person(found: dict[str, Any], language: str) -> list[str]:
    """What somebody should look at; nothing where all is well."""
    lines = [_HALTS[halt].in_(language) for halt in found["halts"] if halt in _HALTS]
    lines += [found[key] for key in ("clock_doubt", "repaired") if found[key]]
    looked_at = found["cards"].get(LOOK, 0)
    for words, number in (
        (_LOOK, looked_at),
        (_UNFINISHED, found["unfinished"]),
        (_CASES, found["cases"]),
        (_MISSING, found["blobs_missing"]),
        (_PARKED, found["parked"]),
    ):
        if number:
            lines.append(words.in_(language).format(number))
    return lines + [f"  {words}" for words in found["parked_words"]]
