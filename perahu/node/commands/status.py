"""`perahu status`: what this node has, what is on its way, what waits for a person."""

from __future__ import annotations

import argparse
import json
from typing import Any

from perahu.node.cli import Call, Say
from perahu.node.status import in_language, status_of
from perahu.words import Words

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
_NO_CONTACT = Words("Belum pernah berhubungan.", "No contact yet.")
_COUNTS = (
    (Words("Rekaman", "Recordings"), "recordings"),
    (Words("Kartu", "Cards"), "cards"),
    (Words("Stok", "Stock"), "stock"),
)
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
    lines.append(say(_WAITING, **found["waiting"]))
    for words, key in _COUNTS:
        counts = ", ".join(f"{name} {number}" for name, number in found[key].items())
        lines.append(f"{words.in_(language)}: {counts or '-'}")
    if found["parked"]:
        lines.append(_PARKED.in_(language).format(found["parked"]))
        lines += [f"  {words}" for words in found["parked_words"]]
    lines.append(_MIRROR[found["mirror"]].in_(language))
    return lines
