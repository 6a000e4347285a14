"""The PIN, its lock-out, and the code that sets it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.keys.pin import (
    CODE_LENGTH,
    LOCK_S_FIRST,
    LOCK_S_MAX,
    SPACE,
    TRIES,
    Device,
    NewPin,
    PinState,
    Verifier,
    activation_hash,
    check_pin,
    counted,
    lock_s,
    new_activation_code,
    set_pin,
    sign_in,
    waited,
)
from perahu.words import Refusal
from tests.keys.cast import CHEAP, SARI, seeded

DEVICE = Device(b"d" * 32, CHEAP)
PIN = "740286"


class Shelf:
    """A `local` space in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, bytes], bytes] = {}

    def get(self, space: str, key: bytes) -> bytes | None:
        """The value, or None."""
        return self.kept.get((space, key))

    def put(self, space: str, key: bytes, value: bytes) -> None:
        """Keep the value."""
        self.kept[(space, key)] = value


def create_shelf(*, pin: str = PIN) -> Shelf:
    """Sari's PIN is set."""
    shelf = Shelf()
    code = new_activation_code(seeded("code"))
    set_pin(
        shelf, DEVICE, NewPin(SARI, code, activation_hash(code), pin), seeded("salt")
    )
    return shelf


def attempt(shelf: Shelf, pin: str = PIN, *, uptime_s: float = 0) -> str:
    """Try a PIN; "in", or the code of the refusal."""
    try:
        sign_in(shelf, DEVICE, operator=SARI, pin=pin, uptime_s=uptime_s)
    except Refusal as refusal:
        return refusal.code
    return "in"


def lock(shelf: Shelf, *, uptime_s: float = 0) -> None:
    """Five wrong tries."""
    outcomes = [attempt(shelf, "999998", uptime_s=uptime_s) for _ in range(TRIES)]
    assert outcomes == ["wrong_pin"] * (TRIES - 1) + ["pin_locked"]


def test_it_works() -> None:
    """The right PIN signs in, as often as one likes."""
    shelf = create_shelf()
    assert attempt(shelf) == "in"
    assert attempt(shelf) == "in"


def test_it_forgets_wrong_tries_after_a_right_one() -> None:
    """Four wrong, one right, four wrong: no lock."""
    shelf = create_shelf()
    for _ in range(3):
        for _ in range(TRIES - 1):
            assert attempt(shelf, "999998") == "wrong_pin"
        assert attempt(shelf) == "in"


def test_it_locks_after_five_wrong_tries() -> None:
    """For five minutes of uptime even the right PIN is not looked at."""
    shelf = create_shelf()
    lock(shelf)
    assert attempt(shelf, uptime_s=1) == "pin_locked"
    assert attempt(shelf, uptime_s=LOCK_S_FIRST - 1) == "pin_locked"
    assert attempt(shelf, uptime_s=LOCK_S_FIRST) == "in"


def test_it_doubles_the_wait() -> None:
    """Five more wrong tries wait twice as long, up to a day."""
    shelf = create_shelf()
    lock(shelf)
    lock(shelf, uptime_s=LOCK_S_FIRST)
    assert attempt(shelf, uptime_s=3 * LOCK_S_FIRST - 1) == "pin_locked"
    assert attempt(shelf, uptime_s=3 * LOCK_S_FIRST) == "in"
    waits = [lock_s(TRIES * n) for n in range(1, 40)]
    assert waits[:3] == [LOCK_S_FIRST, 2 * LOCK_S_FIRST, 4 * LOCK_S_FIRST]
    assert max(waits) == waits[-1] == LOCK_S_MAX


def test_it_keeps_the_lock_over_a_restart() -> None:
    """A restarted machine begins to count its uptime anew, and the wait goes on."""
    shelf = create_shelf()
    lock(shelf, uptime_s=10_000)
    assert attempt(shelf, uptime_s=5) == "pin_locked"
    assert attempt(shelf, uptime_s=LOCK_S_FIRST - 1) == "pin_locked"
    assert attempt(shelf, uptime_s=LOCK_S_FIRST) == "in"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=12), st.data())
def test_it_never_waits_less_than_it_says(runs: list[int], data: st.DataObject) -> None:
    """However often the machine restarts, no more is taken off than really passed."""
    verifier = Verifier(bytes(16), CHEAP, bytes(32))
    state = PinState(verifier, b"", wrong=TRIES, wait_s=LOCK_S_FIRST, uptime_s=1000)
    passed = 0
    for run in runs:
        uptime = 0
        while uptime < run:
            uptime = data.draw(st.integers(uptime + 1, run))
            state = waited(state, uptime)
        passed += run
        assert state.wait_s >= LOCK_S_FIRST - passed or passed >= LOCK_S_FIRST


def test_it_counts_a_try_before_it_checks_it() -> None:
    """A power cut in the middle of the check does not give the try back."""

    class Cut(Shelf):
        """The power goes right after the next write."""

        armed = False

        def put(self, space: str, key: bytes, value: bytes) -> None:
            super().put(space, key, value)
            if self.armed:
                raise OSError("power")

    shelf = Cut()
    shelf.kept = create_shelf().kept
    shelf.armed = True
    with pytest.raises(OSError, match="power"):
        sign_in(shelf, DEVICE, operator=SARI, pin="999998", uptime_s=0)
    state = shelf.get(SPACE, SARI)
    assert state is not None
    assert PinState.decode(state).wrong == 1


def test_it_is_bound_to_the_device() -> None:
    """The same PIN on a copied book without the node's key does not fit."""
    shelf = create_shelf()
    other = Device(b"e" * 32, CHEAP)
    with pytest.raises(Refusal) as caught:
        sign_in(shelf, other, operator=SARI, pin=PIN, uptime_s=0)
    assert caught.value.code == "wrong_pin"


def test_it_asks_for_activation_first() -> None:
    """Without a PIN at this node nobody signs in."""
    assert attempt(Shelf()) == "no_pin"


def test_it_takes_a_code_once() -> None:
    """The code that set a PIN cannot set another; a new one can, and lifts the lock."""
    shelf = create_shelf()
    lock(shelf)
    code = new_activation_code(seeded("code"))
    again = NewPin(SARI, code, activation_hash(code), "830174")
    with pytest.raises(Refusal) as caught:
        set_pin(shelf, DEVICE, again, seeded("x"))
    assert caught.value.code == "used_code"
    fresh = new_activation_code(seeded("fresh"))
    reset = NewPin(SARI, fresh, activation_hash(fresh), "830174")
    set_pin(shelf, DEVICE, reset, seeded("x"))
    assert attempt(shelf, "830174") == "in"
    assert attempt(shelf, PIN) == "wrong_pin"


def test_it_refuses_a_code_that_is_not_hers() -> None:
    """A well-formed code of somebody else changes nothing."""
    hers, his = (new_activation_code(seeded(name)) for name in ("hers", "his"))
    with pytest.raises(Refusal) as caught:
        set_pin(
            Shelf(), DEVICE, NewPin(SARI, his, activation_hash(hers), PIN), seeded("x")
        )
    assert caught.value.code == "wrong_code"


@pytest.mark.parametrize(
    "pin",
    [
        "000000", "111111", "123456", "654321", "012345", "234567", "890123", "246802",
        "121212", "123123", "112233", "100100", "110011", "12341234",
        "170845", "010100", "991231", "17081945", "19450817", "290200",
        "12345", "1234567890123", "", "74028a", "74 286", "\uff17402861", "-74028",
    ],
)  # fmt: skip
def test_it_refuses_a_pin_everybody_tries_first(pin: str) -> None:
    """Runs, repeats, dates, and what is no PIN at all."""
    with pytest.raises(Refusal) as caught:
        check_pin(pin)
    assert caught.value.code == "weak_pin"


@pytest.mark.parametrize("pin", [PIN, "830174", "99417253", "402968137750"])
def test_it_takes_a_pin_that_is_hard_to_guess(pin: str) -> None:
    """Six to twelve digits that say nothing."""
    check_pin(pin)


def test_it_makes_codes_that_can_be_read_out() -> None:
    """Four groups of four; small letters, spaces and look-alikes are forgiven."""
    code = new_activation_code(seeded("code"))
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    plain = code.replace("-", "")
    assert activation_hash(code) == hashlib.sha256(plain.encode()).digest()
    sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert activation_hash(sloppy) == activation_hash(code)


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(0, CODE_LENGTH - 1), st.integers(1, 31))
def test_it_notices_a_slip_of_the_pen(seed: int, place: int, shift: int) -> None:
    """Any one wrong character, and any two neighbours swapped, show at once."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    code = list(new_activation_code(seeded(str(seed))).replace("-", ""))
    wrong = code.copy()
    wrong[place] = alphabet[(alphabet.index(code[place]) + shift) % 32]
    swapped = code.copy()
    swapped[place - 1], swapped[place] = code[place], code[place - 1]
    for text in (wrong, swapped):
        if text != code:
            with pytest.raises(Refusal) as caught:
                activation_hash("".join(text))
            assert caught.value.code == "bad_code"


@pytest.mark.parametrize(
    "code", ["", "ABCD", "U" * 16, "!" * 16, "0" * 17, "\u0660" * 16]
)
def test_it_refuses_what_is_no_code(code: str) -> None:
    """Wrong length and letters outside the alphabet."""
    with pytest.raises(Refusal) as caught:
        activation_hash(code)
    assert caught.value.code == "bad_code"


def test_it_counts_in_pure_steps() -> None:
    """The state says it all: five counted tries make a wait, and survive encoding."""
    state = PinState(Verifier(bytes(16), CHEAP, bytes(32)), b"a" * 32)
    for _ in range(TRIES):
        assert state.wait_s == 0
        state = counted(state)
    assert state.wait_s == LOCK_S_FIRST
    assert PinState.decode(state.encode()) == state
