"""The import sheet: one A4 page that tells how a desk comes to trust this office's pages.

The same sentences go to the terminal as plain text and into a file to print (HTML that
needs nothing from outside). The files can be copied to a stick for the desks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from perahu.node import sheet_words as words
from perahu.node.disk import RealDisk
from perahu.node.page_tls import LAN_NAMES, LAN_NETWORKS, permitted_names
from perahu.node.page_trust import (
    AUTHORITY_FILE,
    AUTHORITY_PATH,
    authority_certificate,
    authority_pem,
    is_secure,
    page_names,
)
from perahu.node.settings import Settings, split_address
from perahu.node.trust import FOLDER
from perahu.people.rules.codes import dotted
from perahu.words import Refusal, Words

SHEET_FILE = "lembar-sertifikat.html"
ADDRESSES_SHOWN_MAX = 4
LINES_TO_FILL = 4
_TEMPLATE = Path(__file__).with_name("import_sheet.html")
_CODE = (("", ""), (mark_safe("<code>"), mark_safe("</code>")))
_QUIET = 4
"""White modules around a code, as its standard wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the sheet says about one node."""

    node: str
    role: str
    wilayah: str
    certificate: bytes
    """The authority's certificate (DER), the very bytes of the file to import."""
    addresses: tuple[str, ...]
    """Where desks find the pages, the best one first."""
    own: tuple[str, ...]
    """What the authority may sign for beyond the names and addresses of any LAN."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate and of its file, in groups of four."""
        digest = hashlib.sha256(self.certificate).hexdigest().upper()
        return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))

    @property
    def download(self) -> str:
        """Where a page offers the certificate."""
        return self.addresses[0].rstrip("/") + AUTHORITY_PATH


def sheet_of(folder: Path, settings: Settings, port: int = 0) -> Sheet | None:
    """The sheet of the node in a folder; None where its pages are this machine's alone.

    `port` is the one in use, where `page` leaves it open. Raises Refusal "no_page_ca".
    """
    if not is_secure(settings):
        return None
    certificate = authority_certificate(folder)
    if certificate is None:
        raise Refusal(
            "no_page_ca",
            id="Sertifikat kantor belum ada di folder ini; jalankan `perahu serve` sekali, "
            "lalu ulangi. Buku tidak disentuh.",
            en="The office's certificate is not in this folder yet; run `perahu serve` once "
            "and repeat this. The book was not touched.",
        )
    authority = authority_pem(folder)
    port = port or split_address(settings.page)[1]
    names = [
        name
        for name in page_names(settings, authority)
        if not name.startswith("127.") and name not in ("localhost", "::1")
    ]
    return Sheet(
        node=settings.name,
        role=settings.role,
        wilayah=", ".join(dotted(code) for code in settings.wilayah),
        certificate=certificate,
        addresses=tuple(
            f"https://{f'[{name}]' if ':' in name else name}:{port}/"
            for name in (names or ["localhost"])[:ADDRESSES_SHOWN_MAX]
        ),
        own=tuple(
            name
            for name in permitted_names(authority)
            if name not in (*LAN_NAMES, *LAN_NETWORKS)
        ),
    )


def sheet_text(sheet: Sheet, language: str) -> str:
    """The sheet for a terminal."""

    def say(text: Words) -> str:
        return _filled(sheet, text, language)

    lines = [f"{say(words.TITLE)} - {sheet.node} ({sheet.role}, {sheet.wilayah})", ""]
    lines += [say(words.WHAT), say(words.HARMLESS), ""]
    groups = sheet.fingerprint.split()
    lines += [say(words.FINGERPRINT) + ":"]
    lines += ["  " + " ".join(groups[at : at + 8]) for at in (0, 8)]
    lines += ["", say(words.ADDRESSES) + ":"]
    lines += [f"  {address}" for address in sheet.addresses]
    lines += ["", say(words.TAKE_IT)]
    for title, steps in words.DEVICES:
        lines += ["", say(title)]
        for number, step in enumerate(steps, 1):
            lines.append(f"  {number}. {say(step)}")
    lines += ["", say(words.WARNED)]
    lines += [f"  - {say(line)}" for line in words.WARNED_STEPS]
    return "\n".join(lines)


def sheet_html(sheet: Sheet, language: str) -> str:
    """The sheet to print: A4, one page, complete in itself."""
    said: dict[str, Any] = {
        name.lower(): _coded(_filled(sheet, value, language))
        for name, value in vars(words).items()
        if isinstance(value, Words)
    }
    devices = [
        (title.in_(language), [_coded(step.in_(language)) for step in steps])
        for title, steps in words.DEVICES
    ]
    groups = sheet.fingerprint.split()
    context = Context(
        {
            "language": language,
            "sheet": sheet,
            "say": said,
            "rows": [groups[at : at + 8] for at in (0, 8)],
            "devices": devices,
            "warned": [line.in_(language) for line in words.WARNED_STEPS],
            "columns": [one.in_(language) for one in words.COLUMNS],
            "lines": range(LINES_TO_FILL),
            "codes": (
                (said["scan_certificate"], sheet.download, _qr(sheet.download)),
                (said["scan_pages"], sheet.addresses[0], _qr(sheet.addresses[0])),
            ),
        }
    )
    engine = Engine()
    return str(engine.from_string(_TEMPLATE.read_text()).render(context))


def write_sheet(sheet: Sheet, language: str, folder: Path) -> Path:
    """Put the sheet and the certificate into a folder; gives where the sheet lies."""
    RealDisk().replace_durable(folder / AUTHORITY_FILE, sheet.certificate)
    RealDisk().replace_durable(
        folder / SHEET_FILE, sheet_html(sheet, language).encode()
    )
    return folder / SHEET_FILE


def place_of_sheet(folder: Path) -> Path:
    """Where a node keeps its own sheet."""
    return folder / FOLDER


def _filled(sheet: Sheet, text: Words, language: str) -> str:
    own = ""
    if sheet.own:
        own = f", {words.AND.in_(language)} {', '.join(sheet.own)}"
    said = text.in_(language)
    if "{" not in said:
        return said
    return said.format(file=AUTHORITY_FILE, url=sheet.download, own=own)


def _coded(text: str) -> SafeString:
    """A sentence as HTML, with what stands between backticks as something to type."""
    parts = text.split("`")
    assert len(parts) % 2 == 1, text
    return format_html_join(
        "",
        "{}{}{}",
        ((_CODE[n % 2][0], part, _CODE[n % 2][1]) for n, part in enumerate(parts)),
    )


def _qr(text: str) -> dict[str, Any]:
    """A code as one SVG path in units of a module, and its side."""
    # 30 MB of pictures and codes, only for who prints the sheet.
    import numpy as np
    import zxingcpp

    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    picture = np.asarray(made.to_image(scale=1, add_quiet_zones=False))
    rows, columns = picture.shape
    dark = "".join(
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
        for y in range(rows)
        for x in range(columns)
        if not picture[y, x]
    )
    return {"path": dark, "side": columns + 2 * _QUIET}
