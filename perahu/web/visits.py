"""One request as the pages see it: the office, who sits there, and how she wants it shown.

`gate` makes it; every view begins with `visit = visit_of(request)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest, QueryDict

from perahu.journal.types import Ask
from perahu.keys.authority import Grant
from perahu.keys.certificates import covers
from perahu.web.ports import KEY, Office
from perahu.web.routes import Route, Where, Who
from perahu.web.sessions import Session
from perahu.words import Refusal

_VISIT = "perahu.visit"
_OP_BYTES = 16


@dataclass(slots=True)
class Visit:
    """One request."""

    office: Office
    language: str
    theme: str
    session: Session | None = None
    grant: Grant | None = None
    """The grant of who sits here, while her session is open; None before sign-in."""
    draft: QueryDict = field(default_factory=QueryDict)
    """What she had typed into this form when her session ended."""

    @property
    def operator(self) -> bytes:
        """Who acts. Only pages that need a sign-in may ask."""
        assert self.session is not None and self.grant is not None
        return self.session.operator

    @property
    def desk(self) -> int:
        """The desk she sits at, from 1."""
        return self.session.desk if self.session else 1

    @property
    def place(self) -> str:
        """The wilayah this node stands for: the first one of its certificate."""
        return self.office.journal.certificate.wilayah[0]

    @property
    def place_name(self) -> str:
        """The same with its dots, as Indonesians write it: 17.03.01."""
        code = self.place
        return ".".join([code[i : i + 2] for i in range(0, min(len(code), 6), 2)])

    def may(self, *rights: str) -> bool:
        """Whether she holds any of these rights here, today."""
        return self.grant is not None and why_not(self, rights) is None

    def ask(self, op_id: bytes | None = None) -> Ask:
        """An ask of hers at this moment."""
        return self.office.ask(self.operator, op_id)


def visit_of(request: HttpRequest) -> Visit:
    """The visit that `gate` made of this request."""
    visit = request.META[_VISIT]
    assert isinstance(visit, Visit)
    return visit


def begin(request: HttpRequest, language: str, theme: str) -> Visit:
    """Make the visit of a request that has just come in."""
    visit = Visit(request.META[KEY], language, theme)
    request.META[_VISIT] = visit
    return visit


def exists_here(route: Route, office: Office) -> bool:
    """Whether this node has such a page at all."""
    return {
        Where.ANYWHERE: True,
        Where.OFFICE: office.serves_people,
        Where.HUB: office.decides,
    }[route.where]


def is_open_to(route: Route, visit: Visit) -> bool:
    """Whether a link to this page leads anywhere for who sits here."""
    if not exists_here(route, visit.office):
        return False
    return route.who in (Who.ANYBODY, Who.MACHINE) or (
        visit.grant is not None and why_no_access(route, visit) is None
    )


def why_no_access(route: Route, visit: Visit) -> Refusal | None:
    """Why who sits here may not see this page, or None."""
    if route.who is Who.SUPERVISOR and not (visit.grant and visit.grant.supervisor):
        return Refusal(
            "not_supervisor",
            id="Halaman ini hanya untuk atasan; tidak ada yang diubah.",
            en="This page is for supervisors only; nothing was changed.",
        )
    return why_not(visit, route.rights)


def why_not(visit: Visit, rights: tuple[str, ...]) -> Refusal | None:
    """Why she may not do any of this here today, or None; without rights: not work here.

    An office with a whole kabupaten to travel is open to an operator of any part of it;
    each act there is still judged by where it takes place (`authority.judge`).
    """
    authority, today = visit.office.journal.authority, visit.office.now().today
    place = visit.place
    if visit.grant is not None and visit.office.serves_people:
        within = [code for code in visit.grant.wilayah if covers((place,), code)]
        place = within[0] if within else place
    refusal: Refusal | None = None
    for right in rights or ("",):
        try:
            authority.may(visit.operator, right, place, today)
            return None
        except Refusal as found:
            refusal = found
    return refusal


def op_of(request: HttpRequest) -> bytes:
    """The id of the operation that a form brought: sent twice, it is done once.

    Raises Refusal "bad_op" where a form lacks it.
    """
    text = request.POST.get("op", "")
    try:
        op = bytes.fromhex(text)
    except ValueError:
        op = b""
    if len(op) != _OP_BYTES:
        raise Refusal(
            "bad_op",
            id="Formulir ini tidak lengkap; tidak ada yang disimpan. Muat ulang halaman, "
            "lalu kirim lagi.",
            en="This form is not whole; nothing was saved. Reload the page, then send it "
            "again.",
        )
    return op


def int_of(text: str, most: int, least: int = 0) -> int:
    """A whole number that somebody typed. Raises Refusal "bad_number"."""
    plain = text.strip().replace(".", "")
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 10) or not (
        least <= int(plain) <= most
    ):
        upto = f"{most:,}".replace(",", ".")
        raise Refusal(
            "bad_number",
            id=f"Isi angka dari {least} sampai {upto}; belum ada yang disimpan.",
            en=f"Give a number from {least} to {most:,}; nothing was saved yet.",
        )
    return int(plain)


def hex_of(text: str, size: int) -> bytes:
    """An id out of an address. Raises Refusal "bad_id"."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != size:
        raise Refusal(
            "bad_id",
            id="Alamat halaman ini tidak lengkap; tidak ada yang diubah. Kembali ke "
            "Beranda, lalu pilih lagi.",
            en="This page's address is not whole; nothing was changed. Go back home, then "
            "choose again.",
        )
    return found
