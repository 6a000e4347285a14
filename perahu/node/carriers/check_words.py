"""What a check of a line says: one sentence of what is, one of what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from perahu.words import Words

LABELS: Mapping[str, Words] = {
    "rule": Words("Boleh dipakai", "May be used"),
    "clock": Words("Jam komputer", "The computer's clock"),
    "interface": Words("Alat jaringan", "Network device"),
    "dns": Words("Nama alamat (DNS)", "Name of the address (DNS)"),
    "connect": Words("Sambungan", "Connection"),
    "tls": Words("Sambungan aman (TLS)", "Secure connection (TLS)"),
    "hub": Words("Simpul atasan menjawab", "The parent answers"),
    "speed": Words("Kecepatan", "Speed"),
    "udp": Words("Jalan cepat (UDP)", "Fast way (UDP)"),
}


class Told(NamedTuple):
    """What is wrong, and what to do about it."""

    says: Words
    todo: Words


_SIGN_IN = Words(
    "Buka peramban di jaringan itu, masuk atau isi pulsa, lalu periksa lagi. Sementara itu "
    "pakai jalur lain.",
    "Open a browser on that network, sign in or top up, then check again. Use another "
    "carrier meanwhile.",
)
_ASK_NETWORK = Words(
    "Minta pengelola jaringan membiarkan sambungan ke {host} port {port} lewat tanpa "
    "disentuh, atau pakai jalur lain.",
    "Ask whoever runs the network to let connections to {host} port {port} pass untouched, "
    "or use another carrier.",
)
_ADDRESS = Words(
    "Samakan alamat di node.toml dengan yang diberikan kabupaten.",
    "Make the address in node.toml the one the kabupaten gave.",
)
_WAIT = Words(
    "Tunggu jaringan pulih; Perahu mencoba sendiri. Data aman di sini.",
    "Wait for the network; Perahu tries by itself. The entries are safe here.",
)

WRONGS: Mapping[str, Told] = {
    "no_interface": Told(
        Words(
            "Alat jaringan {seen} tidak ada di komputer ini.",
            "This computer has no network device {seen}.",
        ),
        Words(
            "Pasang modem atau kabelnya, atau betulkan interface di node.toml.",
            "Plug the modem or cable in, or correct interface in node.toml.",
        ),
    ),
    "interface_down": Told(
        Words(
            "Alat jaringan {seen} mati atau kabelnya lepas.",
            "The network device {seen} is off, or its cable is out.",
        ),
        Words(
            "Nyalakan alatnya, periksa kabel dan antenanya.",
            "Turn it on, check cable and antenna.",
        ),
    ),
    "no_source": Told(
        Words(
            "Alamat sendiri {seen} tidak ada di komputer ini.",
            "This computer does not have the address {seen}.",
        ),
        Words(
            "Sambungkan jaringan itu dahulu, atau betulkan source di node.toml.",
            "Join that network first, or correct source in node.toml.",
        ),
    ),
    "dns_silent": Told(
        Words(
            "Server nama jaringan ini tidak menjawab, jadi {host} tidak ditemukan.",
            "This network's name server does not answer, so {host} cannot be found.",
        ),
        Words(
            "Tulis alamat angka kabupaten di node.toml, atau ganti server nama (DNS).",
            "Write the hub's number address in node.toml, or change the name server (DNS).",
        ),
    ),
    "dns_unknown": Told(
        Words(
            "Jaringan ini tidak mengenal nama {host}.",
            "This network does not know the name {host}.",
        ),
        Words(
            "Periksa ejaannya di node.toml, atau tulis alamat angkanya.",
            "Check its spelling in node.toml, or write the number address.",
        ),
    ),
    "dns_lies": Told(
        Words(
            "Server nama berbohong: {host} dijawabnya {seen}, alamat yang tidak mungkin.",
            "The name server lies: for {host} it says {seen}, which cannot be.",
        ),
        Words(
            "Tulis alamat angka kabupaten di node.toml, atau ganti server nama (DNS).",
            "Write the hub's number address in node.toml, or change the name server (DNS).",
        ),
    ),
    "refused": Told(
        Words(
            "Komputer di {seen} hidup tetapi menolak: tidak ada Perahu di port {port}.",
            "The computer at {seen} is up but refuses: no Perahu at port {port}.",
        ),
        Words(
            "Pastikan Perahu berjalan di sana, dan port di node.toml benar.",
            "See that Perahu runs there, and that the port in node.toml is right.",
        ),
    ),
    "silent": Told(
        Words(
            "Tidak ada jawaban sama sekali dari {host} port {port}: jaringan putus, atau "
            "sebuah tembok api membuang sambungan.",
            "No answer at all from {host} port {port}: the network is down, or a firewall "
            "drops connections.",
        ),
        Words(
            "Coba alamat lain lewat jalur ini; kalau hanya Perahu yang tidak bisa, minta "
            "port {port} dibuka.",
            "Try another site over this carrier; if only Perahu fails, ask for port {port} "
            "to be opened.",
        ),
    ),
    "no_route": Told(
        Words(
            "Komputer ini tidak punya jalan ke {host} lewat jalur ini.",
            "This computer has no route to {host} over this carrier.",
        ),
        Words(
            "Sambungkan Wi-Fi, modem atau VPN-nya dahulu.",
            "Join the Wi-Fi, modem or VPN first.",
        ),
    ),
    "captive": Told(
        Words(
            "Yang menjawab halaman masuk jaringan (hotel, Wi-Fi umum, pulsa habis), bukan "
            "kabupaten. {seen}",
            "A sign-in page of the network answers (hotel, public Wi-Fi, no credit), not "
            "the kabupaten. {seen}",
        ),
        _SIGN_IN,
    ),
    "foreign": Told(
        Words(
            "Sambungan disela: sertifikat yang ditunjukkan dibuat oleh {seen}, bukan oleh "
            "kabupaten. Tidak ada yang dikirim ke sana.",
            "The connection is intercepted: the certificate shown was issued by {seen}, not "
            "by the kabupaten. Nothing was sent there.",
        ),
        _ASK_NETWORK,
    ),
    "other_node": Told(
        Words(
            "Di alamat itu ada simpul Perahu lain, bukan simpul atasan kita.",
            "At that address is another node of Perahu, not our parent.",
        ),
        _ADDRESS,
    ),
    "other_tls": Told(
        Words(
            "Yang menjawab memakai sambungan aman, tetapi bukan Perahu.",
            "Who answers has a secure connection, but is not Perahu.",
        ),
        _ADDRESS,
    ),
    "stranger": Told(
        Words(
            "Yang menjawab di {host} port {port} bukan Perahu.",
            "Who answers at {host} port {port} is not Perahu.",
        ),
        _ADDRESS,
    ),
    "mtu": Told(
        Words(
            "Paket kecil lewat, paket besar hilang di tengah jalan (MTU).",
            "Small packets pass, large ones are lost on the way (MTU).",
        ),
        Words(
            "Kecilkan MTU alat jaringan itu menjadi 1280, terutama di VPN dan modem.",
            "Set the MTU of that network device to 1280, in VPNs and modems above all.",
        ),
    ),
    "tls_stalls": Told(
        Words(
            "Sambungan terbuka, lalu macet sebelum aman: sesuatu di jalan menahan isinya.",
            "The connection opens, then stalls before it is secure: something on the way "
            "holds its content back.",
        ),
        Words(
            "Coba jalur lain; di VPN dan modem kecilkan MTU menjadi 1280.",
            "Try another carrier; in VPNs and modems set the MTU to 1280.",
        ),
    ),
    "reset": Told(
        Words(
            "Sambungan diputus di tengah: tembok api atau proxy menolaknya, atau Perahu di "
            "seberang sedang mati.",
            "The connection is cut in the middle: a firewall or proxy dislikes it, or Perahu "
            "is not running over there.",
        ),
        _ASK_NETWORK,
    ),
    "answer_stalls": Told(
        Words(
            "Sambungan aman, tetapi jawabannya tidak datang: jalur sangat lambat atau macet.",
            "The connection is secure, but no answer comes: the line is very slow, or stuck.",
        ),
        _WAIT,
    ),
    "busy": Told(
        Words(
            "Simpul atasan hidup tetapi belum dapat menerima (kode {seen}).",
            "The parent is up but cannot take anything now (status {seen}).",
        ),
        Words(
            "Tunggu sebentar; Perahu mencoba lagi sendiri. Lama begini: hubungi kabupaten.",
            "Wait a little; Perahu tries by itself. If it lasts, call the kabupaten.",
        ),
    ),
    "not_ours": Told(
        Words(
            "Yang menjawab (kode {seen}) bukan bagian Perahu yang menerima kiriman.",
            "Who answers (status {seen}) is not the part of Perahu that takes entries.",
        ),
        _ADDRESS,
    ),
    "slow": Told(
        Words(
            "Sangat lambat: kira-kira {rate} kB per detik, pulang pergi {rtt} milidetik.",
            "Very slow: about {rate} kB a second, round trip {rtt} ms.",
        ),
        Words(
            "Catatan tetap sampai; untuk paket pakai jalur lain, malam hari, atau kurir.",
            "Records get through; for packets use another carrier, the night, or courier.",
        ),
    ),
    "lossy": Told(
        Words(
            "Banyak yang hilang di jalan: kira-kira {loss} persen harus diulang.",
            "Much is lost on the way: about {loss} percent had to be sent again.",
        ),
        Words(
            "Perbaiki letak antena atau kabel; Perahu tetap jalan, hanya lebih lambat.",
            "Mend the antenna's place or the cable; Perahu goes on, only slower.",
        ),
    ),
    "udp_shut": Told(
        Words(
            "Tertutup di jalur ini ketika terakhir dicoba; pengiriman memakai sambungan "
            "biasa saja.",
            "Shut on this carrier when last tried; sending uses the plain connection alone.",
        ),
        Words(
            "Kalau bisa, minta UDP port {port} dibuka: di jalur yang buruk jauh lebih cepat.",
            "If you can, have UDP port {port} opened: on a bad line it is much faster.",
        ),
    ),
    "clock": Told(
        Words("{seen}", "{seen}"),
        Words(
            "Betulkan tanggal dan jam komputer ini.",
            "Set this computer's date and time.",
        ),
    ),
}
"""By code; {host}, {port} and {seen} are filled in."""

GOODS: Mapping[str, Words] = {
    "rule": Words("Ya, sekarang semua boleh lewat.", "Yes, everything may go now."),
    "clock": Words("Tidak diragukan.", "Nothing is doubtful."),
    "interface": Words("Ada dan hidup.", "It is there and up."),
    "interface_any": Words("Dipilih sendiri oleh komputer.", "The computer chooses."),
    "dns": Words("{host} ditemukan: {seen}.", "{host} was found: {seen}."),
    "dns_number": Words(
        "Alamatnya angka, tidak perlu dicari.", "It is a number, nothing to look up."
    ),
    "connect": Words("Terbuka dalam {ms} milidetik.", "Open within {ms} ms."),
    "tls": Words(
        "Sertifikatnya dari kabupaten kita.", "Its certificate is our kabupaten's."
    ),
    "hub": Words("Ya, {name} sendiri.", "Yes, {name} itself."),
    "speed": Words(
        "Kira-kira {rate} kB per detik, pulang pergi {rtt} milidetik.",
        "About {rate} kB a second, round trip {rtt} ms.",
    ),
    "speed_fast": Words(
        "Lebih cepat daripada yang perlu diukur, pulang pergi {rtt} milidetik.",
        "Faster than needs measuring, round trip {rtt} ms.",
    ),
    "udp": Words("Pernah lewat di jalur ini.", "It went over this carrier before."),
    "udp_unknown": Words(
        "Belum pernah dicoba; pengiriman mencobanya sendiri.",
        "Never tried yet; sending tries it by itself.",
    ),
    "udp_off": Words("Dimatikan di node.toml.", "Turned off in node.toml."),
}

VERDICT_GOOD = Words("{name}: baik.", "{name}: good.")
VERDICT_BAD = Words("{name}: ada yang salah.", "{name}: something is wrong.")


def fill(words: Words, **values: object) -> Words:
    """Fill in both languages alike."""
    return Words(words.id.format(**values).strip(), words.en.format(**values).strip())
