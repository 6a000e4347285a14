"""A bad road for months: no carrier may stop being tried, and none be used that may not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.node.carriers.choice import RECORD_CLASSES
from perahu.node.carriers.file import CarrierEntry, CarrierMistake, carriers_of
from perahu.node.carriers.ways import REST_MAX_S, Carriers
from perahu.node.office import Office, open_office
from perahu.sync.links import Link, RoadKey
from perahu.words import Refusal
from tests.node.offices import PHRASE, add_enggano, found_hub


class _NoMaker:
    """Links that are never dialled."""

    def tls(self, entry: CarrierEntry) -> Link:
        """None."""
        raise AssertionError(entry)

    def paced(self, entry: CarrierEntry, key: RoadKey) -> Link:
        """None."""
        raise AssertionError(entry)

    def wait(self, links: Sequence[tuple[Link, bool]], seconds: float) -> None:
        """At once."""

    def pause(self, seconds: float) -> None:
        """At once."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Enggano with one SIM."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    with open_office(tmp_path / "enggano", passphrase=PHRASE) as found:
        entry = CarrierEntry(name="sim", address="127.0.0.1:9")
        found.settings = replace(found.settings, carriers=(entry,))
        yield found


def test_it_is_out_of_reach_for_months(office: Office) -> None:
    """A carrier that failed thousands of times rests half an hour, and is tried again."""
    carriers = Carriers(office, _NoMaker())
    (entry,) = office.settings.ways
    refusal = Refusal("unreachable", "x", "x")
    for _ in range(1100):
        assert carriers._failed(entry, refusal)
        carriers._lost_against_another(entry.name, is_able=False)
    rests_s = carriers._rest(entry.name).until_s - office.clock.monotonic_s()
    assert 0 < rests_s <= REST_MAX_S
    assert [one.entry.name for one in carriers.usable()] == ["sim"]


def test_it_boots_in_1970_every_day(tmp_path: Path) -> None:
    """A dead clock battery, and a carrier that carries nothing by day: records go, and
    bring the hub's time."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    entry = CarrierEntry(
        name="sim", address="127.0.0.1:9", hours="22:00-03:00", outside="nothing",
        monthly_mb=1,
    )  # fmt: skip
    with open_office(
        tmp_path / "enggano", passphrase=PHRASE, wall_s=lambda: 4 * 3600.0
    ) as office:
        office.settings = replace(office.settings, carriers=(entry,))
        carriers = Carriers(office, _NoMaker())
        carriers.shelf.spend("sim", office.now().today, 9_000_000, 0)
        (verdict,) = carriers.standing()
        assert verdict.classes == RECORD_CLASSES and verdict.why is not None
        assert carriers.budget_bytes() and carriers.why_none() is None


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
_KEYS = ("name", "address", "words", "kind", "interface", "source", "preference")
_MORE = ("cost_per_mb", "monthly_mb", "hours", "outside", "udp", "nonsense")


@given(st.lists(st.dictionaries(st.sampled_from(_KEYS + _MORE), _VALUES)) | _VALUES)
def test_it_writes_nonsense_into_node_toml(found: object) -> None:
    """Whatever stands under [[carriers]]: entries that hold, or a mistake in words."""
    try:
        entries = carriers_of(found)
    except CarrierMistake as mistake:
        assert mistake.words.id and mistake.words.en
        return
    assert len({one.name for one in entries}) == len(entries)
