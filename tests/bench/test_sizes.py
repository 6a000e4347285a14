"""Bytes keep their bounds: they are the same in every run, so they may be asserted."""

from __future__ import annotations

import pytest

from bench import figures, sizes, sizes_contacts, sizes_packet, sizes_quality
from bench.figures import Figure


def _named(found: list[Figure]) -> dict[str, Figure]:
    named = {figure.name: figure for figure in found}
    assert len(named) == len(found), "a name is used once"
    return named


def _kept(found: list[Figure]) -> None:
    broken = [(f.name, f.value, f.bound) for f in found if f.holds is False]
    assert not broken


@pytest.fixture(scope="module")
def packet() -> sizes_packet.Packet:
    """One synthetic person's parts."""
    return sizes_packet.packet(1)


def test_it_costs_little_above_tls() -> None:
    """An idle contact, one fact, two hundred: within the bounds, ahead of signed JSON."""
    found = sizes.contacts(1)
    named = _named(found)
    _kept(found)
    assert named["idle_bytes"].value <= 900
    assert named["one_fact_bytes"].value <= 300
    assert named["batch_fact_bytes"].value <= 42


def test_it_gives_the_same_bytes_in_every_run() -> None:
    """What is counted above TLS depends on no clock and no chance."""
    assert sizes_contacts.above(3) == sizes_contacts.above(3)


def test_it_costs_little_in_tls() -> None:
    """A resumed session is under 2 kB with its handshake, and three round trips long."""
    full, resumed = sizes_contacts.wire()
    assert (full.is_resumed, resumed.is_resumed) == (False, True)
    assert resumed.tls_bytes <= sizes.IDLE_BYTES
    assert resumed.tls_bytes < full.tls_bytes - 400
    assert resumed.rtts == full.rtts == sizes.IDLE_RTTS


def test_it_sends_a_packet_in_a_quarter_of_a_megabyte(
    packet: sizes_packet.Packet,
) -> None:
    """Every part within its bound; sealing and the road add little."""
    found = sizes.parts(packet, 1)
    named = _named(found)
    _kept(found)
    sealed = named["packet_sealed_bytes"].value
    parts = named["packet_bytes"].value + named["thumbnail_bytes"].value
    assert sealed <= 1.03 * parts
    assert named["packet_road_bytes"].value <= 1.03 * sealed
    assert named["packet_road_bytes"].value < 0.6 * named["peer_packet_bytes"].value


def test_it_loses_nothing_that_counts() -> None:
    """The chosen photo and iris are as good as what devices give (ADR 0012)."""
    _kept(sizes.chosen())


def test_it_sees_what_is_packed_too_tightly() -> None:
    """The measures are none that everything passes."""
    assert sizes_quality.photo(sizes._jp2(160)).alike < 0.98
    assert sizes_quality.eyes(sizes._jp2(60)).own > 0.07


def test_it_shows_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes are shown whole."""
    figures.show([sizes._bytes("a", "a", 1_991, 2_000)], as_json=False)
    assert "1,991 B" in capsys.readouterr().out
