"""Names: how they are cleaned, when a new one is refused, and how they sound.

- A name that a register already holds passes as it is, one word or sixty characters long:
  Permendagri 73/2022 binds names given since 21 April 2022 only (domain.md 3).
- The sound key of a word is what is left when Indonesian spelling is evened out: the
  spelling before 1947 and 1972 (oe, dj, tj, j for y), Arabic and Dutch ways of writing
  (kh, sy, f and v for p, z for s), doubled letters, a silent h; vowels stay. Its key is
  its own key: `sound_key(sound_key(word)) == sound_key(word)`.
- The many short forms of Muhammad are one token; Nurhayati is Nur and Hayati; H. and Hj.
  before a name say nothing about who it is.

Example: `sound_tokens("Moch. Soerjadi")` and `sound_tokens("Muhammad Suryadi")` are equal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from perahu.words import Refusal, Words

NAME_CHARS_MAX = 100
"""Longer is no name but a broken file."""
NEW_NAME_CHARS_MAX = 60
NEW_NAME_WORDS_MIN = 2
TOKENS_MAX = 8
TOKEN_CHARS_MAX = 24
WHOLE_CHARS_MAX = 40

_MUHAMAD, _AHMAD, _SITI, _ABDUL = "muhamat", "ahmat", "siti", "abdul"
_VARIANTS = {
    **dict.fromkeys(
        ("m", "md", "mhd", "mhmd", "moh", "mohd", "muh", "muhd", "moch", "moc", "mokh",
         "much", "mukh", "mohamat", "mohamet", "muhamet", "mahomet"),
        _MUHAMAD,
    ),
    **dict.fromkeys(("ach", "akh", "ahm"), _AHMAD),
    **dict.fromkeys(("st", "sti"), _SITI),
    **dict.fromkeys(("abd", "abdl", "abdur", "abdus", "abdun"), _ABDUL),
}  # fmt: skip
"""Short forms, and what the rules below make of long ones, to one key each."""

_SPELLINGS = (
    ("chr", "kr"), ("chl", "kl"), ("ch", "h"), ("kh", "h"), ("ck", "k"),
    ("tj", "c"), ("dj", "j"), ("oe", "u"), ("oo", "u"), ("ou", "u"), ("ie", "i"),
    ("sh", "s"), ("ts", "s"), ("dz", "z"), ("z", "s"), ("th", "t"), ("dh", "d"),
    ("gh", "g"), ("bh", "b"), ("ph", "p"), ("f", "p"), ("v", "p"), ("q", "k"),
    ("x", "ks"), ("j", "y"), ("sy", "s"),
)  # fmt: skip
"""In this order. Jusuf and Yusuf, Djoko and Joko meet because every j ends as y."""

_PATTERNS = (
    (re.compile(r"iy(?=[aeou])"), "y"),  # Prijono, Priyono
    (re.compile(r"i(?=[aeou])"), "y"),  # Priono
    (re.compile(r"y(?![aeiou])"), "i"),  # Rizky
    (re.compile(r"uw(?=[aeio])"), "w"),  # Suwarno
    (re.compile(r"u(?=[aeio])"), "w"),  # Suarno
    (re.compile(r"w(?![aeiou])"), "u"),  # Mawlana
    (re.compile(r"(?<=[^aeiou])h"), ""),  # Burhan
    (re.compile(r"(?<=.)h$"), ""),  # Aminah
    (re.compile(r"(?<=.)d$"), "t"),  # Ahmad, Ahmat
    (re.compile(r"(?<=.)b$"), "p"),  # Yakub, Yakup
    (re.compile(r"(.)\1+"), r"\1"),  # Anna
)

_TITLES = frozenset(("h", "hj", "haji", "hajah", "hajjah", "alm", "almh"))
_NUR = re.compile(r"(?:nur|noer|noor)(.{4,})")
_ABDUR = re.compile(r"abdu([rsn])\1?(.{3,})")
_LETTERS = re.compile(r"[a-z]+")
_APOSTROPHES = re.compile("['`’‘ʼʻ]")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_SPACES = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """One line without control or invisible characters and doubled spaces (NFC)."""
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", text))
    return _CONTROL.sub("", text).strip()


def clean_name(text: str) -> str:
    """A name as the papers print it: capitals, one space between words. Refuses none."""
    name = clean_text(text).upper()
    if not name or not any(letter.isalpha() for letter in name):
        raise Refusal(
            "name_missing",
            "Nama kosong atau tidak berisi huruf; isi nama seperti pada KK.",
            "The name is empty or holds no letter; write it as on the KK.",
        )
    if len(name) > NAME_CHARS_MAX:
        raise Refusal(
            "name_too_long",
            f"Nama lebih dari {NAME_CHARS_MAX} huruf; periksa lagi pada KK.",
            f"The name is longer than {NAME_CHARS_MAX} characters; check it on the KK.",
        )
    return name


def new_name_faults(name: str) -> list[Words]:
    """What Permendagri 73/2022 art. 4-5 forbids in the name of one newly born."""
    found = []
    if len(name) > NEW_NAME_CHARS_MAX:
        found.append(
            Words(
                "Nama paling banyak 60 huruf termasuk spasi (Permendagri 73/2022).",
                "A name has at most 60 characters with spaces (Permendagri 73/2022).",
            )
        )
    if len(name.split()) < NEW_NAME_WORDS_MIN:
        found.append(
            Words(
                "Nama paling sedikit dua kata (Permendagri 73/2022).",
                "A name has at least two words (Permendagri 73/2022).",
            )
        )
    if not all(
        letter == " " or (letter.isascii() and letter.isalpha()) for letter in name
    ):
        found.append(
            Words(
                "Nama hanya huruf Latin, tanpa angka dan tanda baca (Permendagri 73/2022).",
                "A name has Latin letters only, no digits or punctuation "
                "(Permendagri 73/2022).",
            )
        )
    return found


def fold(text: str) -> str:
    """Lower-case Latin letters and single spaces only: what two spellings can share."""
    bare = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).lower())
    ascii_only = bare.encode("ascii", "ignore").decode()
    return " ".join(_LETTERS.findall(ascii_only))


def sound_key(word: str) -> str:
    """How one word sounds, whatever spelling it is written in; "" for no letters."""
    key = fold(word).replace(" ", "")[: 2 * TOKEN_CHARS_MAX]
    before = None
    # Every pass shortens the word or moves letters one way only, so this ends.
    while key != before:
        before = key
        key = _pass(key)
    # Cut first and heard again, so that a cut key too is its own key.
    return key if len(key) <= TOKEN_CHARS_MAX else sound_key(key[:TOKEN_CHARS_MAX])


def sound_tokens(name: str) -> tuple[str, ...]:
    """The sound keys of a name's words, each once, in the order they stand."""
    words = fold(name).split()
    telling = [word for word in words if word not in _TITLES] or words
    found: dict[str, None] = {}
    for word in telling:
        found.update(dict.fromkeys(_word_tokens(word)))
    return tuple(found)[:TOKENS_MAX]


def sound_whole(tokens: Iterable[str]) -> str:
    """One key for a whole name, whatever the order of its words; no word's key begins so.

    It finds the SURYADI among ten thousand people who have Suryadi in their name.
    """
    return ("=" + " ".join(sorted(set(tokens))))[:WHOLE_CHARS_MAX]


def sound_beginnings(text: str) -> tuple[str, ...]:
    """What the key of the last word may begin with while it is still being typed.

    Its end is not its end then: "soerj" will be heard as "sury", not as "suri".
    """
    words = fold(text).split()
    if not words:
        return ()
    as_it_is, going_on = sound_key(words[-1]), sound_key(words[-1] + "a")[:-1]
    return tuple(dict.fromkeys(key for key in (as_it_is, going_on) if key))


@lru_cache(maxsize=16_384)
def _word_tokens(word: str) -> tuple[str, ...]:
    if joined := _NUR.fullmatch(word):
        return ("nur", *_word_tokens(joined[1]))
    key = sound_key(word)
    if joined := _ABDUR.fullmatch(key):
        return (_ABDUL, *_word_tokens(joined[1] + joined[2]))
    return (key,) if key else ()


def _pass(word: str) -> str:
    if word in _VARIANTS:
        return _VARIANTS[word]
    for old, new in _SPELLINGS:
        if old in word:
            word = word.replace(old, new)
    for pattern, new in _PATTERNS:
        word = pattern.sub(new, word)
    return word
