"""What we ask about people: who is this, who lives there, who sounds like that.

- `person` follows the hub's links: whoever asks with either id gets the one person.
- Nobody of an undone import is found, unless an office has acted for them since.
- A search never costs more than a bounded number of rows, whatever is typed: by number
  along an index, by name from the rarest word on, ranked over at most a few hundred.

Example: `search("soerjadi moch")` finds MUHAMMAD SURYADI.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.db import connections, router
from django.db.models import Count, Q

from perahu.people.facts import Biodata
from perahu.people.models import ImportBatch, Person, SoundToken
from perahu.people.reads_apply import (
    apply,
    biodata_of_row,
    by_key,
    history_of,
    order_key,
    told_by_row,
    undone_batches,
    values_by_key,
)
from perahu.people.rules import (
    OFFICE_DIGITS_MIN,
    Standing,
    fold,
    sound_beginnings,
    sound_tokens,
    sound_whole,
    standing,
)

__all__ = [
    "Known", "Imported", "imported", "imported_within",
    "apply", "order_key", "Resident", "ImportState", "person", "person_of", "biodata",
    "residents",
    "by_nik", "all_by_nik", "known_by_nik", "family", "search", "counts_by_desa",
    "import_state", "import_of_file", "imports", "residents_of_import",
]  # fmt: skip

SEARCH_CHARS_MAX = 100
SEARCH_TOKENS_MAX = 5
CANDIDATES_MAX = 300
NUMBER_DIGITS_MIN = 4
LINKS_MAX = 16
LIMIT_MAX = 100
_COMMON = 20_000
"""A word that so many people share is not counted further."""
_COMPLETIONS_MAX, _NEIGHBOURS_MAX = 24, 800
_SHOWN = ~Q(nama="") & (Q(undone=False) | Q(served=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """One person as this node knows them."""

    person: bytes
    biodata: Biodata
    batch: bytes
    """The import the data came with; b"" where a desk stated them."""
    order: str
    """The place of that statement (`order_key`)."""
    is_undone: bool
    is_served: bool
    same_as: bytes
    """The id that this one follows, or b""."""


class Known(NamedTuple):
    """A person whose NIK is known, and what was last stated whole, corrections apart."""

    person: bytes
    stated: Biodata | None


class Imported(NamedTuple):
    """One resident as an import stated them."""

    person: bytes
    batch: bytes
    biodata: Biodata


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportState:
    """One import and how it stands."""

    batch: bytes
    file_name: str
    file_hash: bytes
    rows: int
    """Residents that the import set out to take in."""
    begun_ms: int
    begun_op: bytes
    """The id of the ask that began it; `journal.receipt(begun_op)` is its receipt."""
    officer: bytes
    is_undone: bool
    reason: str


# --- persons -----------------------------------------------------------------------------


def person(person: bytes) -> Resident | None:
    """The person of this id, or of the id it follows; None where nothing is known."""
    leader = person_of(person)
    rows = by_key(Person, sorted({leader.hex(), person.hex()}))
    shown = {key: row for key, row in rows.items() if _is_shown(row)}
    row = shown.get(leader.hex()) or shown.get(person.hex())
    return _resident(row) if row else None


def _is_shown(row: Person) -> bool:
    """As `_SHOWN` says it to the tables."""
    return row.nama != "" and (not row.undone or row.served)


def residents(persons: Iterable[bytes]) -> dict[bytes, Resident]:
    """Those of these ids about whom something is known, in one question; links apart."""
    rows = Person.objects.filter(_SHOWN).in_bulk({one.hex() for one in persons})
    return {bytes.fromhex(key): _resident(row) for key, row in rows.items()}


def biodata(person_id: bytes) -> Biodata | None:
    """What stands of this person's biodata, or None where nothing is known."""
    found = person(person_id)
    return found.biodata if found else None


def person_of(person: bytes) -> bytes:
    """The id that stands for this person: the end of the hub's links."""
    seen = [person.hex()]
    for _ in range(LINKS_MAX):
        found = values_by_key(Person, ("same_as",), [seen[-1]])
        [same_as] = found.get(seen[-1], [""])
        if not same_as:
            return bytes.fromhex(seen[-1])
        if same_as in seen:
            break
        seen.append(same_as)
    # A circle of links has no end; every node picks the same member of it.
    return bytes.fromhex(min(seen))


def by_nik(nik: str) -> Resident | None:
    """The person with this NIK; of several the one whose data were stated last."""
    found = all_by_nik(nik)
    return found[0] if found else None


def all_by_nik(nik: str) -> list[Resident]:
    """Everybody with this NIK who is not another's second id; the last stated first."""
    rows = Person.objects.filter(_SHOWN, nik=nik).order_by("-stated_order")
    return [_resident(row) for row in _leaders(rows[:LIMIT_MAX])] if nik else []


def known_by_nik(niks: Sequence[str]) -> dict[str, Known]:
    """Persons by NIK for an import; those of undone imports too: their ids are used again."""
    rows = Person.objects.filter(nik__in=list(niks)).exclude(nama="")
    # Second ids first, so that of several the leading and latest stays.
    ordered = list(rows.order_by("-same_as_order", "stated_order"))
    told = _last_told(ordered)
    return {
        row.nik: Known(bytes.fromhex(row.person), told[row.person].biodata)
        for row in ordered
    }


def imported_within(scope: Sequence[str]) -> list[bytes]:
    """Who came by an import that counts and lives in an office's scope."""
    within = Q(pk__in=[])
    for code in scope:
        if len(code) >= OFFICE_DIGITS_MIN:
            within |= Q(wilayah__gte=code, wilayah__lt=_after(code))
    rows = Person.objects.filter(within, undone=False).exclude(batch="")
    return [
        bytes.fromhex(key) for key in rows.order_by("pk").values_list("pk", flat=True)
    ]


def imported(persons: Sequence[bytes]) -> list[Imported]:
    """What the last import that counts said of these persons, without corrections."""
    rows = Person.objects.filter(pk__in=[person.hex() for person in persons])
    told = _last_told(list(rows.order_by("pk")))
    return [
        Imported(bytes.fromhex(key), one.batch, one.biodata)
        for key, one in told.items()
        if one.biodata is not None and one.batch
    ]


def _last_told(rows: Sequence[Person]) -> dict[str, Standing]:
    """The last whole statement about each; without biodata where all are undone."""
    undone, history = undone_batches(), history_of(rows)
    found = {}
    for row in rows:
        statements = history.get(row.person) or told_by_row(row)
        whole = [s for s in statements if s.biodata and s.batch not in undone]
        found[row.person] = standing(whole, undone)
    return found


def family(no_kk: str) -> list[Resident]:
    """The members of a KK as the card lists them: by relation to the head, then by age."""
    if not no_kk:
        return []
    rows = Person.objects.filter(_SHOWN, no_kk=no_kk)
    ordered = rows.order_by("shdk", "tanggal_lahir", "person")
    return [_resident(row) for row in _leaders(ordered[:LIMIT_MAX])]


def counts_by_desa(prefix: str = "") -> dict[str, int]:
    """Residents by desa within a region."""
    rows = Person.objects.filter(_SHOWN, same_as="")
    if prefix:
        rows = rows.filter(wilayah__gte=prefix, wilayah__lt=_after(prefix))
    counted = rows.values_list("wilayah").annotate(Count("pk")).order_by("wilayah")
    return dict(counted)


def _resident(row: Person) -> Resident:
    return Resident(
        person=bytes.fromhex(row.person),
        biodata=biodata_of_row(row),
        batch=bytes.fromhex(row.batch),
        order=row.stated_order,
        is_undone=row.undone,
        is_served=row.served,
        same_as=bytes.fromhex(row.same_as),
    )


def _leaders(rows: Iterable[Person]) -> list[Person]:
    """Without second ids whose first id is here as well."""
    found = list(rows)
    followed = {row.same_as for row in found if row.same_as}
    if not followed:
        return found
    here = Person.objects.filter(_SHOWN, pk__in=followed).values_list("pk", flat=True)
    hidden = set(here)
    return [row for row in found if row.same_as not in hidden]


# --- the search --------------------------------------------------------------------------


def search(text: str, limit: int = 20) -> list[Resident]:
    """People by NIK or No. KK (whole or its beginning), or by how their name sounds."""
    text = text[:SEARCH_CHARS_MAX].strip()
    limit = min(limit, LIMIT_MAX)
    digits = text.replace(" ", "").replace(".", "")
    if digits.isascii() and digits.isdigit():
        return _by_number(digits, limit) if len(digits) >= NUMBER_DIGITS_MIN else []
    return _by_name(text, limit)


def _by_number(digits: str, limit: int) -> list[Resident]:
    after = _after(digits)
    found: dict[str, Person] = {}
    for column in ("nik", "no_kk"):
        if len(found) < limit:
            within = {f"{column}__gte": digits, f"{column}__lt": after}
            rows = Person.objects.filter(_SHOWN, **within).order_by(column)
            found |= {row.person: row for row in rows[:limit]}
    return [_resident(row) for row in _leaders(found.values())][:limit]


def _by_name(text: str, limit: int) -> list[Resident]:
    tokens = sound_tokens(text)[:SEARCH_TOKENS_MAX]
    if not tokens:
        return []
    candidates = _candidates(tokens, sound_beginnings(text), limit)
    named = _named(candidates)
    wanted, looks = set(tokens), _trigrams(fold(text))
    # Among so many people some share a name: each is weighed once.
    far = {nama: _distance(nama, wanted, looks) for nama in {n for _, n in named}}
    ranked = sorted((far[nama], nama, key) for key, nama in named)
    best = [key for _, _, key in ranked[: 2 * limit]]
    by_key = Person.objects.in_bulk(best)
    return [_resident(row) for row in _leaders(by_key[key] for key in best)][:limit]


def _candidates(
    tokens: Sequence[str], beginnings: Sequence[str], limit: int
) -> list[str]:
    """A few hundred persons who may be meant, by the first of these that finds any.

    1. Everybody called just so, then everybody with all the words; and where those are
       few, with all but the last and a word that begins like it, for it may be unfinished.
    2. Words that nobody has give way to those most like them.
    3. Everybody with the rarest words alone.
    """
    found = _holding([_Word.of([sound_whole(tokens)])])
    if len(found) >= limit:
        # Nobody can be nearer than so many who are called just so.
        return list(found)
    words = [_Word.of([token]) for token in tokens]
    found |= _holding(words)
    if len(found) < limit:
        last = _Word.of(_vocabulary(beginnings, _COMPLETIONS_MAX))
        found |= _holding([*words[:-1], last])
    if not found:
        nearest = [word if word.people else _Word.of(_near(word)) for word in words]
        present = [word for word in nearest if word.people]
        found |= _holding(present)
        for word in sorted(present, key=lambda word: word.people)[:2]:
            found |= {} if found else _holding([word])
    return list(found)[:CANDIDATES_MAX]


class _Word(NamedTuple):
    """One word of a search: the tokens that would do, and how many people have one."""

    tokens: tuple[str, ...]
    people: int

    @classmethod
    def of(cls, tokens: Sequence[str]) -> _Word:
        if not tokens:
            return cls((), 0)
        counted = _ask(_COUNT.format(_marks(tokens)), [*tokens, _COMMON])
        return cls(tuple(tokens), counted[0][0])


def _holding(words: Sequence[_Word]) -> dict[str, None]:
    """Persons with all these words; the rarest comes first and leads the look-up."""
    if not words or not all(word.people for word in words):
        return {}
    first, *others = sorted(words, key=lambda word: word.people)
    asked = _HOLDING.format(_marks(first.tokens))
    values: list[str | int] = [*first.tokens]
    for word in others:
        asked += _ALSO.format(_marks(word.tokens))
        values += word.tokens
    rows = _ask(f"{asked} LIMIT %s", [*values, CANDIDATES_MAX])
    return dict.fromkeys(person for (person,) in rows)


def _near(word: _Word) -> list[str]:
    """The known tokens most like one that nobody has."""
    (token,) = word.tokens
    start = token[:3] if len(token) > 4 else token[:2]
    known = _vocabulary([start], _NEIGHBOURS_MAX)
    return get_close_matches(token, known, n=6, cutoff=0.7)


def _vocabulary(starts: Iterable[str], limit: int) -> list[str]:
    """Tokens in use that begin so: from one to the next along the index, not row by row."""
    found: list[str] = []
    for start in starts:
        rows = _ask(_NEXT_TOKENS, [start, _after(start), _after(start), limit])
        found += [token for (token,) in rows if token is not None]
    return list(dict.fromkeys(found))


def _named(persons: Sequence[str]) -> list[tuple[str, str]]:
    """Id and name of those of these persons who are shown."""
    if not persons:
        return []
    return _ask(_NAMED.format(_marks(persons)), [*persons, False, True])


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _ask(asked: str, values: Sequence[str | int]) -> list[tuple[Any, ...]]:
    """Plain SQL: a search asks a dozen questions, and the model layer alone would take
    longer than the answers."""
    with connections[router.db_for_read(SoundToken)].cursor() as cursor:
        cursor.execute(asked, values)
        return list(cursor.fetchall())


_COUNT = """
    SELECT count(*) FROM (
        SELECT 1 FROM people_soundtoken WHERE token IN ({}) LIMIT %s
    ) AS counted
"""
_HOLDING = "SELECT person FROM people_soundtoken AS held WHERE token IN ({})"
_ALSO = """
    AND EXISTS (SELECT 1 FROM people_soundtoken AS also
                WHERE also.person = held.person AND also.token IN ({}))
"""
_NAMED = """
    SELECT person, nama FROM people_person
    WHERE person IN ({}) AND nama <> '' AND (undone = %s OR served = %s)
"""


_NEXT_TOKENS = """
    WITH RECURSIVE known (token) AS (
        SELECT min(token) FROM people_soundtoken WHERE token >= %s AND token < %s
        UNION ALL
        SELECT (SELECT min(token) FROM people_soundtoken
                WHERE token > known.token AND token < %s)
        FROM known WHERE known.token IS NOT NULL
    )
    SELECT token FROM known LIMIT %s
"""


def _distance(
    nama: str, wanted: set[str], looks: frozenset[str]
) -> tuple[int, float, float]:
    """How far a name is from what was typed, least first.

    By sounding words shared, by how little else it holds, by how alike it is written.
    """
    tokens, mine = sound_tokens(nama), _trigrams(fold(nama))
    shared = len(wanted.intersection(tokens))
    alike = 2 * len(mine & looks) / (len(mine) + len(looks))
    return -shared, -shared / (len(tokens) or 1), -alike


def _trigrams(folded: str) -> frozenset[str]:
    padded = f"  {folded} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def _after(prefix: str) -> str:
    """The least text that sorts behind everything beginning with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


# --- imports -----------------------------------------------------------------------------


def import_state(batch: bytes) -> ImportState | None:
    """One import, or None where it is not known here."""
    row = ImportBatch.objects.filter(pk=batch.hex()).first()
    return _import(row) if row else None


def import_of_file(file_hash: bytes) -> ImportState | None:
    """The import of this very file that still counts."""
    rows = ImportBatch.objects.filter(file_hash=file_hash.hex(), undone=False)
    row = rows.order_by("begun_order").first()
    return _import(row) if row else None


def imports(limit: int = LIMIT_MAX) -> list[ImportState]:
    """The last imports, newest first."""
    rows = ImportBatch.objects.exclude(begun_order="").order_by("-begun_order")
    return [_import(row) for row in rows[: min(limit, LIMIT_MAX)]]


def residents_of_import(batch: bytes) -> int:
    """Persons whose standing data come from this import; counts row by row."""
    return Person.objects.filter(batch=batch.hex()).count()


def _import(row: ImportBatch) -> ImportState:
    return ImportState(
        batch=bytes.fromhex(row.batch),
        file_name=row.file_name,
        file_hash=bytes.fromhex(row.file_hash),
        rows=row.rows,
        begun_ms=row.begun_ms,
        begun_op=bytes.fromhex(row.begun_op),
        officer=bytes.fromhex(row.officer),
        is_undone=row.undone,
        reason=row.reason,
    )
