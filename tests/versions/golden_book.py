"""Makes the next number of the corpus: a small district that has stated every kind of fact.

    python -m tests.versions.golden_book

What people do goes through the actions; kinds that only a long story would bring are
stated directly, as the journal lets any program of the node state them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from perahu.node.django_settings import configure

configure()

from perahu.cards import actions as cards  # noqa: E402
from perahu.cards import reads as orders  # noqa: E402
from perahu.cards.rules import Proof  # noqa: E402
from perahu.journal.codec import Registry  # noqa: E402
from perahu.journal.types import COMMON, Draft  # noqa: E402
from perahu.keys.sealing import open_blob  # noqa: E402
from perahu.node.courier import export_to, import_files  # noqa: E402
from perahu.node.desk import Desk, record_person  # noqa: E402
from perahu.node.enrolling import NewNode, enrol  # noqa: E402
from perahu.node.office import FACTS, Office  # noqa: E402
from perahu.node.rng import system_random  # noqa: E402
from perahu.people.models import Person  # noqa: E402
from sim.kills import desk  # noqa: E402
from sim.kills.town import (  # noqa: E402
    CODE,
    ENGGANO,
    HUB,
    NODES,
    Town,
    found_town,
    officer_of,
)
from tests.journal.made_facts import example, kind_of  # noqa: E402
from tests.system.desks import NameMatcher, SteadyScanner  # noqa: E402
from tests.versions.corpus import FOLDER, SAID, SUMS, Corpus, kept, told_by  # noqa: E402

RESIDENTS, CARDS, PART_BYTES = 12, 3, 400
_COMMON_KINDS = range(1, 20)
"""Kinds that the hub states for everybody."""
_LEFT_BEHIND = ("root-key", "penduduk.csv", "tables*", "*.lock", "lock", "*.enrol")


def missing(corpus: Corpus | None) -> list[str]:
    """Kinds of facts that the corpus does not hold."""
    said = corpus.said if corpus else {}
    found = {kind for name in NODES for kind in said.get(name, {}).get("kinds", {})}
    return [name for name in _known_kinds() if name not in found]


def _known_kinds() -> list[str]:
    kinds = Registry(FACTS).kinds()
    return [f"{k.KIND.type:03}-{k.KIND.version}-{k.__name__}" for k in kinds]


def make(target: Path) -> Corpus:
    """Make a corpus in a folder that is not there yet."""
    assert not target.exists(), "a corpus is never changed"
    with tempfile.TemporaryDirectory() as folder:
        town = found_town(Path(folder) / "1", 1, residents=RESIDENTS, cards=CARDS)
        for name, story in ((HUB, _at_hub), (ENGGANO, _at_enggano)):
            with at(town, name) as office:
                story(town, office)
        _exchange(town)
        _state_the_rest(town)
        said = _send_last(town)
        _keep(town, target)
    (target / SAID).write_text(json.dumps(said, indent=1) + "\n")
    made = Corpus(target)
    lines = [f"{digest}  {name}\n" for name, digest in made.files().items()]
    (target / SUMS).write_text("".join(lines))
    return made


@contextmanager
def at(town: Town, name: str) -> Iterator[Office]:
    """Be at a node of the town."""
    office = town.open(name)
    try:
        with office.at_work():
            yield office
    finally:
        office.close()


def _at_hub(town: Town, hub: Office) -> None:
    """A laptop that will be revoked is enrolled."""
    plan = NewNode(name="Kapal", role="field", wilayah=("170301",))
    enrolled = enrol(hub, plan, town.folder / "kapal.enrol")
    (town.folder / "Kapal.id").write_text(enrolled.node_id.hex())


def _at_enggano(town: Town, office: Office) -> None:
    """People are registered, recorded and erased, cards are printed and handed over."""
    officer, journal = officer_of(office, ENGGANO), office.journal
    for number in range(desk.STEPS):
        desk.do(office, office.ask(officer, desk.op_id(number)), number)
    _record_one(office, officer)
    identity = office.keys.age_identity
    for waiting in orders.print_queue(journal.node_id)[:1]:
        cards.print_card(
            journal,
            office.ask(officer),
            desk.Press(lambda _: None),
            order=waiting.order,
            open_blob=lambda cipher: open_blob(cipher, identity),
            draw=lambda face, *, photo, signature: photo,
        )
        proof = Proof(means="code", code=CODE)
        cards.hand_over(journal, office.ask(officer), order=waiting.order, proof=proof)
    number = desk.STEPS * 50
    desk.do(office, office.ask(officer, desk.op_id(number)), number)
    journal.erase(desk.person_of(number))
    journal.catch_up()


def _record_one(office: Office, officer: bytes) -> None:
    """One resident from biodata to proof, every part taken."""
    grown = Person.objects.filter(
        tanggal_lahir__lte="2005-12-31", status_rekam="UNREGISTERED", nama__gt=""
    ).exclude(nik="")
    names = [one.nik for one in grown if not one.nama.startswith("DATA UJI")]
    seat = Desk(
        office=office,
        scanner=SteadyScanner("", size=PART_BYTES),
        matcher=NameMatcher(),
        officer=officer,
        random=system_random,
    )
    record_person(seat, nik=sorted(names)[0])


def _exchange(town: Town) -> None:
    """Courier files to and fro, until both know the other's facts."""
    for sender, receiver in ((ENGGANO, HUB), (HUB, ENGGANO)):
        with at(town, sender) as office:
            export_to(office, town.node_id(receiver), town.stick)
        with at(town, receiver) as office:
            import_files(office, [town.stick], None)
        for file in town.stick.iterdir():
            file.unlink()


def _state_the_rest(town: Town) -> None:
    """Every kind nobody has stated yet, by the node that may."""
    stated: set[str] = set()
    for name in NODES:
        with at(town, name) as office:
            stated |= set(told_by(office)["kinds"])
    given = _given(town)
    for kind in Registry(FACTS).kinds():
        number, version = kind_of(kind).type, kind_of(kind).version
        if f"{number:03}-{version}-{kind.__name__}" in stated:
            continue
        name = HUB if kind_of(kind).hub_only else ENGGANO
        with at(town, name) as office:
            _state(town, office, _plausible(kind, given), name)


def _state(town: Town, office: Office, fact: Any, name: str) -> None:
    officer = officer_of(office, name) if fact.KIND.right else b""
    audience = b""
    if name == HUB and fact.KIND.type in _COMMON_KINDS:
        audience = COMMON
    elif name == HUB:
        audience = town.node_id(ENGGANO)
    with office.journal.writing() as book:
        book.append(office.ask(officer), [Draft(fact, audience=audience)])


def _given(town: Town) -> dict[str, Any]:
    """Real values for the fields that name something of this district."""
    with at(town, ENGGANO) as office:
        row = next(r for r in office.journal.journals() if r.own and r.lane == 1)
        waiting = orders.print_queue(office.journal.node_id)[0]
        grant = office.authority.grant(officer_of(office, ENGGANO))
        assert grant is not None
        return {
            "wilayah": "170301", "desa": "1703012001", "person": waiting.person,
            "order": waiting.order, "recording": desk.person_of(0), "attempt": 1,
            "home": office.journal.node_id, "to": town.node_id(HUB),
            "sent_by": town.node_id(HUB), "peer": town.node_id(HUB),
            "node": town.node_id("Kapal"), "operator": b"nobody-8",
            "journal": row.id, "seq": row.head_seq, "h": row.head_h,
            "item": "blanko", "count": 1, "kind": "BELUM_PERNAH",
            "parts": ("left_thumb",), "part": "right_thumb", "valid_through": (),
            "excepted": (), "only": (), "forbidden": (), "epoch": 1, "stock": (),
            "orders": (), "reason": "CONTOH", "cause": "CONTOH",
        }  # fmt: skip


def _plausible(kind: type[Any], given: dict[str, Any]) -> Any:
    """The kind's fixed example, with the names of this district where it names any."""
    named = {field.name for field in fields(kind)}
    return replace(example(kind), **{k: v for k, v in given.items() if k in named})


def _send_last(town: Town) -> dict[str, Any]:
    """Enggano's last file lies on the stick; what the hub says before and after reading it."""
    with at(town, ENGGANO) as office:
        export_to(office, town.node_id(HUB), town.stick)
        said: dict[str, Any] = {ENGGANO: told_by(office)}
    with at(town, HUB) as hub:
        said[HUB] = told_by(hub)
    with tempfile.TemporaryDirectory() as folder:
        later = town.copy(Path(folder) / "later")
        with at(later, HUB) as hub:
            import_files(hub, [later.stick], None)
            said["Hub after"] = told_by(hub)
    return said


def _keep(town: Town, target: Path) -> None:
    """Closed books; without what is made anew anyway, and without the root key."""
    shutil.copytree(town.folder, target, ignore=shutil.ignore_patterns(*_LEFT_BEHIND))
    for name in NODES:
        Town(target).change(name, mirror="")


def main() -> None:
    """Add a number where the newest one lacks something."""
    numbers = kept()
    lacking = missing(numbers[-1] if numbers else None)
    if not lacking:
        print("Lengkap; tidak ada yang ditulis. / Complete; nothing was written.")
        return
    made = make(FOLDER / str(len(numbers) + 1))
    print(f"{made.folder}: {len(made.files())}; {', '.join(lacking)}")
    assert not missing(made), missing(made)


if __name__ == "__main__":
    main()
