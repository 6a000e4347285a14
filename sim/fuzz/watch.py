"""One try after another: what was raised, what it took, and what is kept for the people.

Time is the processor's own, so that a busy machine accuses nobody; memory is how far the
peak of the process rose. What fails is kept as bytes under the name of the reader, to
become a test (tests/sim/corpus/).
"""

from __future__ import annotations

import resource
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import process_time

from perahu.words import Refusal

TRY_S_MAX = 1.0
TRY_KB_MAX = 200 * 1024
HANG_S = 20.0
_KEPT_MAX = 200
_DEEPEST_LINES = 6


class NotBelieved(AssertionError):
    """Something was accepted that its author did not seal, or not told as it is."""


class TooLong(Exception):
    """A try that would never end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One try that went as no try may."""

    kind: str
    """accepted, crash or slow."""
    target: str
    content: bytes
    words: str

    @property
    def name(self) -> str:
        """What its bytes are called when they are kept."""
        return f"{self.kind}-{sha256(self.content).hexdigest()[:12]}.bin"


@dataclass
class Watch:
    """Counts the tries of one process, and says what was wrong with them."""

    keep: Path | None = None
    tries: Counter[str] = field(default_factory=Counter)
    """By target."""
    refused: Counter[str] = field(default_factory=Counter)
    """By target and code."""
    findings: list[Finding] = field(default_factory=list)
    slowest_s: float = 0.0

    @contextmanager
    def trying(
        self,
        target: str,
        content: Callable[[], bytes],
        refusals: tuple[type[Exception], ...] = (Refusal,),
    ) -> Iterator[None]:
        """One try. Whatever is no refusal is a finding, and so is too much of anything."""
        self.tries[target] += 1
        before_s, before_kb = process_time(), _peak_kb()
        signal.setitimer(signal.ITIMER_PROF, HANG_S)
        try:
            yield
        except refusals as refusal:
            self._refused(target, refusal)
        except NotBelieved as error:
            self.find("accepted", target, content(), str(error))
        except TooLong:
            self.find("slow", target, content(), f"more than {HANG_S} s")
        except Exception:  # noqa: BLE001 - this is what is looked for
            self.find("crash", target, content(), _last_lines())
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            took_s, grew_kb = process_time() - before_s, _peak_kb() - before_kb
            self.slowest_s = max(self.slowest_s, took_s)
            if took_s > TRY_S_MAX or grew_kb > TRY_KB_MAX:
                words = f"{took_s:.2f} s, {grew_kb // 1024} MB"
                self.find("slow", target, content(), words)

    def _refused(self, target: str, refusal: Exception) -> None:
        code = getattr(refusal, "code", type(refusal).__name__)
        self.refused[f"{target}: {code}"] += 1
        if isinstance(refusal, Refusal):
            words = refusal.words
            if not (words.id and words.en):
                raise AssertionError(f"{code} has no words")

    def find(self, kind: str, target: str, content: bytes, words: str) -> None:
        """Note a try that went as no try may, and keep its bytes."""
        found = Finding(kind, target, content, words)
        if len(self.findings) < _KEPT_MAX:
            self.findings.append(found)
        if self.keep is not None:
            folder = self.keep / target.replace(" ", "_")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / found.name).write_bytes(content)

    def count(self, kind: str) -> int:
        """How many findings of a kind there are."""
        return sum(one.kind == kind for one in self.findings)

    def add(self, other: Watch) -> None:
        """Take over what another process saw."""
        self.tries.update(other.tries)
        self.refused.update(other.refused)
        self.findings += other.findings
        self.slowest_s = max(self.slowest_s, other.slowest_s)


def heed_hangs() -> None:
    """Let a try that never ends be one that failed; once a process."""

    def stop(*_: object) -> None:
        raise TooLong

    signal.signal(signal.SIGPROF, stop)


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _last_lines() -> str:
    return "\n".join(traceback.format_exc().splitlines()[-_DEEPEST_LINES:])
