"""The gate before every page: language, who sits here, and whether she may.

1. The language and the look follow the address (`?lang=en`, `?tema=gelap`), then the
   cookie, then the node.
2. A page that is not in the table of routes does not exist; one that is asks for its rights.
3. A refusal becomes a page in words; a mistake in the program too, never a traceback.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from perahu.web import drafts
from perahu.web.ports import Office
from perahu.web.routes import Route, Who
from perahu.web.sessions import Session, Sessions
from perahu.web.visits import (
    Visit,
    begin,
    exists_here,
    visit_of,
    why_no_access,
)
from perahu.words import Refusal, Words

COOKIE = "perahu_sesi"
LANGUAGES = ("id", "en")
THEMES = ("otomatis", "terang", "gelap", "kontras")
_YEAR_S = 365 * 24 * 3600
_LOOPBACK = ("127.0.0.1", "::1")
SESSIONS_KEY = "perahu.sessions"
"""Where a request's WSGI environment holds the node's sessions."""

Answer = Callable[[HttpRequest], HttpResponseBase]

NOT_HERE = Words(
    "Halaman ini tidak ada di simpul ini. Tidak ada yang diubah; kembali ke Beranda.",
    "There is no such page at this node. Nothing was changed; go back home.",
)
_ONLY_SENT = Words(
    "Alamat ini hanya menerima isian dari halamannya. Tidak ada yang diubah; teruskan dari "
    "Beranda.",
    "This address only takes what its page sends. Nothing was changed; go on from home.",
)


TOO_LONG = Words(
    "Yang dikirim terlalu besar untuk halaman ini; tidak ada yang disimpan. Pilih berkas "
    "yang lebih kecil, lalu kirim lagi.",
    "What was sent is too big for this page; nothing was saved. Choose a smaller file, then "
    "send it again.",
)


class Gate:
    """Django's middleware, the only one of ours."""

    def __init__(self, get_response: Answer) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        visit = begin(request, *_chosen(request))
        zone = visit.office.journal.authority.policy.timezone
        with (
            translation.override(visit.language),
            timezone.override(zoneinfo.ZoneInfo(zone)),
        ):
            answer = self._answer(request)
            if answer.status_code == 405 and request.method == "GET":
                answer = say(request, _ONLY_SENT, status=405)
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers.setdefault("Referrer-Policy", "same-origin")
        _remember(request, answer, visit)
        return answer

    def process_view(
        self,
        request: HttpRequest,
        view: object,
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """None where the page may be shown; else what is said instead."""
        from perahu.web.urls import BY_NAME

        visit = visit_of(request)
        match = request.resolver_match
        route = BY_NAME.get(match.url_name or "") if match else None
        if route is None or not exists_here(route, visit.office):
            return say(request, NOT_HERE, status=404)
        if _is_too_long(request, route):
            return say(request, TOO_LONG, status=413)
        _find_session(request, visit, route)
        if route.who is Who.ANYBODY or _is_from_machine(request, route):
            return None
        if visit.grant is None:
            return _to_sign_in(request, visit)
        refusal = why_no_access(route, visit)
        if refusal is not None:
            return say(request, refusal.words, status=403)
        return None

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponseBase | None:
        """A refusal, or a mistake of ours, as a page in words."""
        if isinstance(error, Refusal):
            return say(request, error.words, status=409)
        if isinstance(error, Exception) and error.__class__.__name__ == "Http404":
            return None
        return say(request, visit_of(request).office.report_mistake(error), status=500)


def say(request: HttpRequest, words: Words, *, status: int) -> HttpResponse:
    """A page with one sentence and ways to go on."""
    back = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = ""
    shown = {"words": words, "status": status, "back": back}
    return render(request, "perahu/refused.html", shown, status=status)


def sessions_of(request: HttpRequest) -> Sessions:
    """The node's sessions."""
    found = request.META[SESSIONS_KEY]
    assert isinstance(found, Sessions)
    return found


def next_of(request: HttpRequest) -> str:
    """Where to go after signing in; only ever a page of this node."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours else reverse("home")


def seat(visit: Visit, session: Session) -> None:
    """Let this visit be hers, if her grant still is one."""
    grant = visit.office.journal.authority.grant(session.operator)
    visit.session = session
    visit.grant = None if session.is_locked else grant


def _find_session(request: HttpRequest, visit: Visit, route: Route) -> None:
    sessions = sessions_of(request)
    name = request.COOKIES.get(COOKIE, "")
    session = sessions.find(name)
    if session is None:
        return
    seat(visit, session)
    if visit.grant is not None and not route.is_poll:
        sessions.touch(session)
    if visit.grant is not None and request.method == "GET":
        visit.draft = drafts.take(visit.office.journal, request.path, name)


def _to_sign_in(request: HttpRequest, visit: Visit) -> HttpResponse:
    """To the PIN, and back here afterwards; what a form brought is kept."""
    name, back = request.COOKIES.get(COOKIE, ""), _page_of(request)
    if request.method == "POST" and name:
        drafts.keep(visit.office.journal, request, urlsplit(back).path, name)
    page = "unlock" if visit.session and visit.session.is_locked else "sign-in"
    where = f"{reverse(page)}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request"):
        # A part of a page cannot be a sign-in: htmx takes the whole page there.
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return HttpResponseRedirect(where)


def _page_of(request: HttpRequest) -> str:
    """The page somebody was at: of a part of a page, or of a form, the one around it."""
    is_part = bool(request.headers.get("HX-Request"))
    if request.method == "GET" and not is_part:
        return request.get_full_path()
    around = request.headers.get("HX-Current-URL") or request.META.get(
        "HTTP_REFERER", ""
    )
    if url_has_allowed_host_and_scheme(around, {request.get_host()}):
        found = urlsplit(around)
        return f"{found.path}?{found.query}" if found.query else found.path or "/"
    return reverse("home") if is_part else request.path


def _is_too_long(request: HttpRequest, route: Route) -> bool:
    """Whether the body is longer than this page takes, or does not say how long it is."""
    if request.method != "POST":
        return False
    length = request.META.get("CONTENT_LENGTH") or "0"
    is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
    too_long = not length.isdecimal() or int(length) > route.upload_bytes_max
    return is_chunked or too_long


def _is_from_machine(request: HttpRequest, route: Route) -> bool:
    return route.who is Who.MACHINE and request.META.get("REMOTE_ADDR") in _LOOPBACK


def _chosen(request: HttpRequest) -> tuple[str, str]:
    office: Office = request.META["perahu.office"]
    lang = request.GET.get("lang") or request.COOKIES.get("lang", "")
    theme = request.GET.get("tema") or request.COOKIES.get("tema", "")
    return (
        lang if lang in LANGUAGES else office.language,
        theme if theme in THEMES else THEMES[0],
    )


def _remember(request: HttpRequest, answer: HttpResponseBase, visit: Visit) -> None:
    for name, chosen in (("lang", visit.language), ("tema", visit.theme)):
        if request.GET.get(name) == chosen:
            answer.set_cookie(name, chosen, max_age=_YEAR_S, samesite="Strict")
