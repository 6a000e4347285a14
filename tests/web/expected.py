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
_PEOPLE = Expected(rights=("intake", "record", "print", "hand_over", "verify"))
"""Who serves people sees people; who keeps the machines or the books does not (ADB)."""
_CARDS = _office("print", "hand_over")
_TRIPS = _office("record", "print", "hand_over", "stock")
_CHIEFS = _hub("verify", "audit", "stock", "sign")

EXPECTED: dict[str, Expected] = {
    "sign-in": _anybody(),
    "set-pin": _anybody(),
    "office-certificate": _anybody(),
    "unlock": _anybody(),
    "lock": _OPERATOR,
    "sign-out": _anybody(),
    "home": _OPERATOR,
    "strip": _OPERATOR,
    "worklist": _OPERATOR,
    "search": _PEOPLE,
    "search-results": _PEOPLE,
    "scan": _PEOPLE,
    "register-person": _office("intake"),
    "correct-person": _office("record"),
    "person": _PEOPLE,
    **dict.fromkeys(
        (
            "recording-list", "recording-start", "recording-take-over", "recording",
            "recording-pause", "recording-abandon", "recording-photo",
            "recording-signature", "recording-fingers", "recording-irises",
            "recording-match", "recording-capture", "recording-stop",
            "recording-except", "recording-live", "recording-check",
            "recording-statement", "recording-close", "recording-proof",
        ),
        _office("record"),
    ),
    "printing": _office("print"),
    "print-state": _office("print"),
    "print-order": _CARDS,
    "print-front": _CARDS,
    "print-back": _CARDS,
    "hand-over": _office("hand_over"),
    "hand-over-card": _office("hand_over"),
    "stock": Expected(rights=("stock",)),
    "stock-paper": Expected(rights=("stock",)),
    "district": _CHIEFS,
    "district-part": _CHIEFS,
    "district-office": _CHIEFS,
    "network": _CHIEFS,
    "district-map": _hub("verify", "stock"),
    "district-map-forget": _hub("verify", "stock"),
    "cases": _hub("verify"),
    "case": _hub("verify"),
    **dict.fromkeys(
        (
            "field", "field-now", "field-receive", "field-take", "field-back",
            "field-count", "field-plan", "field-depart", "field-doors", "field-trip",
            "field-again", "field-close", "field-slip", "field-file",
        ),
        _TRIPS,
    ),
    "sending": _OPERATOR,
    "sending-now": _OPERATOR,
    "call-now": _OPERATOR,
    "carriers-now": _OPERATOR,
    "road-check": _OPERATOR,
    "road-check-now": _OPERATOR,
    "road-check-begin": _OPERATOR,
    **dict.fromkeys(
        ("parcels", "parcels-now", "parcels-meet", "parcels-take", "parcels-give"),
        _OPERATOR,
    ),
    "courier": _OPERATOR,
    "courier-now": _OPERATOR,
    "courier-export": _OPERATOR,
    "courier-take": _OPERATOR,
    "courier-lost": _OPERATOR,
    "courier-slip": _OPERATOR,
    "courier-letter": _OPERATOR,
    "tour": _office(),
    "tour-now": _office(),
    "citizen": _anybody(),
    "status": Expected(who="machine"),
    "status-part": Expected(who="machine"),
    "status-json": Expected(who="machine"),
}  # fmt: skip
"""Every page by the name of its route."""
