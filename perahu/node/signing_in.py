"""An operator's PIN at this node: set with the one-time code, asked for at every act."""

from __future__ import annotations

from perahu.journal.types import Ask
from perahu.keys import pin as pins
from perahu.node import actions
from perahu.node.lock import FileLock
from perahu.node.office import Office
from perahu.node.rng import system_random

CODE_VARIABLE, PIN_VARIABLE = "PERAHU_CODE", "PERAHU_PIN"

_ACTIVATIONS = "activation"
"""The space of `local` with the hash of the code of the latest reset at this node."""


def sign_in(office: Office, login: str, pin: str) -> bytes:
    """The operator's id, if this is her PIN here. Raises Refusal."""
    operator = actions.operator_named(office.authority, login)
    with _one_desk_at_a_time(office)():
        pins.sign_in(
            office.journal.local,
            pins.Device(office.keys.device_key),
            operator=operator,
            pin=pin,
            uptime_s=office.clock.monotonic_s(),
        )
    return operator


def set_pin(office: Office, login: str, code: str, pin: str) -> bytes:
    """Keep a new PIN, with the code of her grant or of the latest reset. Raises Refusal."""
    operator = actions.operator_named(office.authority, login)
    grant = office.authority.grant(operator)
    assert grant is not None
    local = office.journal.local
    activation = local.get(_ACTIVATIONS, operator) or grant.activation
    new = pins.NewPin(operator=operator, code=code, activation=activation, pin=pin)
    with _one_desk_at_a_time(office)():
        pins.set_pin(local, pins.Device(office.keys.device_key), new, system_random)
    return operator


def reset_pin(office: Office, ask: Ask, login: str) -> str:
    """Let a supervisor open an operator's PIN; gives the new one-time code."""
    operator = actions.operator_named(office.authority, login)
    code = pins.new_activation_code(system_random)
    activation = pins.activation_hash(code)
    actions.reset_pin(office.journal, ask, operator=operator, activation=activation)
    office.journal.local.put(_ACTIVATIONS, operator, activation)
    return code


def _one_desk_at_a_time(office: Office) -> FileLock:
    # Not the book's lock: a guess at a PIN takes long on purpose, and nobody's save waits.
    return FileLock(office.folder / "pin.lock")
