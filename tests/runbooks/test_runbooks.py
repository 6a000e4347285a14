"""Backups, clones and lost machines: a district in trouble, and the runbook followed.

That every book is sound at every step is said by the auditor, at each close (tests/audits.py).
"""

from __future__ import annotations

import shutil

import pytest

from perahu.journal.types import Level
from perahu.words import Refusal
from tests.runbooks.follow import Site
from tests.system.world import ENGGANO, HUB, PROVINSI

ENGGANO_SYNC = "perahu --dir /srv/perahu/enggano sync"
HALTED = "Pencetakan berhenti"
BACK_AGAIN = "Kalau komputer lama ternyata menyala lagi"
PREPARED = "Sebelum terjadi"
SEEN = "Yang terlihat"
LEFT = "Hanya di komputer ini"
BRANCH = "Kalau ada baris *Hanya di komputer ini*"
UNSAID = "Kalau layar tetap tidak menyebutnya"


def begin(site: Site) -> None:
    """The kabupaten knows of a first recording."""
    site.record(0)
    site.type(ENGGANO_SYNC)


def office_id(site: Site) -> bytes:
    """Enggano's node id."""
    return site.world.node_id(ENGGANO)


def status(site: Site, name: str) -> str:
    """What `perahu status` shows."""
    return site.type(f"perahu --dir {site.world.place(name)} status")


def old_backup(site: Site, *, whole: bool) -> tuple[set[str], set[bytes]]:
    """Enggano goes on from a backup: three people are recorded, one of them is in it, one
    more is known to the kabupaten. Gives these two, and the entries that two books held."""
    begin(site)
    place, backup = site.world.place(ENGGANO), site.folder / "cadangan" / "enggano"
    shutil.copytree(place, backup)
    site.record(1)
    site.type(ENGGANO_SYNC)
    known = site.entries(site.world.place(HUB), office_id(site))
    site.record(2)
    fence = (place / "fence").read_bytes()
    shutil.rmtree(place)
    shutil.copytree(backup, place)
    if not whole:
        (place / "fence").write_bytes(fence)
    return set(site.world.residents()[:2]), known


def check_old_backup(site: Site, people: set[str], known: set[bytes]) -> None:
    """Both histories are there, on both machines, and printing goes on."""
    place = site.world.place(ENGGANO)
    assert site.recorded(ENGGANO) == site.recorded(HUB) == people
    assert known <= site.entries(place, office_id(site))
    assert HALTED not in status(site, ENGGANO)
    nik = site.record(2)
    site.type(ENGGANO_SYNC)
    assert site.recorded(HUB) == people | {nik}, "whoever was in the gap, served again"
    check_case(site)


def test_it_follows_the_book_that_is_older_than_its_fence(site: Site) -> None:
    """The book alone was restored: noticed at the first start."""
    found = old_backup(site, whole=False)
    site.follow("pencetakan-berhenti-di-kantor.md", but=(BRANCH,))
    check_old_backup(site, *found)


def test_it_follows_it_where_the_whole_folder_is_old(site: Site) -> None:
    """Fence and all were restored: noticed at the first contact."""
    found = old_backup(site, whole=True)
    assert HALTED not in status(site, ENGGANO)
    site.follow("pencetakan-berhenti-di-kantor.md", but=(SEEN, BRANCH))
    check_old_backup(site, *found)


def test_it_serves_again_who_was_recorded_in_a_book_that_was_old(site: Site) -> None:
    """The whole folder was restored and somebody recorded before the first contact."""
    people, known = old_backup(site, whole=True)
    nik = site.record(2)
    site.follow("pencetakan-berhenti-di-kantor.md", but=(SEEN, BRANCH))
    assert site.recorded(HUB) == people and nik in site.recorded(ENGGANO)
    with pytest.raises(Refusal, match="once for life"):
        site.record(2)
    site.follow("pencetakan-berhenti-di-kantor.md", BRANCH)
    assert LEFT not in status(site, ENGGANO), "the new book has no branch"
    check_old_backup(site, people, known)
    away = site.world.place(ENGGANO).with_name("enggano-cabang")
    with site.open(away) as office:
        kept = [getattr(event.fact, "nik", "") for event in office.journal.events()]
    assert nik in kept, "the branch is in the book that was put away"


def test_it_follows_the_twins(site: Site) -> None:
    """Two machines of one disk: the second one's branch is evidence, all else is known."""
    place = site.world.place(ENGGANO)
    twin = place.with_name("enggano-2")
    shutil.copytree(place, twin)
    first, branch = site.record(0), site.record(1, twin)
    site.type(ENGGANO_SYNC)
    site.type("perahu --dir /srv/perahu/enggano-2 sync")
    second = site.record(2, twin)
    site.type("perahu --dir /srv/perahu/enggano-2 sync")
    site.type(ENGGANO_SYNC)
    site.follow("simpul-kembar.md")
    away = place.with_name("enggano-2-arsip")
    assert site.recorded(HUB) == site.recorded(ENGGANO) == {first, second}
    assert not twin.exists() and HALTED not in status(site, ENGGANO)
    with site.open(away) as office:
        kept = [getattr(event.fact, "nik", "") for event in office.journal.events()]
    assert branch in kept, "the branch is in the book that was put away"
    check_case(site)


def check_case(site: Site) -> None:
    """Nothing waits for a person at the hub any more."""
    shown = site.type("perahu --dir /srv/perahu/kabupaten case --officer ratna")
    assert "Tidak ada kasus" in shown, shown


def back_up_hub(site: Site) -> None:
    """The hub knows of a first recording, and is stopped; then it gives Dewi rights."""
    begin(site)
    site.settle()
    site.stop(HUB)
    shutil.copytree(site.world.place(HUB), site.folder / "cadangan" / "hub")
    grant(site)


def restore_hub(site: Site) -> None:
    """It was stopped; its folder is that of the backup again."""
    hub = site.world.place(HUB)
    shutil.rmtree(hub)
    shutil.copytree(site.folder / "cadangan" / "hub", hub)


def test_it_follows_the_hub_of_yesterday(site: Site) -> None:
    """The hub's backup lacks a recording and a grant: both come home from Enggano."""
    back_up_hub(site)
    site.serve(HUB)
    site.record(1)
    site.type(ENGGANO_SYNC)
    site.stop(HUB)
    said = heard_of_hub(site)
    restore_hub(site)
    site.serve(HUB)
    site.follow("pencetakan-berhenti-di-kabupaten.md", but=(UNSAID,))
    assert site.recorded(HUB) == set(site.world.residents()[:2])
    check_hub(site, said)
    check_case(site)


def test_it_states_again_what_a_hub_of_yesterday_had_said(site: Site) -> None:
    """Before its first contact it gave one right, and it does not know another any more."""
    back_up_hub(site)
    site.serve(HUB)
    site.type(ENGGANO_SYNC)
    site.stop(HUB)
    restore_hub(site)
    grant(site, "tuti")
    site.serve(HUB)
    site.follow("pencetakan-berhenti-di-kabupaten.md", but=(UNSAID,))
    assert (knows(site, HUB, "tuti"), knows(site, ENGGANO, "tuti")) == (True, False)
    assert (knows(site, HUB, "dewi"), knows(site, ENGGANO, "dewi")) == (False, True)
    grant(site, "dewi2")
    grant(site, "tuti")
    site.type(ENGGANO_SYNC)
    for name in (HUB, ENGGANO):
        assert knows(site, name, "dewi2") and knows(site, name, "tuti")
    check_case(site)


def test_it_names_what_a_hub_of_yesterday_had_told_nobody(site: Site) -> None:
    """It is alone with its backup: no machine can notice, and its people say so."""
    back_up_hub(site)
    lost = site.entries(site.world.place(HUB), site.world.node_id(HUB))
    restore_hub(site)
    lost -= site.entries(site.world.place(HUB), site.world.node_id(HUB))
    site.serve(HUB)
    assert lost and not lost & heard_of_hub(site)
    site.type(ENGGANO_SYNC)
    site.type("perahu --dir /srv/perahu/kabupaten sync")
    assert HALTED not in status(site, HUB)
    site.follow("pencetakan-berhenti-di-kabupaten.md", UNSAID)
    assert HALTED not in status(site, HUB) and not knows(site, HUB, "dewi")
    grant(site)
    site.type(ENGGANO_SYNC)
    assert knows(site, ENGGANO, "dewi")


def knows(site: Site, name: str, login: str) -> bool:
    """Whether a node knows of somebody's rights."""
    with site.open(site.world.place(name)) as office:
        return office.authority.operator_by_login(login) is not None


def heard_of_hub(site: Site) -> set[bytes]:
    """What the hub said and somebody heard; what it noted since is known to nobody."""
    node, others = site.world.node_id(HUB), (ENGGANO, PROVINSI)
    heard = [site.entries(site.world.place(name), node) for name in others]
    assert all(heard)
    return set.union(*heard)


def grant(site: Site, login: str = "dewi") -> None:
    """The hub gives somebody new rights at Enggano."""
    site.type(
        f"perahu --dir /srv/perahu/kabupaten grant --login {login} "
        f"--name {login.title()} "
        '--rights record --wilayah 17.03.01 --decree "SK 2/DATA-UJI"'
    )


def check_hub(site: Site, said: set[bytes]) -> None:
    """The hub holds all it had said, knows Dewi, and waits for nothing."""
    hub, node = site.world.place(HUB), site.world.node_id(HUB)
    assert said <= site.entries(hub, node)
    with site.open(hub) as office:
        assert office.authority.operator_by_login("dewi") is not None
        assert office.journal.blobs.missing() == [] and office.journal.parked() == []
    assert HALTED not in status(site, HUB)


def test_it_follows_the_lost_office(site: Site) -> None:
    """A machine is gone: the same node begins again, and the gap has a number.

    Then somebody dries the old one and it runs: what only it held comes to the hub.
    """
    begin(site)
    place = site.world.place(ENGGANO)
    known = site.entries(site.world.place(HUB), office_id(site))
    lost = site.record(1)
    drawer = place.rename(site.folder / "cadangan" / "enggano")
    runbook = "komputer-kantor-tidak-menyala.md"
    site.follow(runbook, but=(BACK_AGAIN,))
    assert site.recorded(ENGGANO) == {site.world.residents()[0]}
    assert known <= site.entries(place, office_id(site))
    with site.open(place) as office:
        assert office.journal.node_id == office_id(site) and office.journal.epoch == 2
        heads = {seq for _, seq, _ in office.journal.chain.epoch.not_before}
        assert heads and sum(heads) == len(known), "the gap begins behind what is known"
    assert "blanko 90" in status(site, ENGGANO)
    drawer.rename(place.with_name("enggano-lama"))
    site.follow(runbook, BACK_AGAIN)
    assert site.recorded(HUB) == {site.world.residents()[0], lost}, "the gap is filled"
    assert HALTED not in status(site, ENGGANO)
    check_case(site)


def test_it_brings_back_all_from_the_mirror(site: Site) -> None:
    """The machine is gone and its second medium is not: nothing is a gap."""
    place, mirror = site.world.place(ENGGANO), site.folder / "stik" / "cermin"
    mirror.mkdir()
    site.world.change(ENGGANO, mirror=str(mirror))
    begin(site)
    site.record(1)
    before = site.entries(place, office_id(site))
    shutil.rmtree(place)
    shutil.copytree(mirror, site.folder / "cadangan" / "cermin")
    out = site.folder / "stik" / "again"
    site.type(f"perahu --dir /srv/perahu/kabupaten enrol --again Enggano --out {out}")
    site.type(f"perahu --dir {place} init --from {out} --mirror {mirror}")
    with site.open(place) as office:
        assert office.journal.epoch == 2 and office.journal.halts()
        assert office.journal.healing.copied_back == 0, "it was brought back before"
    assert before <= site.entries(place, office_id(site))
    site.type(ENGGANO_SYNC)
    assert site.recorded(HUB) == set(site.world.residents()[:2])


def let_go(site: Site) -> None:
    """Enggano hears what two sites hold, and makes room: that lies at the provinsi alone
    once the hub is gone."""
    site.settle()
    site.type(ENGGANO_SYNC)
    with site.open(site.world.place(ENGGANO)) as office:
        journal = office.journal
        cited = [
            c for row in journal.journals() for c in journal.blobs_cited(row.id, 0)
        ]
        safe = [sha for _, sha in cited if journal.blob_level(sha) is Level.SAFE]
        assert safe, "the provinsi has the first recording"
        for sha in safe:
            journal.blobs.remove(sha)


def test_it_follows_the_lost_hub(site: Site) -> None:
    """The hub's machine is gone: rescue file, offices, provinsi and a courier file."""
    begin(site)
    grant(site)
    runbook = "komputer-kabupaten-tidak-menyala.md"
    site.follow(runbook, PREPARED)
    site.record(1)
    site.type(ENGGANO_SYNC)
    site.type("perahu --dir /srv/perahu/kabupaten sync")
    let_go(site)
    site.stop(HUB)
    said = heard_of_hub(site)
    hub = site.world.place(HUB)
    shutil.rmtree(hub)
    site.record(2)
    site.follow(runbook, but=(PREPARED,))
    assert site.recorded(HUB) == set(site.world.residents()[:3])
    check_hub(site, said)
    with site.open(hub) as office:
        assert office.journal.epoch > 20_000_000, "named by the day"
