"""The peers of `bench road`, each set up as a user would.

From the books, with no tuning for bad links; keys are made on the spot, and nothing of the
system's own configuration is read or changed.
"""

from __future__ import annotations

import hashlib
import shutil
import ssl
import subprocess
import threading
import time
from pathlib import Path

from bench.link.namespaces import DEVICE
from bench.race.contenders import ROOT, Contender, NotThere, Pair, Place, module
from perahu.node import tls

SOURCES = Path(__file__).parent / "ends"
MODULES = ROOT / "build" / "road-peers"
"""Where npm puts what CouchDB's peer needs; git ignores it."""
CONGESTION = "cubic"
_SSH, _POST, _COUCH, _VPN = 22, 443, 6984, 1194
_TUNNEL, _TUNNEL_NET = "172.29.0.1", "172.29.0.0/24"
_NPM_S_MAX, _LISTEN_S_MAX = 300.0, 30.0
_npm = threading.Lock()


def _as_debian(place: Place) -> None:
    """Debian's own congestion control, whatever this machine prefers; ours asks for its own.

    By the route, for a namespace may only choose what the machine's owner allowed.
    """
    lab = place.lab
    for start, source in (
        (lab.at_hub, lab.hub_address),
        (lab.at_office, lab.office_address),
    ):
        route = ["default", "dev", DEVICE, "src", source, "congctl", CONGESTION]
        start(["ip", "route", "replace", *route]).wait()


def _rsync(place: Place) -> Pair:
    _as_debian(place)
    place.load.write(place.folder)
    return _start_rsync(place, place.lab.hub_address)


def _start_rsync(place: Place, address: str, *more: str) -> Pair:
    folder = place.folder
    for name in ("host.key", "ssh.key"):
        words: list[str | Path] = [
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-f",
            folder / name,
        ]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    host = (folder / "host.key.pub").read_text().split()[:2]
    (folder / "known_hosts").write_text(f"{address} {' '.join(host)}\n")
    (folder / "sshd_config").write_text(
        f"Port {_SSH}\nHostKey {folder}/host.key\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/ssh.key.pub\nStrictModes no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
    )
    # Where sshd insists on an empty folder of its own; Debian's start script makes it.
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    place.at_hub(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"])
    _wait_port(place, _SSH)
    office = place.at_office(module("rsync_office", address, str(_SSH), folder, *more))
    return Pair(office, inbox=folder / "in")


def _wait_port(place: Place, port: int) -> None:
    """Until somebody listens at the hub; asked from the hub itself, not over the link."""
    until_s = time.monotonic() + _LISTEN_S_MAX
    while time.monotonic() < until_s:
        with place.lab.socket_at_hub() as asking:
            if asking.connect_ex((place.lab.hub_address, port)) == 0:
                return
        time.sleep(0.1)
    raise NotThere(f"nothing listens on port {port}; see the log of its server")


def _post(place: Place) -> Pair:
    _as_debian(place)
    place.load.write(place.folder)
    _certify(place)
    address = place.lab.hub_address
    hub = place.at_hub(module("post_hub", address, str(_POST), place.folder))
    office = place.at_office(module("post_office", address, str(_POST), place.folder))
    return Pair(office, hub, inbox=place.folder / "in")


def _couch(place: Place) -> Pair:
    modules = {"PEER_MODULES": str(install_modules())}
    _as_debian(place)
    place.load.write(place.folder)
    _certify(place)
    address = place.lab.hub_address
    hub = place.at_hub(
        ["node", SOURCES / "couch_hub.js", address, str(_COUCH), place.folder],
        **modules,
    )
    trusted = {"NODE_EXTRA_CA_CERTS": str(place.folder / "ca.pem")}
    url = f"https://{address}:{_COUCH}/district"
    office = place.at_office(
        ["node", SOURCES / "couch_office.js", url, place.folder], **modules, **trusted
    )
    return Pair(office, hub)


def install_modules() -> Path:
    """What `package-lock.json` names, by `npm ci` at the first run. Raises NotThere."""
    with _npm:
        stamp, lock = (
            MODULES / "installed",
            (SOURCES / "package-lock.json").read_bytes(),
        )
        if stamp.exists() and stamp.read_bytes() == lock:
            return MODULES
        MODULES.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(SOURCES / name, MODULES)
        try:
            subprocess.run(
                ["npm", "ci"], cwd=MODULES, check=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_NPM_S_MAX,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise NotThere(
                "npm could not install PouchDB; let it reach its registry"
            ) from error
        stamp.write_bytes(lock)
        return MODULES


def _vpn(place: Place) -> Pair:
    _as_debian(place)
    place.load.write(place.folder)
    folder, address = place.folder, place.lab.hub_address
    hub, office = (_self_signed(folder, side) for side in ("hub", "office"))
    both = "dev vpn0\ndev-type tun\nproto udp\npersist-key\npersist-tun\nverb 3\n"
    both += f"script-security 2\nup {folder}/up\n"
    keys = "cert {0}/{1}.pem\nkey {0}/{1}.key\npeer-fingerprint {2}\n"
    (folder / "server.conf").write_text(
        both + keys.format(folder, "hub", office) + f"port {_VPN}\ndh none\n"
        f"topology subnet\nserver 172.29.0.0 255.255.255.0\nkeepalive 10 60\n"
    )
    (folder / "client.conf").write_text(
        both + keys.format(folder, "office", hub) + "client\nnobind\n"
        f"remote {address} {_VPN}\nresolv-retry infinite\n"
    )
    # The tunnel's own route asks for the same congestion control as the link's.
    up = folder / "up"
    up.write_text(
        f"#!/bin/sh\nexec ip route replace {_TUNNEL_NET} dev vpn0 congctl {CONGESTION}\n"
    )
    up.chmod(0o755)
    place.at_hub(["/usr/sbin/openvpn", "--config", folder / "server.conf"])
    pair = _start_rsync(place, _TUNNEL, "--device", "vpn0")
    dial: list[str | Path] = ["/usr/sbin/openvpn", "--config", folder / "client.conf"]
    pair.before_go = lambda: place.at_office(dial)
    return pair


def _self_signed(folder: Path, side: str) -> str:
    """A key and its certificate; gives the fingerprint by which the other side knows it."""
    words: list[str | Path] = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-sha256", "-days", "3650",
        "-subj", f"/CN={side}", "-keyout", folder / f"{side}.key",
        "-out", folder / f"{side}.pem",
    ]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
    der = ssl.PEM_cert_to_DER_cert((folder / f"{side}.pem").read_text())
    return hashlib.sha256(der).digest().hex(":")


def _certify(place: Place) -> None:
    """An authority of the contender's own, and the hub's certificate under it."""
    authority = tls.make_authority("Peer")
    pair = tls.issue(authority, bytes(16), [place.lab.hub_address])
    for name, content in (
        ("ca.pem", authority.certificate),
        ("tls.pem", pair.certificate),
        ("tls.key", pair.key),
    ):
        (place.folder / name).write_bytes(content)


_RSYNC = (("rsync", "rsync"), ("ssh", "openssh-client"), ("sshd", "openssh-server"))
PEERS = (
    Contender("rsync", _RSYNC, _rsync),
    Contender("https", (), _post),
    Contender("pouchdb", (("node", "nodejs"), ("npm", "npm")), _couch),
    Contender("vpn", (*_RSYNC, ("openvpn", "openvpn"), ("openssl", "openssl")), _vpn),
)
