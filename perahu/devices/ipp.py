"""A card printer over IPP 2.0 (RFC 8011), straight to the printer.

One attempt, in order; the point after which an error is *uncertain* is marked:
1. Is a job of this name known to the printer? Then its fate is the answer.
2. Is the printer ready? If not, nothing is sent: never began.
3. Create-Job gives a job id; no document has left us yet.
4. Send-Document. From the first byte on, an answer that does not come is uncertain.
5. The job's attributes are asked until it is final. A job that stops or takes too long
   is cancelled, so that it cannot come to life after a person has decided.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from perahu.devices import ipp_wire as wire
from perahu.devices.ipp_answers import (
    FINAL_JOB_STATES,
    JOB_ATTRIBUTES,
    PRINTER_ATTRIBUTES,
    STOPPED,
    WAITING_JOB_STATES,
    job_outcome,
    never_began,
    printer_state,
    uncertain,
    unreachable_state,
)
from perahu.devices.ipp_wire import Attributes, Group, Message, Value
from perahu.devices.printer_ports import (
    CARD_MEDIA,
    CARD_PNG_BYTES_MAX,
    JOB_NAME_CHARS_MAX,
    NEVER_BEGAN,
    CardJob,
    PrinterState,
    PrintOutcome,
)
from perahu.words import Refusal

_PNG = b"\x89PNG\r\n\x1a\n"
_USER = "perahu"
_READ_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class IppLimits:
    """Every bound of the client."""

    answer_s: float = 10.0
    """Seconds for one exchange, connecting included."""
    print_s: float = 180.0
    """Seconds until a job must be final; a retransfer card takes about 60."""
    poll_s: float = 1.0
    answer_bytes_max: int = 262_144
    jobs_max: int = 200
    """Jobs looked through for the name of an attempt."""


class _NotSent(Exception):
    """The exchange failed before its first byte left us."""


class _Lost(Exception):
    """The exchange failed after bytes had left us: what the printer did is unknown."""


class _Refused(Exception):
    """The printer answered and said no."""

    def __init__(self, note: str, *, surely_nothing: bool) -> None:
        super().__init__(note)
        self.surely_nothing = surely_nothing


class IppPrinter:
    """A CardPrinter that speaks IPP; `wait` and `monotonic_s` come from the node."""

    def __init__(
        self,
        uri: str,
        *,
        wait: Callable[[float], None],
        monotonic_s: Callable[[], float],
        limits: IppLimits | None = None,
    ) -> None:
        self._uri, self._host, self._port, self._path = _parse_uri(uri)
        self._wait = wait
        self._monotonic_s = monotonic_s
        self._limits = limits or IppLimits()
        self._request_id = 0

    def state(self) -> PrinterState:
        """What the printer says of itself now."""
        asked = wire.opening(self._uri)
        asked["requested-attributes"] = wire.keywords(*PRINTER_ATTRIBUTES)
        try:
            answer = self._ask(wire.GET_PRINTER_ATTRIBUTES, asked)
        except (_NotSent, _Lost, _Refused) as error:
            return unreachable_state(str(error))
        return printer_state(answer.group(wire.PRINTER))

    def print(self, job: CardJob) -> PrintOutcome:
        """Print one card and wait until its fate is known or unknowable."""
        _check(job)
        try:
            for known in self._jobs_named(job.name):
                outcome = self._follow(known)
                if outcome.outcome != NEVER_BEGAN:
                    return outcome
            state = self.state()
            if not state.ready:
                return never_began(state.words.en)
            job_id = self._create(job.name)
        except (_NotSent, _Lost, _Refused) as error:
            # No document has left us: whatever the printer did, it fed no card.
            return never_began(str(error))
        return self._send(job_id, job)

    def look_up(self, name: str) -> PrintOutcome | None:
        """What the printer says now of a job of this name; None where it knows none.

        For the person who must judge an uncertain print; it prints and changes nothing.
        """
        try:
            known = self._jobs_named(name)
            return job_outcome(self._job_attributes(known[-1])) if known else None
        except (_NotSent, _Lost, _Refused) as error:
            return uncertain(str(error))

    def _send(self, job_id: int, job: CardJob) -> PrintOutcome:
        asked = self._about(job_id)
        asked["document-format"] = (Value(wire.MIME, "image/png"),)
        asked["last-document"] = (Value(wire.BOOLEAN, True),)
        try:
            self._ask(wire.SEND_DOCUMENT, asked, document=job.image)
        except _NotSent as error:
            self._cancel(job_id)
            return never_began(str(error))
        except _Lost as error:
            # The card may be printing at this moment: nothing is cancelled, nothing
            # is sent again, a person looks.
            return uncertain(f"connection lost after the document was sent: {error}")
        except _Refused as error:
            self._cancel(job_id)
            if error.surely_nothing:
                return never_began(str(error))
            return uncertain(str(error))
        return self._follow(job_id)

    def _follow(self, job_id: int) -> PrintOutcome:
        """Ask for the job until it is final, stops, or the time is up."""
        deadline_s = self._monotonic_s() + self._limits.print_s
        seen: Attributes = {}
        note = "no answer about the job"
        while True:
            try:
                seen = self._job_attributes(job_id)
                state = wire.first_int(seen, "job-state")
                note = f"job state {state}"
            except _Refused as error:
                return uncertain(str(error), seen)
            except (_NotSent, _Lost) as error:
                # Asking changes nothing, so it may be repeated until the time is up.
                state, note = None, str(error)
            if state in FINAL_JOB_STATES:
                return job_outcome(seen)
            if state == STOPPED or self._monotonic_s() >= deadline_s:
                return self._give_up(job_id, seen, note)
            self._wait(self._limits.poll_s)

    def _give_up(self, job_id: int, seen: Attributes, note: str) -> PrintOutcome:
        """Cancel a job that will not end, so that it cannot print later."""
        was = wire.first_int(seen, "job-state")
        if not self._cancel(job_id):
            return uncertain(
                f"{note}; the printer did not confirm the cancelling", seen
            )
        try:
            after = self._job_attributes(job_id)
        except (_NotSent, _Lost, _Refused) as error:
            return uncertain(f"{note}; cancelled; {error}", seen)
        if was in WAITING_JOB_STATES:
            return job_outcome(after)
        return uncertain(f"{note}; cancelled", seen)

    def _jobs_named(self, name: str) -> list[int]:
        """Ids of the jobs of this name that the printer still remembers, oldest first."""
        found = []
        for which in ("completed", "not-completed"):
            asked = wire.opening(self._uri)
            asked["requesting-user-name"] = (Value(wire.NAME, _USER),)
            asked["limit"] = (wire.integer(self._limits.jobs_max),)
            asked["which-jobs"] = wire.keywords(which)
            asked["requested-attributes"] = wire.keywords("job-id", "job-name")
            answer = self._ask(wire.GET_JOBS, asked)
            for attributes in answer.all_groups(wire.JOB):
                job_id = wire.first_int(attributes, "job-id")
                if wire.first_text(attributes, "job-name") == name and job_id:
                    found.append(job_id)
        return sorted(set(found))

    def _create(self, name: str) -> int:
        asked = wire.opening(self._uri)
        asked["requesting-user-name"] = (Value(wire.NAME, _USER),)
        asked["job-name"] = (Value(wire.NAME, name),)
        wanted = {"media": wire.keywords(CARD_MEDIA), "copies": (wire.integer(1),)}
        answer = self._ask(wire.CREATE_JOB, asked, wanted)
        job_id = wire.first_int(answer.group(wire.JOB), "job-id")
        if job_id is None:
            raise _Refused("the printer gave no job id", surely_nothing=True)
        return job_id

    def _about(self, job_id: int) -> dict[str, tuple[Value, ...]]:
        asked = wire.opening(self._uri)
        asked["job-id"] = (wire.integer(job_id),)
        asked["requesting-user-name"] = (Value(wire.NAME, _USER),)
        return asked

    def _job_attributes(self, job_id: int) -> Attributes:
        asked = self._about(job_id)
        asked["requested-attributes"] = wire.keywords(*JOB_ATTRIBUTES)
        return self._ask(wire.GET_JOB_ATTRIBUTES, asked).group(wire.JOB)

    def _cancel(self, job_id: int) -> bool:
        try:
            self._ask(wire.CANCEL_JOB, self._about(job_id))
        except (_NotSent, _Lost):
            return False
        except _Refused:
            return True  # Not possible: it has ended by itself meanwhile.
        return True

    def _ask(
        self,
        operation: int,
        asked: Attributes,
        wanted: Attributes | None = None,
        document: bytes = b"",
    ) -> Message:
        """One exchange. Raises _NotSent, _Lost or _Refused."""
        self._request_id += 1
        groups = [Group(wire.OPERATION, asked)]
        if wanted:
            groups.append(Group(wire.JOB, wanted))
        request = Message(operation, self._request_id, tuple(groups), document)
        try:
            answer = wire.decode(self._post(request.encode()))
        except wire.WireError as error:
            raise _Lost(str(error)) from error
        if answer.request_id != self._request_id:
            raise _Lost("the printer answered another request")
        if answer.code >= wire.BAD_REQUEST:
            nothing = answer.code < wire.INTERNAL_ERROR or answer.code in (
                wire.OPERATION_NOT_SUPPORTED,
                wire.NOT_ACCEPTING_JOBS,
                wire.BUSY,
            )
            said = wire.first_text(answer.group(wire.OPERATION), "status-message")
            note = f"printer refused: 0x{answer.code:04x} {said}"
            raise _Refused(note.strip(), surely_nothing=nothing)
        return answer

    def _post(self, body: bytes) -> bytes:
        deadline_s = self._monotonic_s() + self._limits.answer_s
        link = http.client.HTTPConnection(
            self._host, self._port, timeout=self._limits.answer_s
        )
        try:
            try:
                link.connect()
            except OSError as error:
                raise _NotSent(f"no connection to the printer: {error}") from error
            try:
                headers = {"Content-Type": "application/ipp"}
                link.request("POST", self._path, body, headers)
                answer = link.getresponse()
                read = self._read(answer, deadline_s)
            except (OSError, http.client.HTTPException) as error:
                raise _Lost(f"{type(error).__name__} {error}".strip()) from error
        finally:
            link.close()
        if answer.status != http.client.OK:
            refused = 400 <= answer.status < 500
            raise _Refused(f"HTTP {answer.status}", surely_nothing=refused)
        return read

    def _read(self, answer: http.client.HTTPResponse, deadline_s: float) -> bytes:
        """The body, within the limits of bytes and of time."""
        read = b""
        while chunk := answer.read1(_READ_BYTES):
            read += chunk
            if len(read) > self._limits.answer_bytes_max:
                raise _Lost("the answer is too long")
            if self._monotonic_s() > deadline_s:
                raise _Lost("the answer takes too long")
        return read


def _parse_uri(uri: str) -> tuple[str, str, int, str]:
    parts = urlsplit(uri)
    try:
        port = parts.port or 631
    except ValueError:
        port = 0
    if parts.scheme != "ipp" or not parts.hostname or not port:
        raise Refusal(
            "bad_printer_uri",
            id=f"Alamat printer {uri!r} tidak bisa dipakai. "
            "Tulis seperti ipp://192.0.2.7:631/ipp/print.",
            en=f"The printer address {uri!r} cannot be used. "
            "Write it like ipp://192.0.2.7:631/ipp/print.",
        )
    return uri, parts.hostname, port, parts.path or "/ipp/print"


def _check(job: CardJob) -> None:
    """Refuse a job no printer should see."""
    if not 1 <= len(job.name) <= JOB_NAME_CHARS_MAX or not job.name.isascii():
        raise Refusal(
            "bad_job_name",
            id="Nama tugas cetak tidak sah. Tidak ada kartu yang terpakai.",
            en="The name of the print job is not valid. No card was used.",
        )
    if not job.image.startswith(_PNG) or len(job.image) > CARD_PNG_BYTES_MAX:
        raise Refusal(
            "bad_card_image",
            id="Gambar kartu bukan PNG atau terlalu besar. Tidak ada kartu yang terpakai.",
            en="The card's image is not a PNG or is too large. No card was used.",
        )
