"""A node whose machine is gone begins again: same id, same keys, next epoch (ADR 0018).

    at the hub:    perahu enrol --again Enggano --out enggano.enrol
    at any node:   perahu rescue --out hub.rescue         (before anything is lost)
    a new machine: perahu --dir hub init --from FILE

- The hub keeps each node's secret, sealed to itself, since it was enrolled. Its letter says
  where the node goes on: behind the last entry of it that the hub holds.
- A rescue file holds the small files of a folder that no other node can give back. It is how
  a hub comes again, whose letter nobody else could write. Its epoch is the day it is used:
  later than any that was opened by counting, so that no epoch is opened twice.
- The book begins empty. What others hold of this node's own journals comes home from them
  (sync/offer.py, `returned`), and printing waits for a count of the stock.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from perahu.keys import cbor
from perahu.keys.certificates import NOT_BEFORE_MAX, Chain, Papers, open_epoch
from perahu.keys.pin import new_activation_code
from perahu.keys.sealing import open_blob, seal_blob
from perahu.keys.vault import keys_of
from perahu.node.clock import RealClock
from perahu.node.disk import RealDisk
from perahu.node.enrolling import (
    ENROLLED_FOLDER,
    SEALED_BYTES_MAX,
    Enrolled,
    NewNode,
    check_target,
    draft_of,
    fields_of,
    head_of,
    open_part,
    sealed_part,
)
from perahu.node.founding import (
    ISSUING_FILE,
    issuing_key_of,
    make_mirror,
    write_identity,
)
from perahu.node.going_on import begin_again, take_chain_of_mirror
from perahu.node.new_folder import new_folder
from perahu.node.office import PARENT_FILE, Office, open_office
from perahu.node.rng import system_random
from perahu.node.settings import FILE as SETTINGS_FILE
from perahu.node.settings import Settings, load_settings, save_settings
from perahu.node.trust import FOLDER as TLS_FOLDER
from perahu.sync import passport
from perahu.sync.memory import Memory
from perahu.words import Refusal

MAGIC = b"PERAHU-RESCUE-1\n"
RESCUE_BYTES_MAX = 8 * 1024 * 1024
_FILES = (SETTINGS_FILE, PARENT_FILE, ISSUING_FILE)
_FOLDERS = (TLS_FOLDER, ENROLLED_FOLDER)
_LENGTH = struct.Struct(">I")


# --- at the hub: a letter for a node whose machine is gone --------------------------------


def enrol_again(
    office: Office, plan: NewNode, node_id: bytes, target: Path
) -> Enrolled:
    """Write a letter by which a node begins again on another machine.

    `plan` says where it listens now; who it is stands in its papers. What it acknowledged
    before counts no more: its first load brings everything. Raises Refusal "no_secret_kept".
    """
    issuing_key_of(office)
    check_target(target)
    papers, secret = _kept(office, node_id)
    code, chain = new_activation_code(system_random), _next(office, papers, secret)
    sealed = sealed_part(fields_of(office, plan, secret, papers, chain), code)
    with draft_of(target) as draft:
        RealDisk().replace_durable(draft, head_of(sealed) + sealed)
        forget_peer(office, chain)
        RealDisk().rename_durable(draft, target)
    return Enrolled(node_id=node_id, code=code)


def forget_peer(office: Office, chain: Chain) -> None:
    """What a node said it holds lay on a machine that is gone; it begins under this chain."""
    memory = Memory.load(office.journal.local, chain.node.node_id)
    memory.forget_acks()
    memory.passport, memory.seen_ack = passport.write(chain, {}).content, 0
    memory.save()


def _kept(office: Office, node_id: bytes) -> tuple[Papers, bytes]:
    path = office.folder / ENROLLED_FOLDER / f"{node_id.hex()}.age"
    if not path.exists():
        raise Refusal(
            "no_secret_kept",
            id="Kunci simpul ini tidak disimpan di kabupaten (didaftarkan oleh versi lama, "
            "atau kabupaten dibangun dari berkas penyelamat yang lebih tua). Cabut simpul "
            "itu (revoke) dan daftarkan yang baru (enrol). Tidak ada yang diubah.",
            en="The kabupaten does not keep the key of this node (an older version enrolled "
            "it, or the kabupaten was rebuilt from an older rescue file). Revoke that node "
            "and enrol a new one. Nothing was changed.",
        )
    kept = cbor.decode(
        open_blob(path.read_bytes(), office.keys.age_identity), SEALED_BYTES_MAX
    )
    papers, secret = kept
    return Papers.decode(papers, office.root_public), secret


def _next(office: Office, papers: Papers, secret: bytes) -> Chain:
    """Behind every epoch of the node that anybody told of; it names the heads held here."""
    node = papers.node.node_id
    rows = [row for row in office.journal.journals() if row.node == node]
    confirmed = office.authority.confirmed_epochs(node)
    last = max([1, *confirmed, *(row.epoch for row in rows)])
    heads = [
        (r.id, r.head_seq, r.head_h) for r in rows if r.epoch == last and r.head_seq
    ]
    return open_epoch(
        keys_of(secret),
        papers,
        epoch=last + 1,
        nonce=system_random(16),
        not_before=tuple(heads[:NOT_BEFORE_MAX]),
    )


# --- at any node: what no other node could give back ---------------------------------------


def write_rescue(office: Office, target: Path) -> str:
    """Write the rescue file of this node; gives the code that opens it."""
    check_target(target)
    code = new_activation_code(system_random)
    sealed = sealed_part(
        [
            office.keys.secret,
            office.journal.chain.encode(),
            office.root_public,
            _day_number(office.now().today),
        ],
        code,
    )
    files = {name.encode(): content for name, content in _small_files(office.folder)}
    bundle = seal_blob(cbor.encode(files), [office.keys.age_recipient])
    head = MAGIC + _LENGTH.pack(len(sealed))
    assert len(head) + len(sealed) + len(bundle) <= RESCUE_BYTES_MAX
    with draft_of(target) as draft:
        RealDisk().replace_durable(draft, head + sealed + bundle)
        RealDisk().rename_durable(draft, target)
    return code


def _small_files(folder: Path) -> list[tuple[str, bytes]]:
    paths = [folder / name for name in _FILES]
    for name in _FOLDERS:
        if (folder / name).is_dir():
            paths += sorted(p for p in (folder / name).iterdir() if p.is_file())
    return [(str(p.relative_to(folder)), p.read_bytes()) for p in paths if p.is_file()]


def is_rescue(file: Path) -> bool:
    """Whether a file begins as a rescue file does."""
    with file.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


@dataclass(frozen=True, slots=True)
class _Rescue:
    secret: bytes
    chain: Chain
    root: bytes
    day: int
    files: dict[bytes, bytes]


def _read(file: Path, code: str) -> _Rescue:
    content = file.read_bytes()[:RESCUE_BYTES_MAX]
    at = len(MAGIC) + _LENGTH.size
    length = int.from_bytes(content[len(MAGIC) : at], "big")
    secret, certificate, root, day = open_part(content[at : at + length], code, file)
    identity = keys_of(secret).age_identity
    files = cbor.decode(open_blob(content[at + length :], identity), RESCUE_BYTES_MAX)
    return _Rescue(secret, Chain.decode(certificate, root), root, day, files)


def _day_number(day: date) -> int:
    """20261122: an epoch that people can read, and no counting comes near."""
    return day.year * 10_000 + day.month * 100 + day.day


def _check_day(today: int, written: int) -> None:
    if today < written:
        raise Refusal(
            "clock_behind",
            id=f"Jam komputer ini menunjukkan {today}, sebelum berkas penyelamat ditulis "
            f"({written}); betulkan jamnya dahulu. Belum ada yang dibuat.",
            en=f"The clock of this computer shows {today}, before the rescue file was "
            f"written ({written}); set it right first. Nothing was made.",
        )


def rebuild(
    folder: Path, file: Path, *, code: str, passphrase: str, changes: dict[str, Any]
) -> Settings:
    """Set a node up again in an empty folder from its rescue file.

    Raises Refusal "bad_enrolment", "wrong_enrolment_code", "folder_taken".
    """
    rescue = _read(file, code)
    chain, root = rescue.chain, rescue.root
    with new_folder(folder) as draft:
        for name, part in rescue.files.items():
            path = draft / name.decode()
            path.parent.mkdir(mode=0o700, exist_ok=True)
            RealDisk().replace_durable(path, part)
        settings = replace(load_settings(draft), **changes)
        save_settings(draft, settings)
        make_mirror(settings)
        today = _day_number(RealClock(settings.timezone).now().today)
        _check_day(today, rescue.day)
        begun = open_epoch(
            keys_of(rescue.secret),
            chain.papers,
            epoch=max(chain.epoch.epoch + 1, today),
            nonce=system_random(16),
        )
        write_identity(
            draft,
            rescue.secret,
            chain.papers,
            passphrase=passphrase,
            root=root,
            chain=begun,
        )
        take_chain_of_mirror(draft, settings, begun, root)
        with open_office(draft, passphrase=passphrase) as office:
            begin_again(office.journal, begun)
    return settings
