"""No sentence of a page lacks its English, and what is committed is what is used."""

from __future__ import annotations

import re

from tools import messages


def test_it_has_english_for_every_sentence() -> None:
    """`python -m tools.messages missing` finds nothing."""
    assert messages.missing() == []


def test_it_commits_what_is_used() -> None:
    """The .mo is made of the .po, and the .po holds nothing no page says."""
    assert not messages.stale()


def test_it_keeps_the_places_of_values() -> None:
    """A translation names the same values as its sentence."""
    wrong = []
    value = re.compile(r"%\((\w+)\)[sd]|%[sd]")
    for message in messages.load():
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        texts = message.string
        said = texts if isinstance(texts, tuple | list) else (texts,)
        for text in (text for text in said if text):
            if sorted(set(value.findall(ids[0]))) != sorted(set(value.findall(text))):
                wrong.append(ids[0])
    assert wrong == []


def test_it_leaves_no_bare_words_in_templates() -> None:
    """Words in a template stand in a translate tag, never bare."""
    wrong = []
    django = re.compile(
        r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}|"
        r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}|\{%.*?%\}|\{\{.*?\}\}",
        re.DOTALL,
    )
    html = re.compile(r"<style.*?</style>|<title>.*?</title>|<[^>]*>|&\w+;", re.DOTALL)
    bare = (
        "PIN",
        "Perahu",
        "NIK",
        "KK",
        "QR",
        "EnglishBahasa Indonesia",
        "KTP",
        "DATA UJI",
    )
    for path in sorted(messages.WEB.rglob("*.html")):
        text = html.sub("\n", django.sub("", path.read_text(encoding="utf-8")))
        for line in text.splitlines():
            words = re.findall(r"[A-Za-z]{3,}", line)
            if any(word not in " ".join(bare) for word in words):
                wrong.append(f"{path.relative_to(messages.WEB)}: {line.strip()[:80]}")
    assert wrong == []
