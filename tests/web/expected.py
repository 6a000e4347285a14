"""Who may see which page, written by hand: the other half of the access matrix."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """One row: any of these rights, or who, and at which nodes."""

    rights: tuple[str, ...] = ()
    who: str = "operator"
    where: str = "anywhere"


def _anybody(where: str = "anywhere") -> Expected:
    return Expected(who="anybody", where=where)


def _office(*rights: str) -> Expected:
    return Expected(rights=rights, where="office")


def _hub(*rights: str) -> Expected:
    return Expected(rights=rights, where="hub")


_OPERATOR = Expected()
_FIELD = _office("record", "print", "hand_over", "stock")

_FINDING = Expected(rights=("intake", "record", "print", "hand_over", "verify"))

EXPECTED: dict[str, Expected] = {
    "sign-in": _anybody(),
    "set-pin": _anybody(),
    "unlock": _anybody(),
    "office-certificate": _anybody(),
    "lock": _OPERATOR,
    "sign-out": _anybody(),
    "home": _OPERATOR,
    "strip": _OPERATOR,
    "worklist": _OPERATOR,
    "search": _FINDING,
    "search-results": _FINDING,
    "scan": _FINDING,
    "person": _FINDING,
    "register-person": _office("intake"),
    "correct-person": _office("record"),
    "citizen": _anybody(),
    "status-part": Expected(who="machine"),
    "sending": _OPERATOR,
    "sending-now": _OPERATOR,
    "call-now": _OPERATOR,
    "courier": _OPERATOR,
    "courier-now": _OPERATOR,
    "courier-export": _OPERATOR,
    "courier-take": _OPERATOR,
    "courier-slip": _OPERATOR,
    "courier-letter": _OPERATOR,
    "field": _FIELD,
    "field-now": _FIELD,
    "field-receive": _FIELD,
    "field-take": _FIELD,
    "field-back": _FIELD,
    "field-count": _FIELD,
    "field-plan": _FIELD,
    "field-depart": _FIELD,
    "field-doors": _FIELD,
    "field-trip": _FIELD,
    "field-again": _FIELD,
    "field-close": _FIELD,
    "field-slip": _FIELD,
    "field-file": _FIELD,
    "tour": _office(),
    "tour-now": _office(),
    "status": Expected(who="machine"),
    "status-json": Expected(who="machine"),
}
"""Every page by the name of its route."""
