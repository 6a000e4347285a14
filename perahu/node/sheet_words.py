"""The sentences of the import sheet."""

from __future__ import annotations

from perahu.words import Words

TITLE = Words("Memasang sertifikat kantor", "Installing the office's certificate")
WHAT = Words(
    "Halaman Perahu di kantor ini dikunci (https) dengan sertifikat buatan kantor ini "
    "sendiri, sehingga bekerja tanpa internet. Pasang sekali di setiap komputer atau HP "
    "yang membukanya.",
    "The pages of Perahu in this office are locked (https) with a certificate of the "
    "office's own, so that they work without the internet. Install it once on every "
    "computer or phone that opens them.",
)
# The networks and names are those of page_tls.LAN_NETWORKS and LAN_NAMES.
HARMLESS = Words(
    "Kuncinya tidak pernah keluar dari komputer Perahu. Sertifikat ini hanya berlaku untuk "
    "alamat jaringan lokal (10.x, 172.16-31.x, 192.168.x), nama berakhiran .local{own}; "
    "browser menolaknya untuk situs lain (bank, surel, media sosial).",
    "Its key never leaves the Perahu computer. This certificate holds for addresses of "
    "local networks (10.x, 172.16-31.x, 192.168.x), names that end in .local{own}; "
    "browsers refuse it for any other site (bank, mail, social media).",
)
AND = Words("dan", "and")
FINGERPRINT = Words(
    "Sidik jari sertifikat (SHA-256)", "Fingerprint of the certificate (SHA-256)"
)
COMPARE = Words(
    "Cocokkan 64 huruf dan angka ini sebelum memasang. Beda satu saja: jangan dipasang, "
    "hubungi atasan.",
    "Compare these 64 characters before you install it. If one differs: do not install "
    "it, call your supervisor.",
)
ADDRESSES = Words("Alamat halaman", "Addresses of the pages")
TAKE_IT = Words(
    "Ambil `{file}` dari stik, atau dari {url}. Hanya pada kali pertama ini browser "
    "memperingatkan sebelum berkasnya terunduh: pilih Lanjutan, lalu Lanjutkan. Jangan "
    "ketik PIN sebelum sertifikatnya terpasang.",
    "Take `{file}` from the stick, or from {url}. This first time only, the browser warns "
    "before it downloads the file: choose Advanced, then Proceed. Type no PIN before the "
    "certificate is installed.",
)
SCAN_CERTIFICATE = Words("1. Sertifikat", "1. Certificate")
SCAN_PAGES = Words("2. Halaman", "2. Pages")
TAKE = Words("Ambil berkasnya", "Take the file")

_RESTART = Words(
    "Tutup semua jendela browser, lalu buka alamat halaman: tidak ada peringatan lagi.",
    "Close every browser window, then open the pages: no warning any more.",
)
DEVICES = (
    (
        Words("Windows: Chrome, Edge, Firefox", "Windows: Chrome, Edge, Firefox"),
        (
            Words(
                "Cocokkan: di PowerShell ketik `Get-FileHash ca-kantor.crt`",
                "Compare: in PowerShell type `Get-FileHash ca-kantor.crt`",
            ),
            Words(
                "Klik dua kali berkasnya > Install Certificate > Current User > Place all "
                "certificates in the following store > Browse > Trusted Root Certification "
                "Authorities > Finish > Yes. (Lewat certmgr.msc: Trusted Root "
                "Certification Authorities > All Tasks > Import.)",
                "Double-click the file > Install Certificate > Current User > Place all "
                "certificates in the following store > Browse > Trusted Root Certification "
                "Authorities > Finish > Yes. (In certmgr.msc: Trusted Root Certification "
                "Authorities > All Tasks > Import.)",
            ),
            _RESTART,
        ),
    ),
    (
        Words("Android: Chrome", "Android: Chrome"),
        (
            Words(
                "Pindai kode 1 dan unduh. Kunci layar HP harus aktif.",
                "Scan code 1 and download. The phone needs a screen lock.",
            ),
            Words(
                "Setelan > Keamanan > Enkripsi & kredensial > Instal sertifikat > "
                "Sertifikat CA > Tetap instal > pilih `ca-kantor.crt`.",
                "Settings > Security > Encryption & credentials > Install a certificate > "
                "CA certificate > Install anyway > choose `ca-kantor.crt`.",
            ),
            Words(
                "Cocokkan: Kredensial tepercaya > Pengguna > Perahu; beda: hapus. Pemberitahuan "
                "“jaringan mungkin dipantau” memang muncul; itu sertifikat ini.",
                "Compare: Trusted credentials > User > Perahu; if it differs: remove. The "
                "notice “network may be "
                "monitored” does appear; it means this certificate.",
            ),
            Words(
                "Pindai kode 2 untuk membuka halaman.",
                "Scan code 2 to open the pages.",
            ),
        ),
    ),
    (
        Words("Linux: Firefox, Chromium, Chrome", "Linux: Firefox, Chromium, Chrome"),
        (
            Words(
                "Cocokkan: di terminal ketik `sha256sum ca-kantor.crt`",
                "Compare: in a terminal type `sha256sum ca-kantor.crt`",
            ),
            Words(
                "Firefox: Settings > Privacy & Security > View Certificates > Authorities "
                "> Import; centang “Trust this CA to identify websites”.",
                "Firefox: Settings > Privacy & Security > View Certificates > Authorities "
                "> Import; tick “Trust this CA to identify websites”.",
            ),
            Words(
                "Chromium, Chrome: Settings > Privacy and security > Security > Manage "
                "certificates > Custom > Installed by you > Trusted certificates > Import.",
                "Chromium, Chrome: Settings > Privacy and security > Security > Manage "
                "certificates > Custom > Installed by you > Trusted certificates > Import.",
            ),
            _RESTART,
        ),
    ),
)
WARNED = Words(
    "Browser memperingatkan sesudah dipasang? Jangan ketik PIN. Periksa:",
    "The browser warns after that? Type no PIN. Check:",
)
WARNED_STEPS = (
    Words(
        "alamatnya persis seperti di lembar ini, dengan https:// di depan;",
        "the address is exactly as on this sheet, with https:// in front;",
    ),
    Words(
        "tanggal dan jam komputer ini benar;",
        "date and hour of this computer are right;",
    ),
    Words(
        "sertifikat terpasang di sini, sidik jarinya sama, browser sudah dibuka ulang.",
        "the certificate is installed here, its fingerprint is the same, the browser was "
        "opened anew.",
    ),
    Words(
        "Masih memperingatkan? Mungkin komputer lain yang menjawab. Berhenti dan hubungi "
        "atasan; jangan pilih Lanjutkan.",
        "Still a warning? Another computer may be answering. Stop and call your "
        "supervisor; do not choose Proceed.",
    ),
)
INSTALLED = Words("Dipasang di", "Installed on")
COLUMNS = (
    Words("Komputer atau HP", "Computer or phone"),
    Words("Dipasang oleh", "Installed by"),
    Words("Tanggal dan jam", "Date and hour"),
    Words("Sidik jari cocok (paraf)", "Fingerprint compared (initials)"),
)
RETIRED = Words(
    "Komputer atau HP yang tidak dipakai lagi di kantor: hapus sertifikatnya.",
    "A computer or phone that leaves the office: remove the certificate.",
)
