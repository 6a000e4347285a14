"""`perahu grant`: at the hub, give an operator rights by decree."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from perahu.keys.pin import activation_hash, new_activation_code
from perahu.kinds import RIGHTS
from perahu.node.actions import GrantPlan, grant_operator
from perahu.node.cli import Call, Say
from perahu.node.founding import GRANT_DAYS, issuing_key_of
from perahu.node.rng import system_random
from perahu.words import Words

NAME = "grant"
HELP = Words(
    "di kabupaten: beri petugas hak berdasarkan SK",
    "at the hub: give an operator rights by decree",
)

_LOGIN = Words("nama masuk", "login")
_NAME = Words("nama lengkap", "full name")
_RIGHTS = Words("hak, dipisah koma: {}", "rights, separated by commas: {}")
_WILAYAH = Words("kode wilayah; boleh berulang", "code of the wilayah; may be repeated")
_FROM = Words("tanggal mulai (bawaan: hari ini)", "first day (default: today)")
_UNTIL = Words("tanggal akhir (bawaan: setahun)", "last day (default: a year)")
_DECREE = Words("nomor SK", "number of the decree")
_SUPERVISOR = Words(
    "boleh membuka PIN petugas lain di wilayahnya (perlu juga hak verify)",
    "may reset other operators' PINs in the wilayah (needs the right verify too)",
)
_DONE = Words(
    "Hak {login} tercatat.\nKode aktivasi (hanya sekali ini ditampilkan): {code}",
    "The grant of {login} is recorded.\nActivation code (shown this once): {code}",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--login", required=True, help=say(_LOGIN))
    parser.add_argument("--name", dest="full_name", required=True, help=say(_NAME))
    parser.add_argument(
        "--rights", required=True, help=say(_RIGHTS).format(",".join(RIGHTS))
    )
    parser.add_argument("--wilayah", action="append", required=True, help=say(_WILAYAH))
    parser.add_argument(
        "--from", dest="first", type=date.fromisoformat, help=say(_FROM)
    )
    parser.add_argument("--until", type=date.fromisoformat, help=say(_UNTIL))
    parser.add_argument("--decree", required=True, help=say(_DECREE))
    parser.add_argument("--supervisor", action="store_true", help=say(_SUPERVISOR))


def run(call: Call) -> None:
    """State the grant and show the activation code once."""
    with call.open() as office:
        issuing_key_of(office)
        today = office.now().today
        plan = GrantPlan(
            login=call.login,
            name=call.full_name,
            rights=tuple(right.strip() for right in call.rights.split(",")),
            wilayah=tuple(code.replace(".", "") for code in call.wilayah),
            valid_from=call.first or today,
            valid_until=call.until or today + timedelta(days=GRANT_DAYS),
            decree=call.decree,
            supervisor=call.supervisor,
        )
        code = new_activation_code(system_random)
        grant_operator(
            office.journal,
            office.ask(),
            plan,
            operator=system_random(8),
            activation=activation_hash(code),
        )
    shown = {"login": call.login, "code": code}
    call.say(Words(_DONE.id.format(**shown), _DONE.en.format(**shown)))
