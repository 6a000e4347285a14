"""`perahu pin`: set an operator's PIN at this node, or open it for setting anew."""

from __future__ import annotations

import argparse
import os

from perahu.node.cli import Call, Say
from perahu.node.passphrase import secret_word
from perahu.node.signing_in import (
    CODE_VARIABLE,
    PIN_VARIABLE,
    reset_pin,
    set_pin,
    sign_in,
)
from perahu.words import Refusal, Words

NAME = "pin"
HELP = Words(
    "buat PIN petugas di simpul ini, atau buka PIN-nya (--reset-by)",
    "set an operator's PIN at this node, or open it (--reset-by)",
)

_LOGIN = Words("nama masuk petugas", "login of the operator")
_BY = Words(
    "nama masuk atasan yang membuka PIN petugas itu",
    "login of the supervisor who opens that operator's PIN",
)
_CODE = Words("Kode aktivasi", "The activation code")
_NEW_PIN = Words("PIN baru, 6 sampai 12 angka", "The new PIN, 6 to 12 digits")
_AGAIN = Words("Sekali lagi", "Once more")
_BY_PIN = Words("PIN atasan", "The supervisor's PIN")
_SET = Words("PIN {login} tersimpan di simpul ini.", "The PIN of {login} is set here.")
_RESET = Words(
    "PIN {login} dibuka. Kode aktivasi baru (hanya sekali ini ditampilkan): {code}",
    "The PIN of {login} is open. New activation code (shown this once): {code}",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--login", required=True, help=say(_LOGIN))
    parser.add_argument("--reset-by", help=say(_BY))


def run(call: Call) -> None:
    """Set the PIN, or reset it as a supervisor who signs in first."""
    shown = {"login": call.login, "code": ""}
    with call.open() as office:
        if call.reset_by:
            pin = secret_word(PIN_VARIABLE, _BY_PIN, call.lang)
            supervisor = sign_in(office, call.reset_by, pin)
            shown["code"] = reset_pin(office, office.ask(supervisor), call.login)
        else:
            code = secret_word(CODE_VARIABLE, _CODE, call.lang)
            set_pin(office, call.login, code, _new_pin(call.lang))
    words = _RESET if call.reset_by else _SET
    call.say(Words(words.id.format(**shown), words.en.format(**shown)))


def _new_pin(language: str) -> str:
    """The new PIN; typed twice, for what is typed is not seen."""
    pin = secret_word(PIN_VARIABLE, _NEW_PIN, language)
    if os.environ.get(PIN_VARIABLE):
        return pin
    if secret_word(PIN_VARIABLE, _AGAIN, language) != pin:
        raise Refusal(
            "pins_differ",
            id="Kedua PIN tidak sama; belum ada yang diubah, ulangi.",
            en="The two PINs differ; nothing was changed, try again.",
        )
    return pin
