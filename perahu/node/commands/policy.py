"""`perahu policy`: show how the kabupaten works while the centre is away, or set it."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from perahu.keys.facts import POLICIES, PolicySet
from perahu.node.actions import set_policy
from perahu.node.cli import Call, Say
from perahu.node.clock import RealClock
from perahu.node.founding import issuing_key_of
from perahu.words import Refusal, Words

NAME = "policy"
HELP = Words(
    "tampilkan kebijakan kabupaten, atau tetapkan yang baru",
    "show the policy of the kabupaten, or set a new one",
)

_POLICY = Words("kebijakan baru", "the new policy")
_DECREE = Words("nomor keputusan", "number of the decision")
_ZONE = Words("zona waktu", "time zone")
_SHOWN = Words(
    "Kebijakan {policy} (keputusan {decree}), rekam mulai umur {umur_rekam_min}, cetak "
    "mulai umur {umur_cetak_min}, zona {timezone}.",
    "Policy {policy} (decision {decree}), recorded from age {umur_rekam_min}, printed "
    "from age {umur_cetak_min}, time zone {timezone}.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--set", dest="policy", choices=POLICIES, help=say(_POLICY))
    parser.add_argument("--decree", help=say(_DECREE))
    parser.add_argument("--timezone", help=say(_ZONE))


def run(call: Call) -> None:
    """Set it where asked, and show it."""
    with call.open() as office:
        now = office.authority.policy
        if call.policy:
            if not call.decree:
                raise Refusal(
                    "usage",
                    id="Kebijakan baru perlu --decree; tidak ada yang diubah.",
                    en="A new policy needs --decree; nothing was changed.",
                )
            issuing_key_of(office)
            zone = call.timezone or now.timezone
            RealClock(zone)
            fact = PolicySet(
                policy=call.policy,
                decree=call.decree,
                umur_rekam_min=now.umur_rekam_min,
                umur_cetak_min=now.umur_cetak_min,
                timezone=zone,
            )
            set_policy(office.journal, office.ask(), policy=fact)
            now = office.authority.policy
    call.say(Words(_SHOWN.id.format(**asdict(now)), _SHOWN.en.format(**asdict(now))))
