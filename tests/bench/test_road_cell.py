"""Whole cells on a quick link: every contender brings its load, and what breaks is said."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from bench.link.namespaces import NeedsRoot, check_machine
from bench.link.profiles import Profile
from bench.race.cell import Stopped, run_cell
from bench.race.contenders import Contender, NotThere, Pair, Place
from bench.race.figures import Outcome
from bench.race.load import load_of
from bench.race.ours import BEST
from bench.race.peers import PEERS

QUICK = Profile(
    name="quick",
    words="a good line, so that a test is short",
    rate_bit_s=6_000_000.0,
    rtt_s=0.02,
    queue_bytes=200_000,
)


@pytest.fixture(autouse=True)
def machine() -> None:
    """Network namespaces need root."""
    try:
        check_machine()
    except NeedsRoot as reason:
        pytest.skip(
            "needs root, /dev/net/tun and the Debian packages iproute2 and util-linux: "
            + reason.missing.en
        )


def race(*contenders: Contender) -> dict[str, Outcome | str]:
    """The outcomes on the quick link."""
    return run_cell(QUICK, load_of(1), contenders, lambda *_: None, threading.Event())


def test_it_brings_packets_and_small_facts_to_the_hub() -> None:
    """Our two nodes do, and so does the plainest peer, on links of their own."""
    https = next(peer for peer in PEERS if peer.name == "https")
    for name, found in race(BEST, https).items():
        assert isinstance(found, Outcome), f"{name}: {found}"
        assert found.finished and found.held_share == 1.0, name
        assert found.small_s is not None and found.bytes_ratio > 1.0, name
        assert 0 < found.goodput_share <= 1.0, name


def test_it_says_what_to_install_for_a_peer_that_is_not_there() -> None:
    """The others run all the same."""
    lacking = replace(PEERS[0], programs=(("no-such-program", "some-package"),))
    assert race(lacking) == {"rsync": "install some-package"}


def test_it_says_that_a_contender_broke() -> None:
    """A process that ends at once is no figure and no crash."""

    def start(place: Place) -> Pair:
        return Pair(place.at_office(["sh", "-c", "echo no moon >&2"]))

    (said,) = race(Contender("broken", (), start)).values()
    assert isinstance(said, str)
    assert "ended before it was ready" in said and "no moon" in said


def test_it_says_why_a_peer_could_not_be_set_up() -> None:
    """What a peer finds missing while it starts is said as well."""

    def start(place: Place) -> Pair:
        raise NotThere("install a moon")

    assert race(Contender("moon", (), start)) == {"moon": "install a moon"}


def test_it_ends_when_somebody_wants_it_to() -> None:
    """Ctrl-C leaves no contender behind."""
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Stopped):
        run_cell(QUICK, load_of(1), [BEST], lambda *_: None, stopping)
