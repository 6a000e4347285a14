"""What Linux gives for a link: network namespaces, TUN devices, and who lives in them."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.link.profiles import MTU_BYTES
from perahu.words import Refusal, Words

TUN_DEVICE = Path("/dev/net/tun")
OWN_NAMESPACE = Path("/proc/thread-self/ns/net")
DEVICE = "link0"
"""The name of the TUN device in either namespace."""
_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_TOOLS = {"ip": "iproute2", "nsenter": "util-linux"}
_libc = ctypes.CDLL(None, use_errno=True)


class NeedsRoot(Refusal):
    """This machine or this person cannot make network namespaces and TUN devices."""

    def __init__(self, missing_id: str, missing_en: str) -> None:
        super().__init__(
            "needs_root",
            id=f"Jalur uji tidak dapat dibuat: {missing_id}. Tidak ada yang berubah. "
            "Jalankan lagi sebagai root (sudo) di Linux dengan /dev/net/tun; dalam "
            "kontainer: docker run --cap-add=NET_ADMIN --cap-add=SYS_ADMIN "
            "--device=/dev/net/tun.",
            en=f"The test link cannot be made: {missing_en}. Nothing was changed. "
            "Run it again as root (sudo) on Linux with /dev/net/tun; in a container: "
            "docker run --cap-add=NET_ADMIN --cap-add=SYS_ADMIN --device=/dev/net/tun.",
        )
        self.missing = Words(missing_id, missing_en)


def check_machine() -> None:
    """Raises NeedsRoot with the first thing that is missing."""
    if os.geteuid() != 0:
        raise NeedsRoot("Anda bukan root", "you are not root")
    if not TUN_DEVICE.exists():
        raise NeedsRoot(f"{TUN_DEVICE} tidak ada", f"there is no {TUN_DEVICE}")
    for tool, package in _TOOLS.items():
        if shutil.which(tool) is None:
            raise NeedsRoot(
                f"perintah {tool} tidak ada (paket Debian {package})",
                f"there is no command {tool} (Debian package {package})",
            )


def enter_new() -> int:
    """Move this thread into a new network namespace; gives an open file of it."""
    if _libc.unshare(_CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        words = os.strerror(number)
        raise NeedsRoot(
            f"Linux menolak ruang jaringan baru ({words})",
            f"Linux refuses a new network namespace ({words})",
        )
    return os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """This thread within a namespace; what it opens meanwhile stays there."""
    before = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(namespace)
        try:
            yield
        finally:
            _enter(before)
    finally:
        os.close(before)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "setns")


def open_tun(address: str) -> int:
    """A TUN device of this thread's namespace, up, and all routes through it.

    Gives its non-blocking file: one IP packet each read and write.
    """
    tun = os.open(TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    request = struct.pack("16sH22x", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI)
    try:
        fcntl.ioctl(tun, _TUNSETIFF, request)
    except OSError as reason:
        words = os.strerror(reason.errno or 0)
        raise NeedsRoot(
            f"Linux menolak perangkat TUN ({words})",
            f"Linux refuses a TUN device ({words})",
        ) from reason
    # The link carries IPv4 alone; where /proc/sys is read-only, IPv6 tries in vain.
    with suppress(OSError):
        Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
    commands = [
        "link set lo up",
        f"link set {DEVICE} mtu {MTU_BYTES} up",
        f"address add {address}/32 dev {DEVICE}",
        f"route add default dev {DEVICE} src {address}",
    ]
    subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True
    )
    return tun


def end_all_within(places: Collection[int], spared: Collection[int]) -> None:
    """End the processes that live in the namespaces of these open files, by their ids.

    Only what a lab started can be in there: its namespaces have no name to enter by.
    """
    for pid in _pids_within({os.fstat(place).st_ino for place in places}):
        if pid not in spared:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _pids_within(inodes: set[int]) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            inode = (entry / "ns" / "net").stat().st_ino
        except OSError:
            continue  # It has just ended.
        if inode in inodes:
            found.append(int(entry.name))
    return found
