"""Under which names and addresses this machine is found in its own local network."""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path

LOOPBACK_NAMES = ("localhost", "127.0.0.1")
EVERY_ADDRESS = ("0.0.0.0", "::")
ADDRESSES_MAX = 16
"""A machine with more addresses than this is no desk; the first ones are named."""

_IPV4_TABLE, _IPV6_TABLE = Path("/proc/net/fib_trie"), Path("/proc/net/if_inet6")
_OWN_IPV4 = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SOMEWHERE = ("10.255.255.255", 9)
"""Never sent to: asked only by which address a packet would leave."""


def is_loopback(host: str) -> bool:
    """Whether an address or a name means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_label() -> str:
    """The first part of the machine's own name; "" where that is no name for a network."""
    label = socket.gethostname().partition(".")[0].lower()
    return label if _LABEL.fullmatch(label) and label != "localhost" else ""


def own_addresses() -> list[str]:
    """The machine's addresses but loopback, the one that desks most likely reach first."""
    found = {*_ipv4(), *_ipv6()}
    parsed = [ipaddress.ip_address(text) for text in found]
    usable = [one for one in parsed if not (one.is_loopback or one.is_link_local)]
    first = _leaving_address()
    usable.sort(key=lambda one: (str(one) != first, one.version, one.packed))
    return [str(one) for one in usable[:ADDRESSES_MAX]]


def _ipv4() -> list[str]:
    # The kernel's own table: the standard library knows no list of addresses.
    return _OWN_IPV4.findall(_IPV4_TABLE.read_text()) if _IPV4_TABLE.exists() else []


def _ipv6() -> list[str]:
    lines = _IPV6_TABLE.read_text().splitlines() if _IPV6_TABLE.exists() else []
    return [str(ipaddress.ip_address(bytes.fromhex(line.split()[0]))) for line in lines]


def _leaving_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.connect(_SOMEWHERE)
        except OSError:
            return ""
        return str(trial.getsockname()[0])
