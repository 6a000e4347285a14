"""What the entries of an audited book say, and who may: docs/journal-format.md once more.

tools/auditor.py sees that every byte is what its author sealed. This reads on from there,
by the same paper and as much without a line of Perahu: forms and limits of certificates
and headers, "Bodies" by the very tables of the paper, "Who may state what", and what the
book's other tables note about entries.

    python -m tools.auditor_facts FOLDER [MIRROR]      both; asks for the start passphrase
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import SimpleNamespace as Line
from typing import Any

import cbor2

from tools import auditor
from tools.auditor import Auditor, Findings, chain_of, plain

PAPER = Path(__file__).parents[1] / "docs" / "journal-format.md"
TYPES: dict[str, list[type]] = {
    "int": [int],
    "text": [str],
    "bytes": [bytes],
    "bool": [bool],
    "days": [int],
    "days or null": [int, type(None)],
}
FIELD = re.compile(r"(\d+) (?:`\w+` )?`?(.+?)`?( = .*?)?(?:; |$)")
CODE = re.compile("([0-9]{2}){1,3}|[0-9]{10}")

ISSUING, EPOCH = "1 text; 2 text; 3 32", "1 16; 2 int; 3 32; 4 16; 5 [[16, int, 32] …]"
NODE = "1 16; 2 32; 3 32; 4 text; 5 text; 6 [text …]; 7 text"
HEADER = "1 int; 2 int; 3 int; 4 int; 5 int; 6 int = 0; 7 16; 8 [12 …] = []; "
HEADER += "9 [[8, int] …] = []; 10 8 = h''; 11 [[32, int, int] …] = []"

Place = tuple[int, int]
"""(epoch of the hub, seq in its common control journal)."""


def audit(one: Auditor) -> Findings:
    """Everything: the bytes, then what they say."""
    one.run()
    Facts(one).run()
    return one.findings


# Deterministic CBOR, and the types of Bodies ----------------------------------------------


def allowed(value: Any, depth: int = 8) -> bool:
    """Whether a value is within the narrower rules."""
    if type(value) is dict:
        kinds = {type(key) if type(key) is not int or key >= 0 else 0 for key in value}
        alike = not value or kinds in ({int}, {bytes}, {str})
        return alike and allowed(list(value.values()), depth)
    if type(value) is list:
        return depth > 0 and all(allowed(item, depth - 1) for item in value)
    number = type(value) is int and -(2**64) <= value < 2**64
    return number or value is None or type(value) in (bytes, str, bool)


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of a type as the paper writes it; a number n is n bytes."""
    if kind in TYPES:
        return type(value) in TYPES[kind]
    if kind.isdigit():
        return type(value) is bytes and len(value) == int(kind)
    if not kind.startswith("["):
        return has(value, paper()[1][kind.strip("`")])
    if type(value) is not list:
        return False
    kinds = [kind[1:-3]] * len(value) if kind[-2] == "…" else kind[1:-1].split(", ")
    return len(value) == len(kinds) and all(map(fits, value, kinds))


def has(found: Any, fields: str) -> bool:
    """Whether a map has its fields: of their types, missing only where there is a default."""
    return type(found) is dict and all(
        fits(found[number], kind) if number in found else default
        for number, kind, default in numbered(fields)
    )


@cache
def numbered(fields: str) -> list[tuple[int, str, bool]]:
    """Number and type of each field, and whether there is a default."""
    return [(int(n), kind, bool(default)) for n, kind, default in FIELD.findall(fields)]


@cache
def paper() -> tuple[dict[tuple[int, int], list[str]], dict[str, str]]:
    """The paper's tables: kinds of facts by (type, version), and records inside facts."""
    rows = [line[2:-2].split(" | ") for line in PAPER.read_text("utf-8").splitlines()]
    kinds = {
        (int(r[0]), int(r[1])): r[3:] for r in rows if len(r) == 7 and r[1].isdigit()
    }
    return kinds, {row[0].strip("`"): row[1] for row in rows if len(row) == 2}


# Identities, and the headers of Entry -----------------------------------------------------


def covers(prefixes: list[str], code: str) -> bool:
    """Whether a wilayah code lies under one of the prefixes."""
    return bool(CODE.fullmatch(code)) and code.startswith(tuple(prefixes))


def is_chain(issuing: Any, node: Any, epoch: Any) -> bool:
    """Whether the three certificates have their form, and speak for their own place only."""
    fields = ((issuing, ISSUING), (node, NODE), (epoch, EPOCH))
    if not all(
        has(found, wanted) and len(found) == wanted.count(";") + 1
        for found, wanted in fields
    ):
        return False
    above = issuing[1][: 2 if node[5] == "provinsi" else 4]
    within = all(covers([issuing[1]], code) or code == above for code in node[6])
    counts = epoch[2] > 0 and len(epoch[5]) <= 64 >= len(node[6]) > 0
    words = f"{issuing[1]} {node[5]} {node[4]}"
    return (
        within and counts and bool(re.fullmatch(r"\d{4} [a-z]+ age1[!-~]{58}", words))
    )


def is_header(header: Any) -> bool:
    """Whether a header has its form and is within its limits."""
    if not has(header, HEADER) or len(cbor2.dumps(header, canonical=True)) > 4_096:
        return False
    parents, blobs = header.get(9, []), header.get(11, [])
    counts = [header[n] for n in (1, 2, 3, 4)] + [seq for _, seq in parents]
    counts += [size for _, size, _ in blobs]
    return (
        len(header.get(8, [])) <= 8 >= len(parents)
        and len(blobs) <= 16
        and min(counts) > 0
        and max(*counts, abs(header[5])) < 1 << 53
        and header.get(6, 0) in (0, 1, 2, 3)
        and all(size <= 8 << 20 and kind in (1, 2, 3, 4) for _, size, kind in blobs)
    )


# Who may state what -----------------------------------------------------------------------


class Facts:
    """Reads on where the auditor ended, into the same findings."""

    def __init__(self, audited: Auditor) -> None:
        self._audited, self._check = audited, audited.findings.check
        self._reading = audited.findings.reading
        self._lines = [one for one in audited.lines.values() if hasattr(one, "own")]
        control = [one for one in self._lines if (one.lane, one.audience) == (0, b"H0")]
        self._hub = {one.id[:8]: one.epoch[2] for one in control}
        self._heads = {one.id[:8]: len(one.headers) - 1 for one in self._lines}
        self._stated: list[tuple[Line, Any, bytes, Place]] = []
        self._forgot: dict[bytes, int] = {}
        self._grants: dict[bytes, list[tuple[Place, Any]]] = {}
        self._ended: dict[bytes, dict[bytes, int]] = {}

    def run(self) -> None:
        """Every journal, then every entry that counts, then what is noted of them."""
        for line in self._lines:
            with self._reading(line.name):
                self._journal(line)
        control = [one for one in self._stated if one[0].id[:8] in self._hub]
        for line, header, body, knows in sorted(control, key=lambda one: one[3]):
            with self._reading(f"{line.name}/{header[1]}"):
                self._learn(header[2], plain(body), knows)
        for line, header, body, knows in self._stated:
            with self._reading(f"{line.name}/{header[1]} counts"):
                self._judge(line, header, plain(body, 32_768), knows)
        self._noted()

    def _journal(self, line: Line) -> None:
        """Forms and limits, and how far its author knew the hub's control."""
        chain = chain_of(line.certificate, self._audited.root)
        self._check(
            line.name,
            certificate=is_chain(*chain),
            kabupaten=chain[0][1] == self._audited.chain[0][1],
            lane=line.lane in (0, 1, 2),
            audience=line.audience in (b"", b"H0") or len(line.audience) == 16,
            hub=not line.audience or line.node[5] == "kabupaten",
        )
        knows, lamport = (0, 0), 0
        for seq, header in enumerate(line.headers[1:], start=1):
            form = allowed(header) and is_header(header)
            rises = not line.own or header[4] > lamport
            self._check(f"{line.name}/{seq}", header=form, lamport=rises)
            said = [(self._hub[j], s) for j, s in header.get(9, []) if j in self._hub]
            is_control, lamport = line.id[:8] in self._hub, header[4]
            knows = (line.epoch[2], seq - 1) if is_control else max([knows, *said])
            if any(self._heads.get(j, 0) < s for j, s in header.get(9, [])):
                self._forgot.setdefault(line.id, seq)
            if line.bodies[seq] is not None:
                self._stated.append((line, header, line.bodies[seq], knows))
        # The common control journal itself need not: each entry of it knows all before it.
        own_word = line.id[:8] in self._hub
        self._check(line.name, knows=own_word or line.knows == knows)

    def _learn(self, kind: int, body: Any, at: Place) -> None:
        """Revocations and grants, in the order of the hub's common control journals."""
        if kind == 3:
            self._ended[body[1]] = {journal: seq for journal, seq, _ in body.get(3, [])}
        if kind in (4, 5):
            grant = body if kind == 4 else None
            self._grants.setdefault(body[1], []).append((at, grant))

    def _judge(self, line: Line, header: Any, body: Any, knows: Place) -> None:
        """The five rules of an entry that counts; the paper's table says what it is."""
        if (header[2], header[3]) not in paper()[0]:
            return  # of a newer program: this paper cannot say
        lane, who, subjects, fields = paper()[0][header[2], header[3]]
        ended, officer = self._ended.get(line.node[1]), header.get(10, b"")
        right, place = who.split(",")[0], re.search("in (`.+`)", who)
        named = place and re.search(rf"(\d+) {place[1]}", fields)
        codes = [body[int(named[1])]] if named else []
        # `at` knows all before it, so the grant itself stands one further.
        grants = [grant for at, grant in self._grants.get(officer, []) if at < knows]
        may = right == "-" and not officer
        if grants and grants[-1] is not None:
            rights, wilayah = grants[-1][4], grants[-1][5]
            may = right in ("-", *rights) and all(covers(wilayah, c) for c in codes)
        # Judged at its desk; brought home by the mirror, it may be here before the grant is.
        if line.own and line.node[5] != "kabupaten" and line.id in self._forgot:
            may |= header[1] >= self._forgot[line.id]
        self._check(
            f"{line.name}/{header[1]} counts",
            form=has(body, fields)
            and len(header.get(8, [])) == subjects.count("`") // 2,
            lane=line.lane == int(lane),
            hub="hub" not in who or line.node[5] == "kabupaten",
            revoked=ended is None or header[1] <= ended.get(line.id, 0),
            wilayah=all(covers(line.node[6], code) for code in codes),
            grant=may,
        )

    def _noted(self) -> None:
        """What the tables `book` and `asked` say, and not-before of the running epoch."""
        own = [line for line in self._lines if line.own]
        ops = Counter(header.get(7) for line in own for header in line.headers[1:])
        last = max([line.headers[-1].get(4, 0) for line in own], default=0)
        named = self._audited.named
        self._check(
            "book",
            format=named.get("format") == b"\1",
            incarnation=len(named.get("incarnation", b"")) == 16,
            lamport=int.from_bytes(named.get("lamport", b""), "big") >= last,
        )
        for op, raw in self._audited.asked:
            with self._reading(f"asked {op.hex()[:8]}"):
                said = [self._audited.lines[j].headers[seq][7] for j, seq in plain(raw)]
                whole = said == [op] * min(ops[op], 2_000)
                self._check(f"asked {op.hex()[:8]}", entries=whole)
        running = self._audited.chain[2]
        # A twin's epoch comes home as well, and names a branch that its own book holds.
        for line in (line for line in own if line.epoch == running):
            for journal, seq, h in line.epoch[5]:
                before = self._audited.lines.get(journal)
                held = before.hashes[seq : seq + 1] if before else []
                # Rebuilt and not yet in contact, or back from a torn mirror: it ends early.
                self._check(line.name, before=held in ([], [h]), before_whole=held)


if __name__ == "__main__":
    sys.exit(auditor.main(sys.argv[1:], audit))
