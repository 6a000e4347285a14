"""The codes of cards and stock in words, for the pages of printing, hand-over and stock."""

from __future__ import annotations

from perahu.cards import reads_stock
from perahu.web.ports import Office
from perahu.words import Words

KINDS = {
    "PEMULA_17": Words("pemula 17 tahun", "first card at 17"),
    "BELUM_PERNAH": Words("belum pernah punya", "never had a card"),
    "HILANG": Words("pengganti kartu hilang", "replaces a lost card"),
    "RUSAK": Words("pengganti kartu rusak", "replaces a damaged card"),
    "PINDAH_DATANG": Words("pindah datang", "moved in"),
    "PERUBAHAN_ELEMEN": Words("perubahan data", "data changed"),
    "SUKET_KONVERSI": Words("pengganti suket", "replaces a suket"),
    "LUAR_DOMISILI": Words("luar domisili", "from another place"),
    "WNA": Words("orang asing (WNA)", "foreign resident"),
}
"""Kinds of print (cards/facts.py PRINT_KINDS)."""

CAUSES = {
    "GAGAL_CETAK": Words(
        "gagal cetak: macet, buram, miring", "bad print: jam, blur, askew"
    ),
    "GAGAL_ENCODE": Words("cip gagal diisi", "the chip could not be written"),
    "CACAT_PABRIK": Words("cacat dari pabrik", "faulty from the maker"),
}
"""Why a blanko is spoiled."""

ITEMS = {
    "blanko": Words("Blanko", "Blanko"),
    "ribbon": Words("Ribbon", "Ribbon"),
    "film": Words("Film", "Film"),
}
UNITS = {
    "blanko": Words("keping", "cards"),
    "ribbon": Words("gulung", "rolls"),
    "film": Words("gulung", "rolls"),
}

SOURCES = {
    "TERIMA_PUSAT": Words("pusat (Ditjen Dukcapil)", "the centre"),
    "TERIMA_PROVINSI": Words("provinsi", "the province"),
    "PINJAM_MASUK": Words("kabupaten lain (pinjaman)", "another kabupaten (loan)"),
}

DEEDS = {
    "StockReceived": Words("Diterima dari luar", "Received from outside"),
    "StockSent": Words("Dikirim", "Sent"),
    "StockArrived": Words("Kiriman diterima", "Transfer taken in"),
    "StockSpoiled": Words("Rusak", "Spoiled"),
    "StockCounted": Words("Hitung ulang (opname)", "Counted by hand"),
    "CardPrinted": Words("Menjadi kartu", "Became a card"),
    "CardSpoiled": Words("Rusak saat dicetak", "Spoiled in printing"),
}
"""What a movement of stock was, by the name of its fact."""

_ACCOUNTS = {
    "office": Words("kantor {}", "office {}"),
    "used": Words("kartu jadi di {}", "good cards at {}"),
    "spoiled": Words("barang rusak di {}", "spoiled goods at {}"),
    "difference": Words("selisih hitung di {}", "difference counted at {}"),
    "transit": Words("{} (kiriman)", "{} (transfer)"),
    "outside": Words("{}", "{}"),
}


def kind_words(kind: str) -> Words:
    """A kind of print."""
    return KINDS.get(kind, Words(kind or "–", kind or "–"))


def cause_words(cause: str) -> Words:
    """Why something was spoiled."""
    return CAUSES.get(cause, Words(cause, cause))


def account_words(office: Office, account: str) -> Words:
    """An account of the ledger, said with the names of offices."""
    kind, _, about = account.partition(":")
    words = _ACCOUNTS.get(kind, Words("{}", "{}"))
    if kind == "transit":
        about = _other_end(office, about)
    shown = SOURCES.get(about) or Words(*[office_name(office, about)] * 2)
    return Words(words.id.format(shown.id), words.en.format(shown.en))


def _other_end(office: Office, transfer_hex: str) -> str:
    """Where a transfer goes to, or comes from, seen from here."""
    known = reads_stock.transfer(bytes.fromhex(transfer_hex))
    if known is None:
        return transfer_hex
    is_ours = known.sent_by == office.journal.node_id
    return (known.to if is_ours else known.sent_by).hex()


def office_name(office: Office, node_hex: str) -> str:
    """The name of a node by its id in hex, or the start of the id where unknown."""
    try:
        node = office.journal.authority.nodes().get(bytes.fromhex(node_hex))
    except ValueError:
        node = None
    return node.name if node else node_hex[:8]


def officer_name(office: Office, officer: bytes) -> str:
    """The name of who did it; "–" for the node itself."""
    grant = office.journal.authority.grant(officer) if officer.strip(b"\0") else None
    return grant.name if grant else "–"
