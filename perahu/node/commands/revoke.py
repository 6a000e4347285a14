"""`perahu revoke`: at the hub, take an operator's rights or a whole node away."""

from __future__ import annotations

import argparse

from perahu.node.actions import revoke_grant, revoke_node
from perahu.node.cli import Call, Say
from perahu.node.founding import issuing_key_of
from perahu.words import Words

NAME = "revoke"
HELP = Words(
    "di kabupaten: cabut hak petugas, atau cabut simpul (hilang, dicuri)",
    "at the hub: revoke an operator's rights, or a node (lost, stolen)",
)

_LOGIN = Words("nama masuk petugas", "login of the operator")
_NODE = Words("nama simpul", "name of the node")
_REASON = Words("alasan", "reason")
_DONE = Words(
    "{who} dicabut; berlaku di setiap simpul begitu kabar ini tiba di sana.",
    "{who} is revoked; it holds at every node as soon as this news arrives there.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--login", help=say(_LOGIN))
    who.add_argument("--node", help=say(_NODE))
    parser.add_argument("--reason", required=True, help=say(_REASON))


def run(call: Call) -> None:
    """State the revocation."""
    with call.open() as office:
        issuing_key_of(office)
        journal, ask, reason = office.journal, office.ask(), call.reason
        if call.login:
            revoke_grant(journal, ask, login=call.login, reason=reason)
        else:
            revoke_node(journal, ask, name=call.node, reason=reason)
    who = call.login or call.node
    call.say(Words(_DONE.id.format(who=who), _DONE.en.format(who=who)))
