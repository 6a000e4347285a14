"""The operator's personal PIN at one node, and the one-time code that sets it.

- The verifier is argon2id over HMAC-SHA256(device key, PIN): without this very node the
  PIN cannot be guessed at all, with it each guess costs.
- Five wrong tries lock for five minutes, the next five for ten, and so on, to one day.
  A try is counted, durably, before it is checked, so a power cut gives none for free.
- The wait runs down by the machine's uptime alone and never by the wall clock, which
  anybody can set forward. After a restart uptime begins at 0 again: what it shows then
  has surely passed since, and the time the machine was off is not counted. So a lock is
  never shorter than it says, and at worst a night with the power off does not shorten it.
- A PIN is six to twelve digits, and not one that everybody tries first.

The state is bytes in the caller's hands (`journal.local`); nothing here travels. Callers
hold one lock around `sign_in` and `set_pin`, so that two desks cannot share a try.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Protocol

from perahu.keys import cbor
from perahu.keys.vault import MODERATE, Cost, stretch
from perahu.words import Refusal

SPACE = "pin"
"""The space of `journal.local` that holds one state for each operator."""
TRIES = 5
LOCK_S_FIRST = 5 * 60
LOCK_S_MAX = 24 * 60 * 60
PIN_LENGTH_MIN, PIN_LENGTH_MAX = 6, 12
CODE_LENGTH = 16
"""15 Crockford characters, 75 bits, and one that catches slips of the pen."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_STATE_BYTES_MAX = 512


class Local(Protocol):
    """The part of `journal.local` that is needed here; `put` is durable on return."""

    def get(self, space: str, key: bytes) -> bytes | None:
        """The value, or None."""

    def put(self, space: str, key: bytes, value: bytes) -> None:
        """Keep the value."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a PIN is checked against."""

    salt: bytes
    cost: Cost
    digest: bytes

    @classmethod
    def make(cls, device_key: bytes, pin: str, salt: bytes, cost: Cost) -> Verifier:
        """The verifier of this PIN on this device."""
        return cls(salt, cost, _digest(device_key, pin, salt, cost))

    def fits(self, device_key: bytes, pin: str) -> bool:
        """Whether this is the PIN; takes as long either way."""
        ours = _digest(device_key, pin, self.salt, self.cost)
        return hmac.compare_digest(ours, self.digest)


@dataclass(frozen=True, slots=True)
class PinState:
    """One operator's PIN at this node, and how many wrong tries it has seen."""

    verifier: Verifier
    activation: bytes
    """SHA-256 of the code that set it: a code is good once."""
    wrong: int = 0
    """Tries counted since the last right one."""
    wait_s: int = 0
    """Seconds of uptime still to wait, as of `uptime_s`."""
    uptime_s: int = 0

    def encode(self) -> bytes:
        """The form that is kept."""
        v = self.verifier
        return cbor.encode(
            [v.salt, v.cost.ops, v.cost.memory_bytes, v.digest, self.activation,
             self.wrong, self.wait_s, self.uptime_s]
        )  # fmt: skip

    @classmethod
    def decode(cls, data: bytes) -> PinState:
        """Raises Refusal "bad_cbor"; our own book wrote it, so it is checked lightly."""
        salt, ops, memory, digest, *rest = cbor.decode(data, _STATE_BYTES_MAX)
        return cls(Verifier(salt, Cost(ops, memory), digest), *rest)


@dataclass(frozen=True, slots=True)
class Device:
    """What the PIN is bound to, and what a guess costs here."""

    key: bytes
    cost: Cost = MODERATE


# The lock-out, as pure functions


def waited(state: PinState, uptime_s: float) -> PinState:
    """The state with the wait run down to this moment."""
    now_s = int(uptime_s)
    # A smaller uptime is a restarted machine; all it shows has passed since.
    passed_s = now_s - state.uptime_s if now_s >= state.uptime_s else now_s
    return replace(state, wait_s=max(0, state.wait_s - passed_s), uptime_s=now_s)


def counted(state: PinState) -> PinState:
    """The state after one more try, taken as wrong until it proves right."""
    wrong = state.wrong + 1
    return replace(state, wrong=wrong, wait_s=lock_s(wrong))


def lock_s(wrong: int) -> int:
    """How long the machine waits after this many wrong tries in a row."""
    if wrong == 0 or wrong % TRIES:
        return 0
    doublings = min(wrong // TRIES - 1, 16)
    return min(LOCK_S_FIRST << doublings, LOCK_S_MAX)


# Signing in


def sign_in(
    local: Local, device: Device, *, operator: bytes, pin: str, uptime_s: float
) -> None:
    """Return if this is her PIN. Raises Refusal: no_pin, pin_locked, wrong_pin."""
    kept = local.get(SPACE, operator)
    if kept is None:
        raise Refusal(
            "no_pin",
            id="PIN belum dibuat di simpul ini. Buat dahulu dengan kode aktivasi.",
            en="No PIN has been set at this node. Set one with your activation code.",
        )
    state = waited(PinState.decode(kept), uptime_s)
    if state.wait_s > 0:
        local.put(SPACE, operator, state.encode())
        raise _locked(state.wait_s)
    state = counted(state)
    local.put(SPACE, operator, state.encode())
    if not state.verifier.fits(device.key, pin):
        raise _locked(state.wait_s) if state.wait_s else _wrong(state.wrong)
    # A higher cost set since then takes hold at the next new PIN, not here.
    local.put(SPACE, operator, replace(state, wrong=0, wait_s=0).encode())


@dataclass(frozen=True, slots=True)
class NewPin:
    """What an operator gives to set her PIN: the one-time code, and the PIN."""

    operator: bytes
    code: str
    activation: bytes
    """SHA-256 of the code, from her grant or from the latest reset at this node."""
    pin: str


def set_pin(
    local: Local, device: Device, new: NewPin, rng: Callable[[int], bytes]
) -> None:
    """Keep a new PIN. Raises Refusal: bad_code, wrong_code, used_code, weak_pin."""
    given = activation_hash(new.code)
    if not hmac.compare_digest(given, new.activation):
        raise Refusal(
            "wrong_code",
            id="Kode aktivasi ini bukan untuk petugas ini; belum ada yang diubah. "
            "Periksa nama masuk dan kodenya.",
            en="This activation code is not this officer's; nothing was changed. "
            "Check the login and the code.",
        )
    kept = local.get(SPACE, new.operator)
    if kept is not None and PinState.decode(kept).activation == given:
        raise Refusal(
            "used_code",
            id="Kode aktivasi ini sudah dipakai di simpul ini; PIN lama tetap berlaku. "
            "Minta atasan membuka PIN.",
            en="This activation code was already used at this node; the old PIN still "
            "holds. Ask a supervisor to reset the PIN.",
        )
    check_pin(new.pin)
    verifier = Verifier.make(device.key, new.pin, rng(16), device.cost)
    local.put(SPACE, new.operator, PinState(verifier, given).encode())


# The PIN


def check_pin(pin: str) -> None:
    """Refuse a PIN that is too short or that everybody tries first. Raises Refusal."""
    right_form = pin.isascii() and pin.isdigit()
    if not right_form or not PIN_LENGTH_MIN <= len(pin) <= PIN_LENGTH_MAX:
        raise _weak(
            f"harus {PIN_LENGTH_MIN} sampai {PIN_LENGTH_MAX} angka",
            f"must be {PIN_LENGTH_MIN} to {PIN_LENGTH_MAX} digits",
        )
    if _is_run(pin) or _is_repeat(pin):
        raise _weak("terlalu mudah ditebak", "is too easy to guess")
    if _is_day(pin):
        raise _weak("mirip tanggal lahir", "looks like a date of birth")


def _is_run(pin: str) -> bool:
    """123456, 987654, 111111, 246802: every step from digit to digit is the same."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return len(steps) == 1


def _is_repeat(pin: str) -> bool:
    """121212, 123123, 112233: few digits said over again."""
    halves = any(pin == (pin[:n] * 12)[: len(pin)] for n in (1, 2, 3, 4))
    return halves or len(set(pin)) <= 2 or (_is_run(pin[::2]) and pin[::2] == pin[1::2])


def _is_day(pin: str) -> bool:
    """DDMMYY, YYMMDD, DDMMYYYY or YYYYMMDD of a living person's birth."""
    if len(pin) == 6:
        forms = ((pin[4:], pin[2:4], pin[:2]), (pin[:2], pin[2:4], pin[4:]))
        years = [("19" + year, month, day) for year, month, day in forms]
        years += [("20" + year, month, day) for year, month, day in forms]
        return any(_date_exists(*form) for form in years)
    if len(pin) == 8:
        forms = ((pin[4:], pin[2:4], pin[:2]), (pin[:4], pin[4:6], pin[6:]))
        return any("1900" <= f[0] <= "2099" and _date_exists(*f) for f in forms)
    return False


def _date_exists(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


# The activation code


def new_activation_code(rng: Callable[[int], bytes]) -> str:
    """A one-time code for a letter: four groups of four, 75 bits and a check."""
    bits = int.from_bytes(rng(10), "big")
    words = [bits >> 5 * i & 31 for i in range(CODE_LENGTH - 1)]
    text = "".join(_CROCKFORD[word] for word in [*words, _check_word(words)])
    return "-".join(text[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def activation_hash(code: str) -> bytes:
    """SHA-256 of the 16 characters without hyphens. Raises Refusal "bad_code".

    Small letters, spaces, and O, I, L for 0, 1, 1 are taken as meant.
    """
    plain = code.upper().translate(_AS_MEANT)
    words = [_CROCKFORD.find(character) for character in plain]
    if len(words) != CODE_LENGTH or -1 in words or _check_word(words[:-1]) != words[-1]:
        raise Refusal(
            "bad_code",
            id="Kode aktivasi salah ketik; belum ada yang diubah. Bandingkan sekali lagi "
            "dengan suratnya.",
            en="The activation code has a typing mistake; nothing was changed. Compare "
            "it with the letter once more.",
        )
    return hashlib.sha256(plain.encode("ascii")).digest()


_AS_MEANT = str.maketrans("OIL", "011", "- \t")


def _check_word(words: list[int]) -> int:
    """A sum over GF(32): any one wrong character and any swap of two shows."""
    check = 0
    for word in words:
        check = (check ^ word) << 1
        # Reduce by x^5 + x^2 + 1, whose root generates the whole field.
        if check & 32:
            check ^= 0b100101
    return check


def _digest(device_key: bytes, pin: str, salt: bytes, cost: Cost) -> bytes:
    bound = hmac.digest(device_key, pin[:64].encode("utf-8", "replace"), "sha256")
    return stretch(bound, salt, cost)


def _wrong(tries: int) -> Refusal:
    left = TRIES - tries % TRIES
    return Refusal(
        "wrong_pin",
        id=f"PIN salah; pekerjaan Anda tetap tersimpan. Sisa {left} kali coba.",
        en=f"The PIN is wrong; your work is kept. {left} tries left.",
    )


def _locked(wait_s: int) -> Refusal:
    minutes = -(-wait_s // 60)
    return Refusal(
        "pin_locked",
        id=f"PIN dikunci karena salah berkali-kali; pekerjaan Anda tetap tersimpan. Coba "
        f"lagi sesudah {minutes} menit dengan komputer menyala, atau minta atasan "
        "membuka PIN.",
        en=f"The PIN is locked after too many wrong tries; your work is kept. Try again "
        f"when the computer has run for {minutes} more minutes, or ask a supervisor.",
    )


def _weak(why_id: str, why_en: str) -> Refusal:
    return Refusal(
        "weak_pin",
        id=f"PIN ini {why_id}; belum ada yang diubah. Pilih PIN lain.",
        en=f"This PIN {why_en}; nothing was changed. Choose another.",
    )
