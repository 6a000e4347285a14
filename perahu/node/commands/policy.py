"""`perahu policy`: how the kabupaten works while the centre is away, and by which carriers."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from perahu.keys.authority import Policy
from perahu.keys.facts import POLICIES, CarrierPolicySet, PolicySet
from perahu.node.actions import node_named, set_carrier_policy, set_policy
from perahu.node.carriers.check_words import fill
from perahu.node.carriers.choice import policy_words
from perahu.node.carriers.file import KINDS
from perahu.node.cli import Call, Say
from perahu.node.clock import RealClock
from perahu.node.founding import issuing_key_of
from perahu.node.office import Office
from perahu.words import Refusal, Words

NAME = "policy"
HELP = Words(
    "tampilkan kebijakan kabupaten, atau tetapkan yang baru",
    "show the policy of the kabupaten, or set a new one",
)

CARRIERS = "carriers"
_WHAT = Words(
    "carriers: jalur mana yang boleh dipakai kantor", "carriers: which ways may be used"
)
_POLICY = Words("kebijakan baru", "the new policy")
_DECREE = Words("nomor keputusan", "number of the decision")
_ZONE = Words("zona waktu", "time zone")
_ONLY = Words(
    "jalur atau jenis yang wajib, dipisah koma",
    "prescribed carriers or kinds, by commas",
)
_FORBID = Words(
    "jalur atau jenis yang dilarang, dipisah koma",
    "forbidden carriers or kinds, by commas",
)
_WILAYAH = Words("hanya untuk wilayah ini", "for this wilayah only")
_NODE = Words("hanya untuk simpul ini", "for this node only")
_REASON = Words("alasannya, untuk petugas di kantor", "the reason, for the offices")
_LIFT = Words("cabut aturan jalur itu", "lift this rule on carriers")
_SHOWN = Words(
    "Kebijakan {policy} (keputusan {decree}), rekam mulai umur {umur_rekam_min}, cetak "
    "mulai umur {umur_cetak_min}, zona {timezone}.",
    "Policy {policy} (decision {decree}), recorded from age {umur_rekam_min}, printed "
    "from age {umur_cetak_min}, time zone {timezone}.",
)
_NO_RULE = Words(
    "Kabupaten tidak mengatur jalur: setiap kantor memilih sendiri.",
    "The kabupaten rules no carriers: each office chooses its own.",
)
_SET = Words(
    "Aturan jalur dinyatakan dan sampai di kantor bersama pertukaran berikutnya. Kantor "
    "yang belum menulis [[carriers]] di node.toml memakai jalur bernama utama, jenis lain.",
    "The rule on carriers is stated and reaches the offices with the next exchange. An "
    "office without [[carriers]] in node.toml has one named utama, of the kind lain.",
)

_NO_KIND = Words(
    "{names} bukan jenis jalur: hanya mengenai jalur yang bernama begitu di node.toml kantor. "
    "Jenis yang ada: {kinds}.",
    "{names}: no kind of carrier; it only touches a carrier of that name in an office's "
    "node.toml. The kinds are {kinds}.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("what", nargs="?", choices=(CARRIERS,), help=say(_WHAT))
    parser.add_argument("--set", dest="policy", choices=POLICIES, help=say(_POLICY))
    parser.add_argument("--decree", help=say(_DECREE))
    parser.add_argument("--timezone", help=say(_ZONE))
    parser.add_argument("--only", default="", help=say(_ONLY))
    parser.add_argument("--forbid", default="", help=say(_FORBID))
    parser.add_argument("--lift", action="store_true", help=say(_LIFT))
    parser.add_argument("--wilayah", default="", help=say(_WILAYAH))
    parser.add_argument("--node", default="", help=say(_NODE))
    parser.add_argument("--reason", default="", help=say(_REASON))


def run(call: Call) -> None:
    """Set it where asked, and show it."""
    with call.open() as office:
        if call.what == CARRIERS:
            _carriers(call, office)
            return
        now = office.authority.policy
        if call.policy:
            now = _set(call, office)
    call.say(Words(_SHOWN.id.format(**asdict(now)), _SHOWN.en.format(**asdict(now))))


def _set(call: Call, office: Office) -> Policy:
    now = office.authority.policy
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
    return office.authority.policy


def _carriers(call: Call, office: Office) -> None:
    """State a rule on carriers where asked, and show those that hold."""
    if call.only or call.forbid or call.lift:
        if (
            not call.decree
            or not call.reason
            or (call.lift and (call.only or call.forbid))
        ):
            raise Refusal(
                "usage",
                id="Aturan jalur perlu --reason dan --decree, dan --only atau --forbid, "
                "atau --lift sendiri; tidak ada yang diubah.",
                en="A rule on carriers needs --reason and --decree, and --only or "
                "--forbid, or --lift alone; nothing was changed.",
            )
        issuing_key_of(office)
        fact = CarrierPolicySet(
            reason=call.reason,
            decree=call.decree,
            wilayah=call.wilayah.replace(".", ""),
            node=node_named(office.authority, call.node) if call.node else b"",
            only=_names(call.only),
            forbidden=_names(call.forbid),
        )
        set_carrier_policy(office.journal, office.ask(), policy=fact)
        call.say(_SET)
        if names := set(fact.only + fact.forbidden) - set(KINDS):
            shown = {"names": ", ".join(sorted(names)), "kinds": ", ".join(KINDS)}
            call.say(fill(_NO_KIND, **shown))
    nodes = office.authority.nodes()
    for one in office.authority.carrier_policies():
        whom = nodes[one.node].name if one.node in nodes else one.wilayah
        call.say(policy_words(one, whom))
    if not office.authority.carrier_policies():
        call.say(_NO_RULE)


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted({one.strip() for one in text.split(",")} - {""}))
