"""Backups, clones and lost machines: a district in trouble, and the runbook followed."""

from __future__ import annotations

import shutil

import pytest

from tests.runbooks.follow import Site
from tests.system.world import ENGGANO, HUB, KETAHUN, PROVINSI

ENGGANO_SYNC = "perahu --dir /srv/perahu/enggano sync"
HALTED = "Pencetakan berhenti"
PREPARED = "Sebelum terjadi"
SEEN = "Yang terlihat"


def with_stock(site: Site) -> None:
    """Enggano has 100 blanko, and the kabupaten knows of a first recording."""
    with_blanko(site)
    site.record(0)
    site.type(ENGGANO_SYNC)


def with_blanko(site: Site) -> None:
    """Enggano has 100 blanko, and the kabupaten knows."""
    site.type(
        "perahu --dir /srv/perahu/enggano stock receive --item blanko --count 100 "
        '--source TERIMA_PUSAT --document "SJ 1/DATA-UJI" --officer sari'
    )
    site.type(ENGGANO_SYNC)


def with_store(site: Site) -> None:
    """The kabupaten has 500 blanko in its store."""
    site.type(
        "perahu --dir /srv/perahu/kabupaten stock receive --item blanko --count 500 "
        '--source TERIMA_PUSAT --document "SJ 2/DATA-UJI" --officer ratna'
    )


def office_id(site: Site) -> bytes:
    """Enggano's node id."""
    return site.world.node_id(ENGGANO)


def status(site: Site, name: str) -> str:
    """What `perahu status` shows."""
    return site.type(f"perahu --dir {site.world.place(name)} status")


def old_backup(site: Site, *, whole: bool) -> tuple[set[str], set[bytes]]:
    """Enggano goes on from a backup: three people are recorded, one of them is in it, one
    more is known to the kabupaten. Gives these two, and the entries that two books held."""
    with_stock(site)
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
    hub, place = site.world.place(HUB), site.world.place(ENGGANO)
    assert site.recorded(ENGGANO) == site.recorded(HUB) == people
    assert known <= site.entries(place, office_id(site))
    assert HALTED not in status(site, ENGGANO)
    nik = site.record(2)
    site.type(ENGGANO_SYNC)
    assert site.recorded(HUB) == people | {nik}, "whoever was in the gap, served again"
    site.check_books(hub, place)


def test_it_follows_the_book_that_is_older_than_its_fence(site: Site) -> None:
    """The book alone was restored: noticed at the first start."""
    found = old_backup(site, whole=False)
    site.follow("buku-lebih-tua-dari-pagar.md")
    check_old_backup(site, *found)


def test_it_follows_it_where_the_whole_folder_is_old(site: Site) -> None:
    """Fence and all were restored: noticed at the first contact."""
    found = old_backup(site, whole=True)
    assert HALTED not in status(site, ENGGANO)
    site.follow("buku-lebih-tua-dari-pagar.md", but=(SEEN,))
    check_old_backup(site, *found)


@pytest.mark.damages_book(
    "the twin's epoch follows a branch that this book does not hold", always=False
)
def test_it_follows_the_twins(site: Site) -> None:
    """Two machines of one disk: the second one's branch is evidence, all else is known."""
    with_blanko(site)
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
    site.check_books(site.world.place(HUB), place, away)


def check_case(site: Site) -> None:
    """Nothing waits for a person at the hub any more."""
    shown = site.type("perahu --dir /srv/perahu/kabupaten case --officer ratna")
    assert "Tidak ada kasus" in shown, shown


def test_it_follows_the_hub_of_yesterday(site: Site) -> None:
    """The hub's backup lacks a recording and a grant: both come home from Enggano."""
    with_stock(site)
    with_store(site)
    hub = site.world.place(HUB)
    site.stop(HUB)
    shutil.copytree(hub, site.folder / "cadangan" / "hub")
    site.serve(HUB)
    grant(site)
    site.record(1)
    site.type(ENGGANO_SYNC)
    # What the hub noted after that contact is known to nobody else.
    said = site.entries(site.world.place(ENGGANO), site.world.node_id(HUB))
    site.stop(HUB)
    shutil.rmtree(hub)
    shutil.copytree(site.folder / "cadangan" / "hub", hub)
    site.serve(HUB)
    site.follow("kabupaten-kembali-ke-kemarin.md")
    assert site.recorded(HUB) == set(site.world.residents()[:2])
    check_hub(site, said)
    check_case(site)


def grant(site: Site) -> None:
    """The hub gives somebody new rights at Enggano."""
    site.type(
        "perahu --dir /srv/perahu/kabupaten grant --login dewi --name Dewi "
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
    names = (HUB, ENGGANO, KETAHUN, PROVINSI)
    site.check_books(*(site.world.place(name) for name in names))


def test_it_follows_the_lost_office(site: Site) -> None:
    """A machine is gone: the same node begins again, and the gap has a number."""
    with_stock(site)
    place = site.world.place(ENGGANO)
    known = site.entries(site.world.place(HUB), office_id(site))
    lost = site.record(1)
    shutil.rmtree(place)
    site.follow("komputer-kantor-hilang.md")
    assert site.recorded(ENGGANO) == {site.world.residents()[0]}
    assert known <= site.entries(place, office_id(site))
    with site.open(place) as office:
        assert office.journal.node_id == office_id(site) and office.journal.epoch == 2
        heads = {seq for _, seq, _ in office.journal.chain.epoch.not_before}
        assert heads and sum(heads) == len(known), "the gap begins behind what is known"
    assert "blanko 90" in status(site, ENGGANO)
    nik = site.record(1)
    site.type(ENGGANO_SYNC)
    assert nik == lost and site.recorded(HUB) == set(site.world.residents()[:2])
    site.check_books(site.world.place(HUB), place)


def test_it_brings_back_all_from_the_mirror(site: Site) -> None:
    """The machine is gone and its second medium is not: nothing is a gap."""
    place, mirror = site.world.place(ENGGANO), site.folder / "stik" / "cermin"
    mirror.mkdir()
    site.world.change(ENGGANO, mirror=str(mirror))
    with_stock(site)
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
    site.check_books(site.world.place(HUB), place)


def test_it_follows_the_lost_hub(site: Site) -> None:
    """The hub's machine is gone: rescue file, offices, provinsi and a courier file."""
    with_stock(site)
    with_store(site)
    site.type(
        "perahu --dir /srv/perahu/ketahun stock receive --item blanko --count 50 "
        '--source TERIMA_PUSAT --document "SJ 3/DATA-UJI" --officer made'
    )
    grant(site)
    runbook = "komputer-kabupaten-hilang.md"
    site.follow(runbook, PREPARED)
    site.record(1)
    site.type(ENGGANO_SYNC)
    site.type("perahu --dir /srv/perahu/kabupaten sync")
    hub = site.world.place(HUB)
    said = site.entries(hub, site.world.node_id(HUB))
    site.stop(HUB)
    shutil.rmtree(hub)
    site.record(2)
    site.follow(runbook, but=(PREPARED,))
    assert site.recorded(HUB) == set(site.world.residents()[:3])
    check_hub(site, said)
    with site.open(hub) as office:
        assert office.journal.epoch > 20_000_000, "named by the day"
