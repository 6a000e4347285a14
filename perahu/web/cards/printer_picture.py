"""The card printer as a picture: how many cards, how much ribbon, what is in the way.

Server-drawn SVG without styles of its own: the classes are in `perahu/printing.css`. The
picture never says more than its caption does in words.

Example: `draw(PrinterState(True, 98, 100, (), words))`.
"""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from perahu.devices.printer_ports import PrinterState

HOPPER_CARDS = 100
"""What a full hopper of a desk printer holds; more is drawn as full."""
_STACK_MAX = 9
_JAM = frozenset({"media-jam"})
_OPEN = frozenset({"cover-open", "door-open"})
_AWAY = frozenset({"unreachable"})


def draw(state: PrinterState) -> SafeString:
    """The picture; its title says the same in one line."""
    reasons = set(state.reasons)
    parts = [
        _body(bool(reasons & _AWAY)),
        _hopper(state.cards),
        _ribbon(state.ribbon_percent),
        _tray(state.ready),
        _light(state.ready),
    ]
    if reasons & _JAM:
        parts.append(_jam())
    if reasons & _OPEN:
        parts.append(_door())
    if reasons & _AWAY:
        parts.append(_plug())
    return format_html(
        '<svg class="printer" viewBox="0 0 340 210" role="img" '
        'aria-label="{}" focusable="false">{}</svg>',
        caption(state),
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def caption(state: PrinterState) -> str:
    """The picture in one line of words."""
    told = [gettext("Printer siap") if state.ready else gettext("Printer belum siap")]
    if state.cards is not None:
        told.append(gettext("blanko di printer %(n)s") % {"n": state.cards})
    if state.ribbon_percent is not None:
        told.append(gettext("ribbon %(n)s persen") % {"n": state.ribbon_percent})
    reasons = set(state.reasons)
    for marks, words in (
        (_JAM, gettext("kartu macet")),
        (_OPEN, gettext("pintu terbuka")),
        (_AWAY, gettext("tidak terhubung")),
    ):
        if reasons & marks:
            told.append(words)
    return ", ".join(told)


def _body(is_away: bool) -> SafeString:
    return format_html(
        '<g class="{}"><rect class="pp-body" x="40" y="72" width="236" height="112" rx="12"/>'
        '<rect class="pp-window" x="122" y="88" width="112" height="58" rx="6"/>'
        '<path class="pp-line" d="M40 160h236"/></g>',
        "pp-away" if is_away else "pp-there",
    )


def _hopper(cards: int | None) -> SafeString:
    """The hopper at the left with its stack; a question mark where nobody knows."""
    frame = format_html(
        '<path class="pp-frame" d="M52 72V18M112 72V18"/>{}',
        _text(82, 12, "?" if cards is None else str(cards), "pp-number"),
    )
    level = (
        0 if not cards else max(1, round(min(cards, HOPPER_CARDS) / 100 * _STACK_MAX))
    )
    stack = format_html_join(
        "",
        '<rect class="pp-card" x="56" y="{}" width="52" height="4" rx="1.5"/>',
        ((66 - 5.5 * n,) for n in range(level)),
    )
    empty = SafeString("")
    if cards == 0:
        empty = format_html(
            '<rect class="pp-missing" x="56" y="40" width="52" height="28" rx="3"/>{}',
            _text(82, 60, "0", "pp-alarm"),
        )
    return format_html("{}{}{}", frame, stack, empty)


def _ribbon(percent: int | None) -> SafeString:
    """Two spools behind the window: what is left, and what was used."""
    left = 50 if percent is None else percent
    radius, used = 7 + 15 * left / 100, 7 + 15 * (100 - left) / 100
    shown = "? %" if percent is None else f"{percent} %"
    return format_html(
        '<g class="{}"><circle class="pp-spool" cx="152" cy="117" r="{}"/>'
        '<circle class="pp-used" cx="204" cy="117" r="{}"/>'
        '<circle class="pp-hub" cx="152" cy="117" r="4"/>'
        '<circle class="pp-hub" cx="204" cy="117" r="4"/>'
        '<path class="pp-band" d="M152 {}L204 {}"/></g>{}',
        "pp-empty" if percent == 0 else "pp-has",
        f"{radius:.1f}",
        f"{used:.1f}",
        f"{117 + radius:.1f}",
        f"{117 + used:.1f}",
        _text(178, 177, shown, "pp-number"),
    )


def _tray(is_ready: bool) -> SafeString:
    card = '<rect class="pp-card" x="284" y="160" width="42" height="5" rx="1.5"/>'
    return format_html(
        '<path class="pp-frame" d="M276 170h54v-12"/>{}',
        SafeString(card) if is_ready else "",
    )


def _light(is_ready: bool) -> SafeString:
    """A light with a mark in it: nobody has to tell colours apart."""
    mark = "M249 100l5 6 9-12" if is_ready else "M250 95l11 11M261 95l-11 11"
    return format_html(
        '<g class="{}"><circle class="pp-light" cx="255.5" cy="100.5" r="12"/>'
        '<path class="pp-mark" d="{}"/></g>',
        "pp-good" if is_ready else "pp-bad",
        mark,
    )


def _jam() -> SafeString:
    return format_html(
        '<g><rect class="pp-jam" x="96" y="126" width="64" height="40" rx="4" '
        'transform="rotate(-24 128 146)"/>'
        '<path class="pp-warning" d="M128 122l20 36h-40z"/>{}</g>',
        _text(128, 153, "!", "pp-alarm"),
    )


def _door() -> SafeString:
    return SafeString(
        '<path class="pp-door" d="M122 88L96 40H208L234 88Z"/>'
        '<path class="pp-arrow" d="M170 66V46m-7 8l7-8 7 8"/>'
    )


def _plug() -> SafeString:
    return SafeString(
        '<path class="pp-cord" d="M40 172H22v24h42"/>'
        '<path class="pp-cord" d="M64 188v16h10v-16zM74 192h8M74 200h8"/>'
        '<path class="pp-cross" d="M96 188l16 16M112 188l-16 16"/>'
    )


def _text(x: int, y: int, words: str, kind: str) -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="middle">{}</text>',
        kind,
        x,
        y,
        words,
    )
