"""How a kabupaten begins: root key, issuing key, the hub's own node, its first facts.

The root key signs the issuing key once and is then taken offline; the issuing key stays
in the hub's folder, sealed to the hub's own secret, and signs every later node.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from nacl.signing import SigningKey

from perahu.keys.certificates import (
    Chain,
    IssuingCertificate,
    NodeCertificate,
    Papers,
    Signed,
    is_wilayah,
    issue_kabupaten,
    issue_node,
    open_epoch,
)
from perahu.keys.facts import (
    POLICIES,
    STORE_AND_FORWARD,
    OperatorGranted,
    PolicySet,
)
from perahu.keys.pin import activation_hash, new_activation_code
from perahu.keys.sealing import open_blob, seal_blob
from perahu.keys.vault import NodeKeys, keys_of, new_secret, seal_secret
from perahu.kinds import RIGHTS
from perahu.node import actions, trust
from perahu.node.disk import RealDisk
from perahu.node.going_on import CERTIFICATE_FILE
from perahu.node.new_folder import new_folder
from perahu.node.office import KEY_FILE, ROOT_FILE, Office, book_url, open_office
from perahu.node.page_trust import ensure_authority
from perahu.node.rng import system_random
from perahu.node.settings import Settings, save_settings
from perahu.words import Refusal

ISSUING_FILE = "issuing.key.age"
EPOCH_FIRST = 1
GRANT_DAYS = 365

_ROOT_TEXT = (
    "# The root key of {name}. Move this file offline now; whoever has it can make a\n"
    "# kabupaten's keys anew. / Kunci akar {name}. Pindahkan berkas ini dari komputer.\n"
    "{key}\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOperator:
    """The first person who may act, and supervise; her grant stands in the first facts."""

    login: str
    name: str
    decree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """What a founding hands to people, once."""

    node_id: bytes
    root_file: Path
    activation_code: str


def found_kabupaten(
    folder: Path,
    settings: Settings,
    *,
    passphrase: str,
    root_file: Path,
    operator: FirstOperator,
    policy: str = STORE_AND_FORWARD,
) -> Founded:
    """Make the hub of a new kabupaten in an empty folder, and its root key in a file.

    1. Root, issuing and node keys; the hub's certificates; the CA of the office's TLS;
       the authority of its pages where other desks open them.
    2. The book with the first facts: this node, the policy, the first operator.
    3. The root key goes to its own file; the folder takes its place.
    """
    _check_plan(settings, policy, root_file)
    # Kept in node.toml: a later start without the variable would begin a new, empty book.
    settings = replace(settings, book=book_url(settings) or "")
    root_key = SigningKey(system_random(32))
    secret = new_secret(system_random)
    with new_folder(folder) as draft:
        issuing_key, signed_issuing = _issuing(root_key, settings)
        keys = keys_of(secret)
        papers = issue_node(issuing_key, signed_issuing, _certificate(keys, settings))
        write_identity(
            draft,
            secret,
            papers,
            passphrase=passphrase,
            root=bytes(root_key.verify_key),
        )
        sealed = seal_blob(bytes(issuing_key), [keys.age_recipient])
        RealDisk().replace_durable(draft / ISSUING_FILE, sealed)
        ca = trust.make_authority(draft, settings.name, keys.age_recipient)
        pair = trust.issue(ca, papers.node.node_id, settings)
        trust.put_node(draft, ca.certificate, pair)
        ensure_authority(draft, settings, keys.age_recipient)
        save_settings(draft, settings)
        make_mirror(settings)
        code = new_activation_code(system_random)
        with open_office(draft, passphrase=passphrase) as office:
            _state_first_facts(office, papers, policy, operator, code)
        key_text = _ROOT_TEXT.format(name=settings.name, key=bytes(root_key).hex())
        RealDisk().replace_durable(root_file, key_text.encode())
    return Founded(
        node_id=papers.node.node_id, root_file=root_file, activation_code=code
    )


def write_identity(
    draft: Path,
    secret: bytes,
    papers: Papers,
    *,
    passphrase: str,
    root: bytes,
    chain: Chain | None = None,
) -> None:
    """Put a node's secret, root key and chain into its folder; its first one unless given."""
    disk, keys = RealDisk(), keys_of(secret)
    if chain is None:
        nonce = system_random(16)
        chain = open_epoch(keys, papers, epoch=EPOCH_FIRST, nonce=nonce)
    disk.replace_durable(
        draft / KEY_FILE, seal_secret(secret, passphrase, system_random)
    )
    disk.replace_durable(draft / ROOT_FILE, root.hex().encode() + b"\n")
    disk.replace_durable(draft / CERTIFICATE_FILE, chain.encode())


def make_mirror(settings: Settings) -> None:
    """Make the folder on the second medium; the medium itself must be there."""
    if settings.mirror:
        Path(settings.mirror).mkdir(mode=0o700, exist_ok=True)


def issuing_key_of(office: Office) -> SigningKey:
    """The kabupaten's issuing key. Raises Refusal "not_the_hub" at any other node."""
    path = office.folder / ISSUING_FILE
    if not path.exists():
        raise Refusal(
            "not_the_hub",
            id="Perintah ini hanya untuk simpul kabupaten; tidak ada yang diubah.",
            en="This command is for the hub of the kabupaten only; nothing was changed.",
        )
    return SigningKey(open_blob(path.read_bytes(), office.keys.age_identity))


def _check_plan(settings: Settings, policy: str, root_file: Path) -> None:
    if not settings.row.decides or len(settings.wilayah) != 1:
        raise Refusal(
            "not_a_kabupaten",
            id="Yang didirikan adalah satu kabupaten; simpul lain dibuat dengan "
            "`perahu init --from BERKAS`.",
            en="Only a kabupaten is founded; other nodes are made by "
            "`perahu init --from FILE`.",
        )
    if not is_wilayah(settings.wilayah[0]):
        raise Refusal(
            "bad_wilayah",
            id=f"Kode wilayah {settings.wilayah[0]!r} tidak sah, misalnya 17.03; belum ada "
            "yang dibuat.",
            en=f"The wilayah code {settings.wilayah[0]!r} is not valid, for example 17.03; "
            "nothing was made.",
        )
    if policy not in POLICIES:
        raise Refusal(
            "unknown_policy",
            id=f"Kebijakan {policy!r} tidak ada; pilih {' atau '.join(POLICIES)}.",
            en=f"There is no policy {policy!r}; choose {' or '.join(POLICIES)}.",
        )
    if root_file.exists():
        raise Refusal(
            "root_file_taken",
            id=f"Berkas {root_file} sudah ada; kunci akar tidak pernah ditimpa.",
            en=f"The file {root_file} exists; a root key is never overwritten.",
        )
    if not root_file.absolute().parent.is_dir():
        # A stick that is not plugged in: the key must not land on this computer instead.
        raise Refusal(
            "no_root_folder",
            id=f"Folder {root_file.parent} untuk kunci akar tidak ada; pasang medianya. "
            "Belum ada yang dibuat.",
            en=f"There is no folder {root_file.parent} for the root key; plug the medium "
            "in. Nothing was made.",
        )


def _issuing(root_key: SigningKey, settings: Settings) -> tuple[SigningKey, Signed]:
    key = SigningKey(system_random(32))
    certificate = IssuingCertificate(
        kabupaten=settings.wilayah[0], name=settings.name, public=bytes(key.verify_key)
    )
    return key, issue_kabupaten(root_key, certificate)


def _certificate(keys: NodeKeys, settings: Settings) -> NodeCertificate:
    return certificate_for(keys, settings.name, settings.role, settings.wilayah)


def certificate_for(
    keys: NodeKeys, name: str, role: str, wilayah: tuple[str, ...]
) -> NodeCertificate:
    """The unsigned certificate of a new node with a fresh id."""
    return NodeCertificate(
        node_id=system_random(16),
        sign_public=bytes(keys.sign_key.verify_key),
        box_public=bytes(keys.box_key.public_key),
        age_recipient=keys.age_recipient,
        role=role,
        wilayah=wilayah,
        name=name,
    )


def _state_first_facts(
    office: Office, papers: Papers, policy: str, operator: FirstOperator, code: str
) -> None:
    stated = PolicySet(
        policy=policy, decree=operator.decree, timezone=office.settings.timezone
    )
    grant = first_grant(operator, papers.node.wilayah, office.now().today, code)
    actions.found(
        office.journal, office.ask(), papers=papers, policy=stated, grant=grant
    )


def first_grant(
    operator: FirstOperator, wilayah: tuple[str, ...], today: date, code: str
) -> OperatorGranted:
    """The grant of the first operator: every right in the whole kabupaten, for a year."""
    return OperatorGranted(
        operator=system_random(8),
        login=operator.login,
        name=operator.name,
        rights=RIGHTS,
        wilayah=wilayah,
        valid_from=today,
        valid_until=today + timedelta(days=GRANT_DAYS),
        activation=activation_hash(code),
        decree=operator.decree,
        supervisor=True,
    )
