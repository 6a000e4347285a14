"""One enrolment file sets a new node up with no network (docs/adr/0004-enrolment-file.md).

    "PERAHU-ENROL-1\\n" | u32 length | sealed part | a courier file, or nothing

The sealed part (argon2id over the one-time code, then a secretbox) holds the node's
secret, its certificate, the root key, where its parent is, and the office's CA. For a node
that is rebuilt it says besides in which epoch it goes on (rebuilding.py, ADR 0018). The
courier file behind it is sealed to the new node by its own rules and brings the first
load: grants, policy, residents.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from perahu.keys import cbor
from perahu.keys.certificates import Chain, Papers, is_wilayah, issue_node
from perahu.keys.pin import activation_hash, new_activation_code
from perahu.keys.sealing import seal_blob
from perahu.keys.vault import MODERATE, Cost, keys_of, new_secret, stretch
from perahu.node import actions, tls, trust
from perahu.node.disk import RealDisk
from perahu.node.founding import (
    certificate_for,
    issuing_key_of,
    make_mirror,
    write_identity,
)
from perahu.node.going_on import begin_again, take_chain_of_mirror
from perahu.node.new_folder import new_folder
from perahu.node.office import PARENT_FILE, Office, open_office
from perahu.node.page_trust import ensure_authority
from perahu.node.rng import system_random
from perahu.node.road import offer_to, side_of
from perahu.node.roles import role_of
from perahu.node.settings import Settings, save_settings
from perahu.sync.courier import reading as courier_reading
from perahu.words import Refusal

MAGIC = b"PERAHU-ENROL-1\n"
ENROLLED_FOLDER = "enrolled"
"""At the hub: `<node id>.age` of every node, for `perahu enrol --again` (ADR 0018)."""
SEALED_BYTES_MAX = 64 * 1024
FILE_BYTES_MAX = 4 * 1024**3
_LENGTH = struct.Struct(">I")
_GOES_ON = 12
"""Left out for a node that is new."""
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """What the hub decides about a node it takes in."""

    name: str
    role: str
    wilayah: tuple[str, ...]
    listen: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What an enrolment hands to people: the file, and the code that opens it."""

    node_id: bytes
    code: str


@dataclass(frozen=True, slots=True)
class Letter:
    """The opened sealed part of an enrolment file."""

    secret: bytes
    papers: Papers
    root_public: bytes
    parent: Chain
    parent_address: str
    timezone: str
    ca: bytes
    tls_certificate: bytes
    tls_key: bytes
    listen: str
    address: str
    goes_on: Chain | None = None
    """For a node that was there before: the chain of its next epoch."""

    @property
    def settings(self) -> Settings:
        """The new node's first settings; its people may change them later."""
        node = self.papers.node
        return Settings(
            name=node.name,
            role=node.role,
            wilayah=node.wilayah,
            timezone=self.timezone,
            parent=self.parent_address if role_of(node.role).parent else "",
            parent_node=self.parent.node.node_id.hex(),
            listen=self.listen,
            address=self.address,
        )


def enrol(office: Office, plan: NewNode, target: Path) -> Enrolled:
    """Take a node in at the hub and write its enrolment file.

    1. Make its secret and certificate; write the sealed part beside `target`.
    2. State NodeEnrolled; only then does the file get its name.
    """
    issuing_key = issuing_key_of(office)
    _check_wilayah(office, plan)
    check_target(target)
    secret, code = new_secret(system_random), new_activation_code(system_random)
    unsigned = certificate_for(keys_of(secret), plan.name, plan.role, plan.wilayah)
    papers = issue_node(
        issuing_key, office.journal.chain.papers.signed_issuing, unsigned
    )
    sealed = sealed_part(fields_of(office, plan, secret, papers), code)
    with draft_of(target) as draft:
        RealDisk().replace_durable(draft, head_of(sealed) + sealed)
        kept = keep_secret(office, papers, secret)
        try:
            actions.enrol_node(office.journal, office.ask(), papers=papers)
        except BaseException:
            RealDisk().remove(kept)
            raise
        RealDisk().rename_durable(draft, target)
    return Enrolled(node_id=papers.node.node_id, code=code)


def head_of(sealed: bytes) -> bytes:
    """What stands before the sealed part of an enrolment file."""
    return MAGIC + _LENGTH.pack(len(sealed))


def keep_secret(office: Office, papers: Papers, secret: bytes) -> Path:
    """Keep a node's papers and secret at the hub, sealed to it: the machine may be lost.

    Gives the file they are in.
    """
    kept = cbor.encode([papers.encode(), secret])
    folder = office.folder / ENROLLED_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    sealed = seal_blob(kept, [office.certificate.age_recipient])
    path = folder / f"{papers.node.node_id.hex()}.age"
    RealDisk().replace_durable(path, sealed)
    return path


def check_target(target: Path) -> None:
    """Refuse a file that exists, or a folder that does not."""
    if not target.absolute().parent.is_dir():
        raise Refusal(
            "no_stick",
            id=f"Folder {target.parent} tidak ada; pasang stiknya. Tidak ada yang diubah.",
            en=f"There is no folder {target.parent}; plug the stick in. Nothing was changed.",
        )
    if target.exists():
        raise Refusal(
            "file_taken",
            id=f"Berkas {target} sudah ada; tidak ada yang diubah. Pilih nama lain.",
            en=f"The file {target} exists; nothing was changed. Choose another name.",
        )


def _check_wilayah(office: Office, plan: NewNode) -> None:
    digits = role_of(plan.role).wilayah_digits
    home = office.certificate.wilayah[0]
    fits = [
        is_wilayah(code) and code[:4] == home[: len(code[:4])] for code in plan.wilayah
    ]
    if not all(fits) or any(len(code) < digits for code in plan.wilayah):
        raise Refusal(
            "bad_wilayah",
            id=f"Wilayah {', '.join(plan.wilayah)} tidak cocok untuk peran {plan.role} di "
            f"kabupaten {home}; tidak ada yang diubah.",
            en=f"The wilayah {', '.join(plan.wilayah)} does not fit the role {plan.role} in "
            f"the kabupaten {home}; nothing was changed.",
        )


def join(
    folder: Path, file: Path, *, code: str, passphrase: str, changes: dict[str, Any]
) -> Settings:
    """Set a node up in an empty folder from an enrolment file.

    `changes` are settings this site knows better (mirror, ports, devices).
    Raises Refusal "bad_enrolment", "wrong_enrolment_code", "folder_taken".
    """
    letter = read_letter(file, code)
    settings = replace(letter.settings, **changes)
    pair = tls.KeyPair(letter.tls_certificate, letter.tls_key)
    with new_folder(folder) as draft:
        write_identity(
            draft,
            letter.secret,
            letter.papers,
            passphrase=passphrase,
            root=letter.root_public,
            chain=letter.goes_on,
        )
        trust.put_node(draft, letter.ca, pair if pair.certificate else None)
        recipient = letter.papers.node.age_recipient
        ensure_authority(draft, settings, recipient)
        RealDisk().replace_durable(draft / PARENT_FILE, letter.parent.encode())
        save_settings(draft, settings)
        make_mirror(settings)
        if letter.goes_on is not None:
            take_chain_of_mirror(draft, settings, letter.goes_on, letter.root_public)
        with courier_in(file, draft) as courier:
            if courier is not None or letter.goes_on is not None:
                _take_first_load(draft, passphrase, courier, letter.goes_on)
    return settings


def _take_first_load(
    draft: Path, passphrase: str, courier: Path | None, goes_on: Chain | None
) -> None:
    with open_office(draft, passphrase=passphrase) as office:
        if courier is not None:
            courier_reading.read(
                side_of(office),
                courier,
                lambda caller: offer_to(office, caller.chain.node),
            )
        if goes_on is not None:
            begin_again(office.journal, goes_on)


def read_letter(file: Path, code: str) -> Letter:
    """Open the sealed part of an enrolment file with its code."""
    with file.open("rb") as stream:
        head = stream.read(len(MAGIC) + _LENGTH.size)
        if len(head) != len(MAGIC) + _LENGTH.size or not head.startswith(MAGIC):
            raise _bad_file(file)
        (length,) = _LENGTH.unpack(head[len(MAGIC) :])
        sealed = stream.read(min(length, SEALED_BYTES_MAX + 1))
    if len(sealed) != length or length > SEALED_BYTES_MAX:
        raise _bad_file(file)
    return _letter(open_part(sealed, code, file), file)


@contextmanager
def courier_in(file: Path, folder: Path) -> Iterator[Path | None]:
    """The courier file behind the sealed part, as a file in `folder`; None without one."""
    with file.open("rb") as stream:
        head = stream.read(len(MAGIC) + _LENGTH.size)
        (length,) = _LENGTH.unpack(head[len(MAGIC) :])
        stream.seek(len(head) + length)
        piece = stream.read(_COPY_BYTES)
        if not piece:
            yield None
            return
        copy = folder / "first-load.jrnb"
        try:
            with copy.open("wb") as out:
                while piece:
                    out.write(piece)
                    piece = stream.read(_COPY_BYTES)
            yield copy
        finally:
            copy.unlink(missing_ok=True)


def add_courier(file: Path, courier: Path) -> None:
    """Put a courier file behind the sealed part, whole or not at all."""
    with draft_of(file) as draft:
        with draft.open("wb") as out:
            for part in (file, courier):
                with part.open("rb") as stream:
                    while piece := stream.read(_COPY_BYTES):
                        out.write(piece)
        RealDisk().rename_durable(draft, file)


def fields_of(
    office: Office,
    plan: NewNode,
    secret: bytes,
    papers: Papers,
    goes_on: Chain | None = None,
) -> dict[int, Any]:
    """What the sealed part says."""
    # Also for a node that nobody calls today: a boat may, once it listens on its LAN.
    places = replace(office.settings, listen=plan.listen, address=plan.address)
    ca = trust.authority_of(office.folder, office.keys.age_identity)
    pair = trust.issue(ca, papers.node.node_id, places)
    return {
        1: secret,
        2: papers.encode(),
        3: office.root_public,
        4: office.journal.chain.encode(),
        5: office.settings.address or office.settings.listen,
        6: office.authority.policy.timezone,
        7: trust.ca_of(office.folder),
        8: pair.certificate,
        9: pair.key,
        10: plan.listen,
        11: plan.address,
        **({_GOES_ON: goes_on.encode()} if goes_on else {}),
    }


def _letter(fields: Any, file: Path) -> Letter:
    kinds = (bytes, bytes, bytes, bytes, str, str, bytes, bytes, bytes, str, str)
    if not isinstance(fields, dict):
        raise _bad_file(file)
    goes_on = fields.pop(_GOES_ON, None)
    if set(fields) != set(range(1, len(kinds) + 1)):
        raise _bad_file(file)
    if any(type(fields[n + 1]) is not kind for n, kind in enumerate(kinds)):
        raise _bad_file(file)
    secret, papers, root, parent, *rest = (fields[n + 1] for n in range(len(kinds)))
    letter = Letter(
        secret, Papers.decode(papers, root), root, Chain.decode(parent, root), *rest
    )
    if goes_on is not None:
        letter = replace(letter, goes_on=Chain.decode(goes_on, root))
    if bytes(keys_of(secret).sign_key.verify_key) != letter.papers.node.sign_public:
        raise _bad_file(file)
    return letter


def sealed_part(fields: Any, code: str) -> bytes:
    """The sealed part as it stands in the file."""
    salt, nonce, cost = system_random(16), system_random(24), MODERATE
    box = SecretBox(stretch(activation_hash(code), salt, cost))
    cipher = box.encrypt(cbor.encode(fields), nonce).ciphertext
    sealed = cbor.encode([salt, cost.ops, cost.memory_bytes, nonce, cipher])
    assert len(sealed) <= SEALED_BYTES_MAX
    return sealed


def open_part(sealed: bytes, code: str, file: Path) -> Any:
    """What a sealed part says. Raises Refusal "wrong_enrolment_code", "bad_enrolment"."""
    parts = cbor.decode(sealed, SEALED_BYTES_MAX)
    kinds = (bytes, int, int, bytes, bytes)
    if not isinstance(parts, list) or [type(p) for p in parts] != list(kinds):
        raise _bad_file(file)
    salt, ops, memory_bytes, nonce, cipher = parts
    if len(nonce) != SecretBox.NONCE_SIZE:
        raise _bad_file(file)
    key = stretch(activation_hash(code), salt, Cost(ops, memory_bytes))
    try:
        plain = SecretBox(key).decrypt(cipher, nonce)
    except CryptoError as error:
        raise Refusal(
            "wrong_enrolment_code",
            id="Kode pendaftaran ini bukan untuk berkas ini; belum ada yang dibuat. "
            "Periksa kodenya.",
            en="This enrolment code does not open this file; nothing was made. "
            "Check the code.",
        ) from error
    return cbor.decode(plain, SEALED_BYTES_MAX)


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """A name beside `target` for what is not whole yet; gone if the block fails."""
    draft = target.with_name(f".{target.name}.draft")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _bad_file(file: Path) -> Refusal:
    return Refusal(
        "bad_enrolment",
        id=f"Berkas {file} bukan berkas pendaftaran Perahu, atau rusak; belum ada yang "
        "dibuat. Minta salinan baru dari kabupaten.",
        en=f"The file {file} is no enrolment file of Perahu, or is damaged; nothing was "
        "made. Ask the kabupaten for a new copy.",
    )
