"""`perahu case`: what waits for a person's decision, and the decision of one."""

from __future__ import annotations

import argparse

from perahu.cases import actions, reads
from perahu.cases.rules import decisions_for
from perahu.node.cli import Call, Say
from perahu.node.desk_call import (
    Teller,
    add_desk_arguments,
    fill,
    hex_id,
    sign_in_officer,
)
from perahu.node.desk_words import case_words
from perahu.words import Refusal, Words

NAME = "case"
HELP = Words(
    "kasus yang menunggu keputusan orang; putuskan satu (di kabupaten)",
    "cases that wait for a person; decide one (at the hub)",
)

_DECIDE = Words("putuskan kasus dengan nomor ini", "decide the case of this id")
_DECISION = Words("keputusannya", "the decision")
_REASON = Words("alasan keputusan", "the reason")
_CASE = Words(
    "{case}  {kind}: {says}\n    Pilihan: {choices}",
    "{case}  {kind}: {says}\n    Choices: {choices}",
)
_NONE = Words("Tidak ada kasus yang menunggu.", "No case is waiting.")
_DONE = Words(
    "Kasus {case} diputus: {decision}; kantornya diberi tahu.",
    "Case {case} is decided: {decision}; its office will hear of it.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--decide", metavar="HEX", help=say(_DECIDE))
    parser.add_argument(
        "--decision", choices=("SAH", "DITOLAK", "SELESAI"), help=say(_DECISION)
    )
    parser.add_argument("--reason", help=say(_REASON))
    add_desk_arguments(parser, say)


def run(call: Call) -> None:
    """List the open cases, or decide one."""
    given = {call.decide is None, call.decision is None, call.reason is None}
    if len(given) > 1:
        raise Refusal(
            "usage",
            id="--decide, --decision dan --reason diberikan bersama; tidak ada yang "
            "diubah.",
            en="--decide, --decision and --reason are given together; nothing was changed.",
        )
    teller = Teller(call)
    with call.open() as office:
        officer = sign_in_officer(call, office, "verify")
        if call.decide is None:
            _show(teller)
            return
        if not office.settings.row.decides:
            raise Refusal(
                "not_the_hub",
                id="Kasus diputus di kabupaten; tidak ada yang diubah.",
                en="Cases are decided at the hub; nothing was changed.",
            )
        case = hex_id(call.decide)
        actions.decide_case(
            office.journal,
            office.ask(officer),
            case=case,
            decision=call.decision,
            reason=call.reason,
        )
    told = {"case": call.decide, "decision": call.decision}
    teller.tell("decided", fill(_DONE, **told), **told)


def _show(teller: Teller) -> None:
    waiting = reads.open_cases()
    for one in waiting:
        choices = decisions_for(one.kind)
        told = {"case": one.case.hex(), "says": one.reason}
        shown = {"kind": case_words(one.kind), "choices": ", ".join(choices)}
        words = fill(_CASE, **told, **shown)
        teller.tell("case", words, **told, kind=one.kind, choices=list(choices))
    if not waiting and not teller.is_json:
        teller.tell("no_case", _NONE)
