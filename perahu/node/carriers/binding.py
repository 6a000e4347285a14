"""How a carrier's sockets are bound: to its interface, or to that interface's own address.

Old kernels let only root bind a socket to an interface; then going out from the address of
the interface does, as long as the system routes by it.
"""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress

from perahu.node.carriers.file import CarrierEntry

_SIOCGIFADDR = 0x8915
_REQUEST = struct.Struct("16sH2x4s16x")


def binding_of(entry: CarrierEntry) -> tuple[str, str]:
    """(source address, interface) to bind the sockets of this carrier to; "" for none."""
    if not entry.interface or may_bind(entry.interface):
        return entry.source, entry.interface
    return entry.source or address_of(entry.interface), ""


def may_bind(interface: str) -> bool:
    """Whether the kernel lets this process bind to an interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.setsockopt(
                socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode()
            )
        except PermissionError:
            return False
        except OSError:
            # It is not there now: to be told when it is dialled.
            return True
    return True


def address_of(interface: str) -> str:
    """The first IPv4 address of an interface; "" where it has none."""
    asked = _REQUEST.pack(interface.encode()[:15], socket.AF_INET, bytes(4))
    with (
        suppress(OSError),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial,
    ):
        return socket.inet_ntoa(fcntl.ioctl(trial, _SIOCGIFADDR, asked)[20:24])
    return ""
