"""Every page × every role × three places: who is let in, who is not, and denied by default.

The table here is written by hand from the actors of the domain, not read from the routes:
a route that is not in it fails, and so does one that lets in who should not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client

from perahu.kinds import RIGHTS
from perahu.node.actions import GrantPlan, grant_operator
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.web.gate import COOKIE
from perahu.web.urls import BY_NAME, ROUTES
from tests.cast import carry
from tests.node.desk.town import Town
from tests.web.conftest import Printing, open_pages
from tests.web.expected import EXPECTED, Expected
from tests.web.seats import address, seat_at

ROLES: dict[str, tuple[tuple[str, ...], bool]] = {
    "OPERATOR_DESA": (("intake",), False),
    "PENDUKUNG_LOKET": (("intake", "hand_over"), False),
    "OPERATOR_REKAM": (("record",), False),
    "OPERATOR_CETAK": (("print",), False),
    "BENDAHARA_BLANKO": (("stock",), False),
    "VERIFIKATOR": (("verify",), False),
    "KASI": (("intake", "record", "print", "hand_over", "verify"), False),
    "KEPALA_DINAS": (("sign", "verify", "audit"), True),
    "ADB": (("audit",), False),
    "AUDITOR": (("audit",), False),
}
"""The actors of domain.md 12 by their rights, and whether they supervise."""

PLACES = {"own": "170301", "other": "170312", "hub": "1703"}
"""Where the operator's grant is for, seen from Enggano; `hub` sits at the hub itself."""


OF_THE_PAGE = {
    "office-certificate": "absent",
    "worklist": "absent",
    "unlock": "sign-in",
}
"""What these say themselves to whom they let in: no such file, no such list for her, and
nobody here has a locked screen."""


@dataclass(frozen=True)
class Scene:
    """A node with one operator of each role, signed in."""

    office: Office
    client: Client
    cookies: dict[str, str]


@pytest.fixture
def scenes(printing: Printing) -> Iterator[dict[str, Scene]]:
    """Enggano and the hub, with every role for every place."""
    town = printing.town
    logins = _grant_all(town)
    with ExitStack() as stack:
        found: dict[str, Scene] = {}
        for name in ("enggano", "hub"):
            office = stack.enter_context(open_pages(town, name))
            seat = stack.enter_context(seat_at(office))
            sessions = seat.sessions
            cookies = {}
            for key, login in logins.items():
                grant = office.authority.operator_by_login(login)
                assert grant is not None
                cookies[key] = sessions.open(grant.operator, 1).name
            found[name] = Scene(office, seat.client, cookies)
        yield found


def _grant_all(town: Town) -> dict[str, str]:
    """One operator for each role at each place, known at both nodes."""
    logins = {}
    with town.open("hub") as office:
        today = office.now().today
        for role, (rights, supervisor) in ROLES.items():
            for place, wilayah in PLACES.items():
                login = f"{role}.{place}".lower().replace("_", "")
                plan = GrantPlan(
                    login=login, name=f"{role} {place}", rights=rights,
                    wilayah=(wilayah,), valid_from=today,
                    valid_until=today + timedelta(days=30), decree="SK/9/2026",
                    supervisor=supervisor,
                )  # fmt: skip
                grant_operator(
                    office.journal, office.ask(), plan,
                    operator=system_random(8), activation=bytes(32),
                )  # fmt: skip
                logins[f"{role} {place}"] = login
        with town.open("enggano") as other:
            carry(
                office.journal,
                other.journal,
                audience=lambda audience: audience in (b"H0", other.journal.node_id),
            )
    return logins


def allowed(expected: Expected, key: str, node: str) -> str:
    """What the table says of this role at this node: open, sign-in, refused or absent."""
    if expected.where not in ("anywhere", {"enggano": "office", "hub": "hub"}[node]):
        return "absent"
    if expected.who in ("anybody", "machine"):
        return "open"
    if not key:
        return "sign-in"
    role, place = key.split()
    rights, is_supervisor = ROLES[role]
    # A grant for the whole kabupaten holds at its offices; one for an office not above.
    covers = place == "hub" or (node == "enggano" and place == "own")
    if not covers or (expected.who == "supervisor" and not is_supervisor):
        return "refused"
    has_right = not expected.rights or bool(set(expected.rights) & set(rights))
    return "open" if has_right else "refused"


def got(status: int, location: str) -> str:
    """What a page answered, in the words of `allowed`."""
    if status == 302 and location.startswith(("/masuk", "/kunci")):
        return "sign-in"
    return {403: "refused", 404: "absent"}.get(status, "open")


def test_it_says_of_every_page_who_may_see_it() -> None:
    """The table and the routes name the same pages; every right is one there is."""
    assert set(EXPECTED) == set(BY_NAME)
    for route in ROUTES:
        assert set(route.rights) <= set(RIGHTS)


def test_it_lets_in_whom_the_table_lets_in(scenes: dict[str, Scene]) -> None:
    """Each page, each role, each place, by GET and by POST; a refused POST writes nothing."""
    wrong, cells = [], 0
    for node, scene in scenes.items():
        heads = _heads(scene.office)
        for route in ROUTES:
            place = address(route, scene.office)
            for key in ("", *scene.cookies):
                wanted = allowed(EXPECTED[route.name], key, node)
                for method in ("get", "post"):
                    # What a page does with a form it takes is its own test's matter.
                    if method == "post" and (wanted == "open" or " own" in key):
                        continue
                    cells += 1
                    seen = _answer(scene, place, key, method)
                    if wanted == "open" and seen == OF_THE_PAGE.get(route.name):
                        continue
                    if seen != wanted:
                        wrong.append(f"{node} {route.name} {method} {key or 'nobody'}: "
                                     f"{seen}, not {wanted}")  # fmt: skip
        assert _heads(scene.office) == heads
    assert cells > 40 * len(ROUTES)
    assert not wrong, "\n".join(wrong[:40])
    print(f"access matrix: {len(ROUTES)} routes, {cells} cells")


def _answer(scene: Scene, place: str, key: str, method: str) -> str:
    # A page for this machine alone is asked from another one.
    scene.client.cookies.clear()
    if key:
        scene.client.cookies[COOKIE] = scene.cookies[key]
    answer = getattr(scene.client, method)(place)
    return got(answer.status_code, answer.get("Location", ""))


def _heads(office: Office) -> dict[bytes, int]:
    return {row.id: row.head_seq for row in office.journal.journals() if row.own}


def test_it_asks_others_than_this_machine_to_sign_in(
    scenes: dict[str, Scene],
) -> None:
    """The state of a node is open on its own computer, and behind the PIN on the LAN."""
    client = scenes["enggano"].client
    client.cookies.clear()
    assert client.get("/status.json").status_code == 200
    answer = client.get("/status.json", REMOTE_ADDR="192.168.1.40")
    assert got(answer.status_code, answer["Location"]) == "sign-in"


def test_it_refuses_a_form_without_its_token(scenes: dict[str, Scene]) -> None:
    """Another site cannot send a form in an operator's name."""
    scene = scenes["enggano"]
    strict = Client(enforce_csrf_checks=True)
    strict.defaults.update(scene.client.defaults)
    strict.cookies[COOKIE] = scene.cookies["KASI own"]
    answer = strict.post("/kunci/sekarang")
    assert answer.status_code == 403 and "Muat ulang" in answer.content.decode()


def test_it_ends_with_the_grant(scenes: dict[str, Scene], printing: Printing) -> None:
    """Who is revoked in the middle of a session sees no page more."""
    from perahu.node.actions import revoke_grant

    hub = scenes["hub"]
    hub.client.cookies.clear()
    hub.client.cookies[COOKIE] = hub.cookies["KASI hub"]
    assert hub.client.get("/").status_code == 200
    office = hub.office
    with office.at_work():
        revoke_grant(office.journal, office.ask(), login="kasi.hub", reason="pindah")
    assert hub.client.get("/").status_code == 302
