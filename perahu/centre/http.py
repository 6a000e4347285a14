"""The centre over HTTP, as the hub reaches it: bounded in time and bytes.

Whatever goes wrong on the way is CentreUnreachable, and asking again is safe. Only a
clear no of the centre is CentreRefused: then asking again with the same packet is idle.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from perahu.centre.ports import (
    CentrePacket,
    CentreRefused,
    CentreUnreachable,
    StatusPage,
)
from perahu.centre.wire import (
    NotOurs,
    check_sizes,
    packet_json,
    read_object,
    read_page,
    read_reference,
)
from perahu.words import Refusal

_READ_BYTES = 65_536
_REFUSALS = (400, 409, 413, 422)


@dataclass(frozen=True, slots=True)
class CentreLimits:
    """Every bound of the client."""

    answer_s: float = 60.0
    """Seconds for one exchange; also the longest silence within it."""
    answer_bytes_max: int = 2_000_000


class HttpCentre:
    """A Centre at an address; `monotonic_s` comes from the node."""

    def __init__(
        self,
        address: str,
        *,
        monotonic_s: Callable[[], float],
        limits: CentreLimits | None = None,
    ) -> None:
        self._host, self._port = _parse_address(address)
        self._monotonic_s = monotonic_s
        self._limits = limits or CentreLimits()

    def submit(self, packet: CentrePacket) -> str:
        """Hand over a packet; the centre's reference, the same one each time."""
        try:
            check_sizes(packet)
        except NotOurs as error:
            raise _refused(str(error)) from error
        status, body = self._exchange("POST", "/packets", packet_json(packet))
        if status in _REFUSALS:
            raise _refusal_in(body)
        try:
            return read_reference(_content(status, body))
        except NotOurs as error:
            raise _unreachable(str(error)) from error

    def statuses(self, since: str = "") -> StatusPage:
        """The next page of changes after the cursor."""
        path = f"/statuses?since={quote(since, safe='')}"
        status, body = self._exchange("GET", path, b"")
        if status in _REFUSALS:
            raise _refusal_in(body)
        try:
            return read_page(_content(status, body))
        except NotOurs as error:
            raise _unreachable(str(error)) from error

    def _exchange(self, verb: str, path: str, body: bytes) -> tuple[int, bytes]:
        deadline_s = self._monotonic_s() + self._limits.answer_s
        link = http.client.HTTPConnection(
            self._host, self._port, timeout=self._limits.answer_s
        )
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            link.request(verb, path, body or None, headers)
            answer = link.getresponse()
            return answer.status, self._read(answer, deadline_s)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(f"{type(error).__name__} {error}".strip()) from error
        finally:
            link.close()

    def _read(self, answer: http.client.HTTPResponse, deadline_s: float) -> bytes:
        read = b""
        while chunk := answer.read1(_READ_BYTES):
            read += chunk
            if len(read) > self._limits.answer_bytes_max:
                raise _unreachable("the answer is too long")
            if self._monotonic_s() > deadline_s:
                raise _unreachable("the answer takes too long")
        if answer.length:
            raise _unreachable("the answer was cut")
        return read


def _content(status: int, body: bytes) -> bytes:
    if status != http.client.OK:
        raise _unreachable(f"HTTP {status}")
    return body


def _unreachable(why: str) -> CentreUnreachable:
    return CentreUnreachable(
        "centre_unreachable",
        id=f"Pusat tidak menjawab dengan benar ({why}). Semua paket tetap tersimpan di "
        "sini dan dikirim lagi dengan sendirinya.",
        en=f"The centre gave no proper answer ({why}). All packets are kept here and "
        "will be sent again by themselves.",
    )


def _refused(why: str) -> CentreRefused:
    return CentreRefused(
        "centre_refused",
        id=f"Pusat menolak paket ini ({why}). Paket tetap tersimpan; periksa rekamannya.",
        en=f"The centre refused this packet ({why}). It is kept; look at the recording.",
    )


def _refusal_in(body: bytes) -> CentreRefused:
    """The centre's own words where it gave both, else ours."""
    try:
        told = read_object(body)
    except NotOurs:
        return _refused("-")
    code, id_, en = (str(told.get(name, ""))[:300] for name in ("error", "id", "en"))
    if code and id_ and en and (code + id_ + en).isprintable():
        return CentreRefused(code, id=id_, en=en)
    return _refused("-")


def _parse_address(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise Refusal(
            "bad_centre_address",
            id=f"Alamat pusat {address!r} tidak bisa dipakai. "
            "Tulis seperti http://127.0.0.1:8090.",
            en=f"The centre's address {address!r} cannot be used. "
            "Write it like http://127.0.0.1:8090.",
        )
    return parts.hostname, port
