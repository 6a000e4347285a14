"""Every error a command can end in, as one clear sentence in both languages.

Rules and limits raise `Refusal`, which brings its own. Here are the operating system's and
the databases'. What is not listed is a mistake in the program and says so.
"""

from __future__ import annotations

import errno

import psycopg
from django.db.utils import DatabaseError as TableError
from sqlcipher3 import dbapi2 as sqlcipher

from perahu.words import Refusal, Words

_DISK_FULL = Words(
    "Media penyimpanan penuh; yang sudah tercatat tetap utuh, langkah terakhir tidak "
    "disimpan. Kosongkan ruang lalu ulangi.",
    "The disk is full; what was recorded is intact, the last step was not saved. "
    "Make room and repeat it.",
)
_DISK_BROKEN = Words(
    "Media penyimpanan gagal dibaca atau ditulis (penuh atau rusak); yang sudah tercatat "
    "tetap utuh, langkah terakhir tidak disimpan. Periksa ruang disk dan hubungi kabupaten.",
    "The disk failed to read or write (it is full or broken); what was recorded is intact, "
    "the last step was not saved. Check the room on the disk and call the kabupaten.",
)
_BOOK_BROKEN = Words(
    "Buku ini rusak atau kuncinya tidak cocok; tidak ada yang diubah. Jalankan "
    "`perahu verify`, lalu pulihkan dari mirror.",
    "This book is damaged or its key does not fit; nothing was changed. Run "
    "`perahu verify`, then restore from the mirror.",
)
_BUSY = Words(
    "Buku sedang ditulis oleh proses lain; langkah ini tidak disimpan, coba lagi.",
    "The book is being written by another process; this step was not saved, try again.",
)
_SERVER_AWAY = Words(
    "Basis data kabupaten tidak dapat dihubungi; tidak ada yang diubah. Periksa "
    "alamatnya dan coba lagi.",
    "The hub's database cannot be reached; nothing was changed. Check its address and "
    "try again.",
)

_BY_ERRNO = {
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: _DISK_FULL,
    errno.EFBIG: _DISK_FULL,
    errno.EIO: _DISK_BROKEN,
}
_BY_TEXT = (
    ("is full", _DISK_FULL),
    ("disk I/O error", _DISK_BROKEN),
    ("not a database", _BOOK_BROKEN),
    ("malformed", _BOOK_BROKEN),
    ("locked", _BUSY),
)


def sentence_for(error: Exception) -> Words | None:
    """The sentence for a foreseen error, or None for a mistake of the program."""
    if isinstance(error, Refusal):
        return error.words
    if isinstance(error, sqlcipher.Error | TableError):
        return _of_sqlite(error)
    if isinstance(error, psycopg.OperationalError):
        return _SERVER_AWAY
    if isinstance(error, OSError):
        return _of_system(error)
    return None


def port_taken(address: str) -> Refusal:
    """The refusal where another program listens on this address."""
    return Refusal(
        "port_taken",
        id=f"Alamat {address} sudah dipakai program lain; hentikan program itu atau pilih "
        "port lain di node.toml.",
        en=f"The address {address} is taken by another program; stop that one or choose "
        "another port in node.toml.",
    )


def no_file(path: object) -> Refusal:
    """The refusal where a file named on the command line cannot be read."""
    return Refusal(
        "no_file",
        id=f"Berkas {path} tidak ada atau tidak dapat dibaca; tidak ada yang diubah.",
        en=f"The file {path} is missing or cannot be read; nothing was changed.",
    )


def _of_sqlite(error: Exception) -> Words | None:
    text = str(error)
    for part, words in _BY_TEXT:
        if part in text:
            return words
    if "unable to open" in text or "readonly" in text:
        return Words(
            f"Berkas basis data tidak dapat dibuka ({text}); tidak ada yang diubah. Periksa "
            "hak akses dan ruang disk.",
            f"The database file cannot be opened ({text}); nothing was changed. Check its "
            "permissions and the room on the disk.",
        )
    return None


def _of_system(error: OSError) -> Words:
    if error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    if error.errno == errno.EADDRINUSE:
        return port_taken("?").words
    where = f" {error.filename}" if error.filename else ""
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return no_file(error.filename).words
    if isinstance(error, PermissionError):
        return Words(
            f"Tidak boleh membaca atau menulis{where}; tidak ada yang diubah. Periksa hak "
            "akses berkas itu.",
            f"Reading or writing{where} is not permitted; nothing was changed. Check the "
            "permissions of that file.",
        )
    return Words(
        f"Sistem operasi menolak{where}: {reason}. Yang sudah tercatat tetap utuh.",
        f"The operating system refused{where}: {reason}. What was recorded is intact.",
    )
