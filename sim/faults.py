"""Every way in which a simulated world goes wrong, by name, and how often it did.

A fault is counted when it strikes, not when it is planned: a datagram that is not sent is
not lost. The seed draws which of these a world knows (swarm.py).
"""

from __future__ import annotations

from collections import Counter

from perahu.words import Words

FAULTS: dict[str, Words] = {
    # the road over a connection
    "cut": Words("sambungan putus di tengah bingkai", "cut in mid-frame"),
    "dead_air": Words("tidak ada sambungan", "no link at all"),
    "one_way": Words("hanya satu arah yang sampai", "only one way gets through"),
    "portal": Words("halaman portal wifi menjawab", "a captive portal answers"),
    "crumbs": Words("sampai sedikit demi sedikit", "arrives in crumbs"),
    "garbled": Words("bita di jalan berubah", "bytes changed on the way"),
    "call_replayed": Words("panggilan lama diputar ulang", "an old call is replayed"),
    "old_wakes": Words("sambungan lama bangun kembali", "an old connection wakes up"),
    # the road over datagrams
    "lost": Words("datagram hilang", "a datagram is lost"),
    "twice": Words("datagram tiba dua kali", "a datagram arrives twice"),
    "late": Words("datagram tiba terlambat", "a datagram arrives late"),
    "flipped": Words("datagram rusak", "a datagram is damaged"),
    "blackout": Words("udara mati beberapa detik", "the air is dead for seconds"),
    "outage": Words("tanpa jaringan berhari-hari", "days without a network"),
    # sticks
    "stick_lost": Words("stik hilang", "a stick is lost"),
    "stick_stale": Words("stik lama terbaca lagi", "an old stick is read again"),
    "stick_twice": Words("stik dibaca dua kali", "a stick is read twice"),
    "stick_flipped": Words(
        "stik rusak beberapa bita", "some bytes of a stick are wrong"
    ),
    "stick_torn": Words("berkas di stik terpotong", "a file on a stick is cut short"),
    "stick_full": Words("stik penuh", "a stick is full"),
    "stick_counterfeit": Words("stik palsu ukurannya", "a stick lies about its size"),
    "stick_pulled": Words("stik dicabut terlalu cepat", "a stick is pulled too soon"),
    "stick_sectors": Words("sektor stik tidak terbaca", "sectors of a stick are bad"),
    # machines
    "killed": Words("proses mati mendadak", "the process dies"),
    "killed_acting": Words("mati saat mencatat", "dies while recording"),
    "killed_on_road": Words("mati saat bertukar", "dies during an exchange"),
    "killed_starting": Words("mati saat memulai", "dies while starting"),
    "disk_full": Words("penyimpanan penuh", "the disk is full"),
    "power_cut": Words("listrik padam saat menulis", "the power goes while writing"),
    "tables_gone": Words("tabel terhapus", "the tables are deleted"),
    "tables_old": Words("tabel lama kembali", "old tables come back"),
    "tables_rotten": Words("tabel rusak", "the tables are damaged"),
    "fence_gone": Words("pagar hilang", "the fence is lost"),
    "mirror_away": Words("cermin dicabut", "the mirror is taken out"),
    "mirror_torn": Words("cermin terpotong", "the mirror is torn"),
    "blob_partial": Words("potongan berkas hilang", "pieces of a blob are lost"),
    "book_old": Words("buku lama dipulihkan", "an old book is restored"),
    "disk_old": Words("seluruh disk lama dipulihkan", "a whole old disk is restored"),
    "disk_lost": Words(
        "buku hilang, cermin selamat", "the book is lost, not the mirror"
    ),
    "cloned": Words("disk disalin, dua-duanya hidup", "a disk is cloned, both live"),
    "node_lost": Words("laptop dicuri", "a laptop is stolen"),
    "hub_yesterday": Words(
        "kabupaten kembali ke kemarin", "the hub is back in yesterday"
    ),
    # clocks
    "clock_drift": Words("jam melaju", "the clock drifts"),
    "clock_ahead": Words("jam melompat maju", "the clock jumps ahead"),
    "clock_behind": Words("jam melompat mundur", "the clock jumps back"),
    "clock_1970": Words("jam mulai dari 1970", "the clock begins at 1970"),
    "clock_stuck": Words("jam berhenti", "the clock stands still"),
    "clock_zone": Words("zona waktu salah", "a wrong time zone"),
    # printers
    "print_unknown": Words("hasil cetak tidak pasti", "nobody knows how a print ended"),
    "print_jam": Words("kartu macet", "a card jams"),
    "print_never": Words("cetak tidak jadi mulai", "a print never begins"),
    "print_death": Words("mati saat mencetak", "dies while printing"),
    "printer_off": Words("printer tidak siap", "the printer is not ready"),
    # people and the centre
    "asked_twice": Words("tombol ditekan dua kali", "a button is pressed twice"),
    "miscount": Words("salah hitung", "a wrong count"),
    "theft": Words("blanko diambil orang", "somebody takes blanko"),
    "wrong_paper": Words("koreksi keliru", "a mistaken correction"),
    "beyond_right": Words("petugas melampaui hak", "an officer exceeds her rights"),
    "second_card": Words(
        "petugas minta kartu kedua", "an officer asks for a second card"
    ),
    "revoked_acts": Words(
        "petugas yang dicabut masih mencatat", "a revoked officer acts"
    ),
    "short_delivery": Words("kiriman kurang", "a delivery is short"),
    "newer_program": Words("program lebih baru", "a newer program speaks"),
    "centre_away": Words("pusat tidak menjawab", "the centre does not answer"),
    "centre_odd": Words("pusat menolak atau lupa", "the centre refuses or forgets"),
}
"""Every kind of fault, in words."""


class Tally:
    """How often each kind has struck."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, kind: str, count: int = 1) -> None:
        """One more, or several."""
        assert kind in FAULTS, kind
        if count:
            self.counts[kind] += count

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())
