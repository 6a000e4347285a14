"""What the pages of the field need of the node: the laptop beside it, sticks, and a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from perahu.trips.actions import TripPlan
from perahu.trips.reads_visits import DesaCount, Visits
from perahu.trips.rules import Wanted
from perahu.web.post.ports import Stick
from perahu.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRun:
    """A bag being packed or a file being read, or how the last one ended."""

    kind: str
    """"out", "in" or "back"."""
    is_running: bool
    trip: bytes = b""
    done: int = 0
    total: int = 0
    says: tuple[Words, ...] = ()
    trouble: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TripFile:
    """The file last written for a trip, or for the way back."""

    names: tuple[str, ...]
    check_words: tuple[str, ...]
    size_bytes: int
    at_ms: int
    is_here: bool
    """It lies in this computer, to be fetched by a browser."""


class Field(Protocol):
    """The field laptop and the office beside it, as this node meets them."""

    @property
    def goes_out(self) -> bool:
        """This node is the laptop."""

    def neighbours(self) -> list[tuple[bytes, str]]:
        """The laptops of an office, or the offices of a laptop, by name."""

    def sticks(self) -> list[Stick]:
        """What is plugged in and can be written."""

    def desa_counts(self) -> list[DesaCount]:
        """Every desa of this node's wilayah in numbers."""

    def visits(self, desa: str) -> Visits:
        """Whom to visit there."""

    def remarks(self, plan: TripPlan) -> list[Words]:
        """What is missing for a trip."""

    def begin_out(self, officer: bytes, wanted: Wanted, stick: str) -> None:
        """Begin a trip. Raises Refusal "field_busy", "no_stick"."""

    def begin_again(self, officer: bytes, trip: bytes, stick: str) -> None:
        """Go on with a trip and write its file once more."""

    def begin_in(self, officer: bytes, stick: str) -> None:
        """Read what is for us on a stick, and take what came."""

    def take(self, officer: bytes) -> None:
        """Take what came by the road. Raises Refusal."""

    def begin_upload(self, officer: bytes, name: str, pieces: Iterable[bytes]) -> None:
        """The same with a file that a browser brings. Raises Refusal "too_big"."""

    def begin_back(
        self,
        officer: bytes,
        to: bytes,
        stick: str,
        counted: Mapping[str, int],
        reason: str,
    ) -> None:
        """Send back what was not used."""

    def count_in(self, officer: bytes, transfer: bytes, count: int) -> None:
        """Note what was counted of a stock transfer. Raises Refusal."""

    def settle(self, officer: bytes) -> None:
        """Close the trips of which nothing is out."""

    def run(self) -> FieldRun | None:
        """The run of now or the last one; None before the first."""

    def file_of(self, trip: bytes) -> TripFile | None:
        """The file last written for a trip; b"" is the way back."""

    def content(self, file: str) -> Iterable[bytes]:
        """The bytes of a file that waits to be fetched. Raises Refusal "no_letter"."""
