"""The citizen's page: a register number, a birth date, one sentence; from any phone.

- No sign-in, no cookie, no script; all of it is a few kilobytes, for a 2G phone.
- Wrong number and wrong date are told with the same words, after the same questions to
  the tables, and only so often: nobody learns here who was recorded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import date, datetime
from weakref import WeakKeyDictionary

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from perahu.cards import reads as cards
from perahu.cards import reads_desk as card_rows
from perahu.cards import reads_stock as stock
from perahu.cards.reads_desk import Card
from perahu.enrolment import reads_desk
from perahu.enrolment import rules_citizen as rules
from perahu.enrolment.reads_desk import OnDesk
from perahu.enrolment.rules_citizen import CitizenCard, CitizenView
from perahu.people import reads as people
from perahu.web.cards.words import office_name
from perahu.web.desk.search import register_number
from perahu.web.ports import Office
from perahu.web.routes import Route, Who
from perahu.web.visits import Visit, visit_of
from perahu.words import Words

WRONG_MAX, WRONG_ALL_MAX = 5, 100
"""Wrong answers in a window: from one address, and from all together."""
WINDOW_S = 15 * 60.0
ADDRESSES_MAX = 1_000
_NOBODY = bytes(12)


class Patience:
    """How often somebody answered wrongly, by address and in all; in memory alone."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._by_address: dict[str, deque[float]] = {}
        self._all: deque[float] = deque(maxlen=WRONG_ALL_MAX)

    def is_worn_out(self, address: str) -> bool:
        """Whether this address has to wait."""
        since = self._monotonic_s() - WINDOW_S
        mine = self._by_address.get(address)
        is_full = mine is not None and len(mine) == WRONG_MAX and mine[0] > since
        return is_full or (len(self._all) == WRONG_ALL_MAX and self._all[0] > since)

    def note_wrong(self, address: str) -> None:
        """One more; of very many addresses those unused longest are forgotten."""
        now = self._monotonic_s()
        mine = self._by_address.pop(address, None) or deque(maxlen=WRONG_MAX)
        mine.append(now)
        self._by_address[address] = mine
        self._all.append(now)
        while len(self._by_address) > ADDRESSES_MAX:
            del self._by_address[next(iter(self._by_address))]


_patience: WeakKeyDictionary[Office, Patience] = WeakKeyDictionary()


@csrf_exempt  # it changes nothing and knows nobody: there is no session to ride on
@require_http_methods(["GET", "HEAD", "POST"])
def citizen(request: HttpRequest) -> HttpResponse:
    """The form, and under it the sentence."""
    visit = visit_of(request)
    shown: dict[str, object] = {"typed": request.POST}
    words: Words | None = None
    if request.method == "POST":
        words = _answer(request, visit)
        shown["words"] = words
        shown["is_found"] = words not in (rules.NOT_FOUND, rules.TOO_OFTEN)
    status = 429 if words is rules.TOO_OFTEN else 200
    return render(request, "perahu/citizen/citizen.html", shown, status=status)


def _answer(request: HttpRequest, visit: Visit) -> Words:
    office = visit.office
    patience = _patience.setdefault(office, Patience(office.monotonic_s))
    address = request.META.get("REMOTE_ADDR", "")
    if patience.is_worn_out(address):
        return rules.TOO_OFTEN
    found = told(office, request.POST.get("nomor", "")[:60], _born(request))
    if found is None:
        patience.note_wrong(address)
        return rules.NOT_FOUND
    return found


def _born(request: HttpRequest) -> date | None:
    parts = [request.POST.get(name, "").strip() for name in ("tahun", "bulan", "hari")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 5 for part in parts):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def told(office: Office, typed: str, born: date | None) -> Words | None:
    """The sentence, or None where number and date do not fit together.

    The same questions are asked of the tables where the number is wrong and where only the
    date is: how long the answer takes says nothing of what was wrong.
    """
    number = register_number(typed) or "0"
    rows = reads_desk.by_number(number)
    persons = [one.state.person for one in rows] or [_NOBODY]
    known = people.residents(persons)
    orders = card_rows.of_persons(persons)
    found: Words | None = None
    for one in rows:
        who = known.get(one.state.person)
        mine = [card for card in orders if card.person == one.state.person]
        if who is not None and who.biodata.tanggal_lahir == born:
            found = rules.sentence(view_of(office, one, mine))
    return found


def view_of(office: Office, one: OnDesk, orders: list[Card]) -> CitizenView:
    """A recording and its card, as far as the owner may know."""
    return CitizenView(
        place=office_name(office, one.state.node.hex()),
        is_whole=one.state.whole,
        recalled=one.recalled,
        sent_on=_day(one.sent_ms) if one.submitted else None,
        status=one.status,
        other_nik=one.other_nik,
        card=_card(office, orders),
    )


_STATES = {
    cards.TO_HAND_OVER: rules.READY,
    cards.HANDED_OVER: rules.HANDED_OVER,
    cards.QUEUED: rules.QUEUED,
    cards.LOOK: rules.QUEUED,
    cards.MOVING: rules.MOVING,
    cards.CARD_MOVING: rules.MOVING,
    cards.HELD_BACK: rules.HELD,
}
"""In the order in which one of several counts; an uncertain print is still to come."""


def _card(office: Office, orders: list[Card]) -> CitizenCard | None:
    ranked = list(_STATES)
    counting = [one for one in orders if one.state in _STATES]
    card = min(counting, key=lambda one: ranked.index(one.state), default=None)
    if card is None:
        return None
    node = office.journal.node_id
    # Only where cards are printed is the queue, and the stock of blanko, this node's own.
    place = card_rows.place_in_queue(card.order) if office.serves_people else 0
    return CitizenCard(
        state=_STATES[card.state],
        place=place,
        queued=card_rows.counts_here(node).get(cards.QUEUED, 0) if place else 0,
        blanko=stock.on_hand(node) if place else 0,
        handed_on=_day(card.handed_ms) if card.handed_ms else None,
    )


def _day(wall_ms: int) -> date:
    zone = timezone.get_current_timezone()
    return datetime.fromtimestamp(wall_ms / 1000, zone).date()


ROUTES = (
    Route(path="warga", name="citizen", is_slow=True, view=citizen, who=Who.ANYBODY),
)
