"""The cases: what waits for a person at the hub, and the decision of one with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from perahu.cards import reads as orders
from perahu.cards import reads_stock as stock
from perahu.cards.reads import STATE_WORDS
from perahu.cards.rules import OrderState
from perahu.cards.rules_stock import Transfer
from perahu.cases import actions, reads
from perahu.cases.reads import CaseRow
from perahu.cases.rules import REASON_CHARS_MAX, decisions_for
from perahu.cases.rules_words import DECISION_WORDS, KIND_WORDS, CaseWords
from perahu.people import reads as people
from perahu.web.district.compare import groups_of, sides_of
from perahu.web.links import link
from perahu.web.ports import Office
from perahu.web.routes import Route, Where
from perahu.web.visits import Visit, hex_of, op_of, visit_of
from perahu.words import Refusal, Words

RIGHTS = ("verify",)
CASE_BYTES = 12
DECIDED_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One case in the list."""

    case: CaseRow
    words: CaseWords
    office: str
    decision: Words | None = None


@require_safe
def cases_page(request: HttpRequest) -> HttpResponse:
    """The cases that wait, oldest first, and the last ones decided."""
    office = visit_of(request).office
    shown = {
        "open": [_listed(one, office) for one in reads.open_cases()],
        "decided": [_listed(one, office) for one in reads.decided_cases(DECIDED_SHOWN)],
    }
    return render(request, "perahu/cases/list.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def case_page(request: HttpRequest, case: str) -> HttpResponse:
    """One case: what it is about, side by side, and the form that decides it."""
    visit = visit_of(request)
    found = reads.case(hex_of(case, CASE_BYTES))
    if found is None:
        raise _UNKNOWN
    error = None
    if request.method == "POST":
        try:
            _decide(request, visit, found)
            return redirect(reverse("case", args=[case]))
        except Refusal as refusal:
            error = refusal.words
    shown = {**_shown(visit, found), "error": error}
    shown["typed"] = request.POST.get("reason") or visit.draft.get("reason", "")
    shown["chosen"] = request.POST.get("decision") or visit.draft.get("decision", "")
    status = 409 if error else 200
    return render(request, "perahu/cases/case.html", shown, status=status)


def _decide(request: HttpRequest, visit: Visit, case: CaseRow) -> None:
    actions.decide_case(
        visit.office.journal,
        visit.ask(op_of(request)),
        case=case.case,
        decision=request.POST.get("decision", ""),
        reason=request.POST.get("reason", ""),
    )
    # Its office shall hear of it, and the centre's packet may go on.
    visit.office.look_now()


def _shown(visit: Visit, case: CaseRow) -> dict[str, object]:
    office = visit.office
    sides = sides_of(office, case.about)
    ending = reads.ending(case.case)
    grant = office.journal.authority.grant(ending.officer) if ending else None
    return {
        "case": case,
        "words": KIND_WORDS[case.kind],
        "office_name": _name_of(case.audience, office),
        "sides": [
            (one, link(visit, "person", one.story.state.person)) for one in sides
        ],
        "groups": groups_of(sides) if sides else [],
        "columns": 1 + len(sides),
        "orders": _orders(case, office),
        "transfer": _transfer(case, office),
        "choices": [
            (name, DECISION_WORDS[name], name.lower())
            for name in decisions_for(case.kind)
        ],
        "ending": ending,
        "ending_words": DECISION_WORDS[ending.decision] if ending else None,
        "ending_officer": grant.name if grant else "",
        "reason_max": REASON_CHARS_MAX,
    }


def _listed(case: CaseRow, office: Office) -> Listed:
    return Listed(
        case=case,
        words=KIND_WORDS[case.kind],
        office=_name_of(case.audience, office),
        decision=DECISION_WORDS[case.decision].name if case.decision else None,
    )


def _name_of(node_id: bytes, office: Office) -> str:
    node = office.journal.authority.node(node_id) if node_id else None
    return node.name if node else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSeen:
    """One card a case is about."""

    order: OrderState
    name: str
    nik: str
    office: str
    state: Words
    prints: int


def _orders(case: CaseRow, office: Office) -> Sequence[OrderSeen]:
    """The cards a case is about; of a recording's case the cards need no look."""
    if case.kind != "PRINTED_TWICE":
        return ()
    found = []
    for one in case.about:
        order = orders.order(one)
        if order is None:
            continue
        biodata = people.biodata(order.person)
        found.append(
            OrderSeen(
                order=order,
                name=biodata.nama if biodata else "",
                nik=biodata.nik if biodata else "",
                office=_name_of(order.holder, office),
                state=STATE_WORDS[orders.state(one)],
                prints=sum(1 for a in order.attempts if a.state == "printed"),
            )
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSeen:
    """The transfer a case is about."""

    transfer: Transfer
    sent_by: str
    to: str


def _transfer(case: CaseRow, office: Office) -> TransferSeen | None:
    found = stock.transfer(case.about[0]) if case.about else None
    if found is None or case.kind != "TRANSFER_DIFFERENCE":
        return None
    return TransferSeen(
        transfer=found,
        sent_by=_name_of(found.sent_by, office),
        to=_name_of(found.to, office),
    )


_UNKNOWN = Refusal(
    "unknown_case",
    id="Kasus ini tidak ada di buku ini; tidak ada yang diubah. Kembali ke daftar kasus.",
    en="This case is not in this book; nothing was changed. Go back to the list.",
)

ROUTES = (
    Route(
        path="kasus",
        name="cases",
        view=cases_page,
        rights=RIGHTS,
        where=Where.HUB,
        menu=_("Kasus"),
    ),
    Route(
        path="kasus/<str:case>",
        name="case",
        view=case_page,
        rights=RIGHTS,
        where=Where.HUB,
    ),
)
