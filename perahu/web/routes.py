"""Every page, in one table: its address, its view, who may see it, and where it exists.

What is not in this table does not answer (`gate`): access is denied by default, and the
tests walk this table with every role at every place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.http import HttpResponseBase

FORM_BYTES_MAX = 8_000_000
"""A photo stays in memory: what a person looks like never touches a disk unsealed. Django
writes a longer upload to a file, so only sealed ones may be longer."""
FILE_BYTES_MAX = 1_200_000_000
"""A part of a courier file and what is around it."""

View = Callable[..., HttpResponseBase]


class Where(Enum):
    """At which nodes a page exists."""

    ANYWHERE = "anywhere"
    OFFICE = "office"
    """Where people are served: kecamatan and field laptop."""
    HUB = "hub"
    """Where the kabupaten decides."""


class Who(Enum):
    """Who may see a page, where rights do not say it."""

    ANYBODY = "anybody"
    """No sign-in: the sign-in itself, a citizen's question."""
    MACHINE = "machine"
    """No sign-in from this computer itself; others must sign in."""
    OPERATOR = "operator"
    """Whoever signed in here with a grant for this place."""
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row."""

    path: str
    name: str
    view: View
    rights: tuple[str, ...] = ()
    """Any one of these rights (perahu.kinds.RIGHTS) opens the page."""
    who: Who = Who.OPERATOR
    where: Where = Where.ANYWHERE
    menu: object = ""
    """Its word in the menu (gettext_lazy); "" for a page that others lead to."""
    upload_bytes_max: int = FORM_BYTES_MAX
    """The largest body of a form sent here; more is refused before it is read."""
    is_slow: bool = False
    """Its answer waits for a device, or for the check of a PIN, which is slow on purpose."""
    is_poll: bool = False
    """Asked by the page itself, not by a hand: does not keep the session awake."""
