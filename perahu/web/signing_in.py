"""Signing in at a desk, in the dark: a name, a PIN, no network (design.md 6)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from perahu.keys.authority import Grant
from perahu.keys.certificates import covers
from perahu.web import drafts
from perahu.web.gate import COOKIE, next_of, seat, sessions_of
from perahu.web.routes import Route, Who
from perahu.web.visits import Visit, int_of, visit_of, why_not
from perahu.words import Refusal, Words

_NOT_HERE = Words(
    "Hak petugas ini tidak berlaku di sini hari ini; tidak ada yang diubah. Hubungi "
    "kabupaten.",
    "This operator's grant does not hold here today; nothing was changed. Call the "
    "kabupaten.",
)
_UNLIKE = Refusal(
    "unlike_pins",
    id="Kedua PIN tidak sama; belum ada yang disimpan. Ketik PIN yang sama dua kali.",
    en="The two PINs are not alike; nothing was saved yet. Type the same PIN twice.",
)


def sign_in(request: HttpRequest) -> HttpResponse:
    """The first page: who are you, and your PIN."""
    visit = visit_of(request)
    if visit.grant is not None:
        return redirect(next_of(request))
    error = None
    if request.method == "POST":
        try:
            return _signed_in(request, visit)
        except Refusal as refusal:
            error = refusal.words
    shown = {
        "operators": _operators(visit),
        "chosen": request.POST.get("login", ""),
        "desks": visit.office.desks,
        "desk": request.POST.get("desk") or request.COOKIES.get("meja", "1"),
        "next": next_of(request),
        "error": error,
    }
    return render(request, "perahu/sign_in.html", shown, status=409 if error else 200)


def _signed_in(request: HttpRequest, visit: Visit) -> HttpResponse:
    office = visit.office
    operator = office.sign_in(
        request.POST.get("login", ""), request.POST.get("pin", "")
    )
    desks = max((1, *office.desks))
    desk = int_of(request.POST.get("desk") or "1", desks, 1)
    # A new name for the cookie at every sign-in; what an old one waits for goes with it.
    old = request.COOKIES.get(COOKIE, "")
    sessions = sessions_of(request)
    session = sessions.open(operator, desk)
    seat(visit, session)
    if visit.grant is None or why_not(visit, ()) is not None:
        sessions.close(session.name)
        raise Refusal("not_here", id=_NOT_HERE.id, en=_NOT_HERE.en)
    sessions.close(old)
    drafts.remember(office.journal, session.name, operator, office.now().wall_ms)
    if drafts.owner(office.journal, old) != operator:
        # Forms that another operator left open in this browser are not sent as hers.
        rotate_token(request)
    answer = HttpResponseRedirect(next_of(request))
    drafts.move(office.journal, urlsplit(next_of(request)).path, old, session.name)
    answer.set_cookie(COOKIE, session.name, httponly=True, samesite="Strict")
    answer.set_cookie("meja", str(desk), max_age=365 * 86400, samesite="Strict")
    return answer


def unlock(request: HttpRequest) -> HttpResponse:
    """The page after a while without a hand on it: the same operator's PIN."""
    visit = visit_of(request)
    session = visit.session
    if session is None:
        return redirect(reverse("sign-in"))
    if not session.is_locked:
        return redirect(next_of(request))
    grant = visit.office.journal.authority.grant(session.operator)
    error = None
    if request.method == "POST" and grant is not None:
        try:
            visit.office.sign_in(grant.login, request.POST.get("pin", ""))
            sessions_of(request).unlock(session)
            return HttpResponseRedirect(next_of(request))
        except Refusal as refusal:
            error = refusal.words
    shown = {"operator": grant, "next": next_of(request), "error": error}
    return render(request, "perahu/unlock.html", shown, status=409 if error else 200)


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """She leaves the desk for a moment."""
    visit = visit_of(request)
    assert visit.session is not None
    visit.session.is_locked = True
    return redirect(f"{reverse('unlock')}?next={next_of(request)}")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """She is done; what is recorded stays recorded."""
    sessions_of(request).close(request.COOKIES.get(COOKIE, ""))
    answer = redirect(reverse("sign-in"))
    answer.delete_cookie(COOKIE, samesite="Strict")
    return answer


def set_pin(request: HttpRequest) -> HttpResponse:
    """The first PIN at this node, with the one-time code of the grant."""
    visit = visit_of(request)
    error = None
    if request.method == "POST":
        try:
            if request.POST.get("pin") != request.POST.get("pin2"):
                raise _UNLIKE
            visit.office.set_pin(
                request.POST.get("login", ""),
                request.POST.get("code", ""),
                request.POST.get("pin", ""),
            )
            return redirect(f"{reverse('sign-in')}?baru=1")
        except Refusal as refusal:
            error = refusal.words
    shown = {
        "operators": _operators(visit),
        "chosen": request.POST.get("login", ""),
        "error": error,
    }
    return render(request, "perahu/set_pin.html", shown, status=409 if error else 200)


@require_safe
def office_certificate(request: HttpRequest) -> HttpResponse:
    """What browsers of this office import once, as the import sheet says."""
    found = visit_of(request).office.authority_certificate()
    if found is None:
        raise Http404
    answer = HttpResponse(found, content_type="application/x-x509-ca-cert")
    answer["Content-Disposition"] = 'attachment; filename="ca-kantor.crt"'
    return answer


def _operators(visit: Visit) -> list[tuple[Grant, bool]]:
    """Whose grant is for this place, and whether she has a PIN here."""
    here = visit.place
    found = []
    for grant in visit.office.journal.authority.operators():
        is_here = covers(grant.wilayah, here) or (
            visit.office.serves_people
            and any(covers((here,), code) for code in grant.wilayah)
        )
        if is_here:
            found.append((grant, visit.office.has_pin(grant.operator)))
    return found


ROUTES = (
    Route(path="masuk", name="sign-in", view=sign_in, who=Who.ANYBODY, is_slow=True),
    Route(
        path="masuk/pin-baru",
        name="set-pin",
        view=set_pin,
        who=Who.ANYBODY,
        is_slow=True,
    ),
    Route(
        path="kantor.crt",
        name="office-certificate",
        view=office_certificate,
        who=Who.ANYBODY,
    ),
    Route(path="kunci", name="unlock", view=unlock, who=Who.ANYBODY, is_slow=True),
    Route(path="kunci/sekarang", name="lock", view=lock),
    Route(path="keluar", name="sign-out", view=sign_out, who=Who.ANYBODY),
)
