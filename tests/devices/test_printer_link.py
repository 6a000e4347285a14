"""What a link or a printer can do to an exchange, and what we may conclude from it."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from perahu.devices import ipp_wire as wire
from perahu.devices.ipp import IppLimits, IppPrinter
from perahu.devices.ipp_wire import Message
from perahu.words import Refusal
from tests.devices.printers import (
    HandClock,
    Reply,
    card_job,
    http_reply,
    job_attributes,
    rote_printer,
    said,
)

JOB = job_attributes(state=5, sides=0, cards=0)


def broken(_request: Message) -> bytes | None:
    """Break the connection off."""
    return None


def nonsense(_request: Message) -> bytes | None:
    """Answer with what is not IPP."""
    return http_reply(b"<html>busy</html>")


def code(status: int) -> Reply:
    """Answer with this IPP status."""
    return lambda request: said(request, code=status)


def http(status: str) -> Reply:
    """Answer with this HTTP status."""
    return lambda _request: http_reply(b"", status=status)


@pytest.mark.parametrize("reply", [broken, nonsense, code(0x0400), code(0x0500)])
@pytest.mark.parametrize(
    "operation", [wire.GET_JOBS, wire.GET_PRINTER_ATTRIBUTES, wire.CREATE_JOB]
)
def test_it_never_began_before_the_document(operation: int, reply: Reply) -> None:
    """Whatever fails before the document leaves us, no card was fed."""
    with rote_printer({operation: reply}) as desk:
        assert desk.printer.print(card_job()).outcome == "never_began"
        assert wire.SEND_DOCUMENT not in desk.asked


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (broken, "uncertain"),
        (nonsense, "uncertain"),
        (code(0x0500), "uncertain"),
        (http("502 Bad Gateway"), "uncertain"),
        (code(wire.FORMAT_NOT_SUPPORTED), "never_began"),
        (code(wire.BUSY), "never_began"),
        (code(wire.NOT_ACCEPTING_JOBS), "never_began"),
        (http("413 Content Too Large"), "never_began"),
    ],
)
def test_it_is_uncertain_once_the_document_left(reply: Reply, outcome: str) -> None:
    """After the document only a clear no is a no; nothing is ever sent again."""
    with rote_printer({wire.SEND_DOCUMENT: reply}) as desk:
        assert desk.printer.print(card_job()).outcome == outcome
        assert desk.asked.count(wire.SEND_DOCUMENT) == 1
        assert desk.asked.count(wire.CREATE_JOB) == 1


def test_it_asks_again_after_a_lost_answer_about_the_job() -> None:
    """Asking about a job changes nothing, so a lost answer is asked for again."""
    replies: list[Callable[[Message], bytes | None]] = [broken, nonsense]

    def flaky(request: Message) -> bytes | None:
        if replies:
            return replies.pop(0)(request)
        return said(request, job_attributes(state=9, sides=1, cards=1))

    with rote_printer({wire.GET_JOB_ATTRIBUTES: flaky}) as desk:
        assert desk.printer.print(card_job()).outcome == "printed"
        assert desk.asked.count(wire.SEND_DOCUMENT) == 1


def test_it_gives_up_on_a_printer_that_falls_silent() -> None:
    """No answer about the job within the limit is uncertain."""
    with rote_printer({wire.GET_JOB_ATTRIBUTES: broken}) as desk:
        outcome = desk.printer.print(card_job())
        assert outcome.outcome == "uncertain"
        assert sum(desk.clock.waits) <= 21.0


def test_it_takes_back_a_job_that_only_waited() -> None:
    """A job still queued at the limit is cancelled: surely no card was fed."""
    state = {"now": 3}

    def cancelled(request: Message) -> bytes | None:
        state["now"] = 7
        return said(request)

    replies: dict[int, Reply] = {
        wire.GET_JOB_ATTRIBUTES: lambda request: said(
            request, job_attributes(state=state["now"], sides=0, cards=0)
        ),
        wire.CANCEL_JOB: cancelled,
    }
    with rote_printer(replies) as desk:
        assert desk.printer.print(card_job()).outcome == "never_began"


def test_it_is_uncertain_when_the_cancelling_is_not_confirmed() -> None:
    """A queued job that may still come to life is not called unbegun."""
    replies: dict[int, Reply] = {
        wire.GET_JOB_ATTRIBUTES: lambda request: said(
            request, job_attributes(state=3, sides=0, cards=0)
        ),
        wire.CANCEL_JOB: broken,
    }
    with rote_printer(replies) as desk:
        assert desk.printer.print(card_job()).outcome == "uncertain"


def test_it_is_uncertain_when_the_job_stays_alive_after_cancelling() -> None:
    """Cancelled by its answer, but still queued by its state: nobody knows."""
    replies: dict[int, Reply] = {
        wire.GET_JOB_ATTRIBUTES: lambda request: said(
            request, job_attributes(state=3, sides=0, cards=0)
        ),
        wire.CANCEL_JOB: said,
    }
    with rote_printer(replies) as desk:
        assert desk.printer.print(card_job()).outcome == "uncertain"


def test_it_needs_a_job_id() -> None:
    """A printer that makes a job without an id is sent no document."""
    with rote_printer({wire.CREATE_JOB: said}) as desk:
        assert desk.printer.print(card_job()).outcome == "never_began"
        assert wire.SEND_DOCUMENT not in desk.asked


def test_it_does_not_take_the_answer_to_another_request() -> None:
    """An answer with another request id is no answer."""

    def another(request: Message) -> bytes | None:
        return said(Message(request.code, request.request_id + 1, ()), JOB)

    with rote_printer({wire.SEND_DOCUMENT: another}) as desk:
        assert desk.printer.print(card_job()).outcome == "uncertain"


def test_it_reads_no_endless_answer() -> None:
    """An answer over the limit is not read to its end."""
    long = http_reply(b"\0" * (IppLimits().answer_bytes_max + 1))
    with rote_printer({wire.GET_PRINTER_ATTRIBUTES: lambda _request: long}) as desk:
        state = desk.printer.state()
        assert state.reasons == ("unreachable", "the answer is too long")


def test_it_does_not_wait_for_a_dripping_answer() -> None:
    """An answer that comes byte by byte is cut off at the limit of time."""

    def ticking() -> Callable[[], float]:
        clock = HandClock()

        def monotonic_s() -> float:
            clock.wait(3.0)
            return clock.now_s

        return monotonic_s

    with rote_printer({}) as desk:
        slow = IppPrinter(
            desk.printer._uri,
            wait=desk.clock.wait,
            monotonic_s=ticking(),
            limits=IppLimits(answer_s=2.0),
        )
        assert slow.state().reasons == ("unreachable", "the answer takes too long")


def test_it_times_out_on_a_printer_that_accepts_and_says_nothing() -> None:
    """A dead socket costs no more than the limit of one exchange."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        clock = HandClock()
        printer = IppPrinter(
            f"ipp://127.0.0.1:{listener.getsockname()[1]}",
            wait=clock.wait,
            monotonic_s=clock.monotonic_s,
            limits=IppLimits(answer_s=0.2),
        )
        assert printer.state().reasons[0] == "unreachable"


@pytest.mark.parametrize(
    "uri", ["", "http://127.0.0.1/", "ipps://127.0.0.1/", "ipp://", "ipp://h:99999/"]
)
def test_it_refuses_an_address_that_is_none(uri: str) -> None:
    """An address that cannot work is refused in words at once."""
    clock = HandClock()
    with pytest.raises(Refusal, match="bad_printer_uri"):
        IppPrinter(uri, wait=clock.wait, monotonic_s=clock.monotonic_s)
