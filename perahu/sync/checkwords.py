"""Four plain words out of a checksum, to be read over a telephone.

256 common Indonesian words, no two alike in their first four letters or in all letters
but one: four of them say 32 bits. The list never changes: its order is the format.
"""

from __future__ import annotations

_TEXT = """
abang abu acar adil air ajak akrab alam aliran alis aman andal angin angka antar
apel api arah arus asin babak badai bakau baku balok barat baris batas bawang
bayam bebas bebek bekal belah benang benih betul biji biru bisik bola bubur budi
buih bukit bunga burung cahaya cair candi cangkir cepat cerah cerdas cermat
coklat cuaca cuka dagang damai danau dapur dasar daun dayung debu dekat delapan
depan desa dinding dingin dompet dua duduk dunia emas embun empat enam erat
fajar gajah gandum garam gelas genap gerbang getah goa gula gunung guru hakim
halus hangat harum hati hemat hijau hitung hujan hulu huruf ikan imbang indah
induk intan iring jagung jahe jala jalur jaring jauh jembatan jendela jeruk
jinak kabut kaca kain kaki kapal karang kartu kebun kecil kemiri kendi kera
kering kipas kolam kopi kota kuat kuda kue kulit kunci kuning kursi labu ladang
lampu langit laut lebah lemari lembah lesung lima lintas lontar luas lurus madu
makan malam mangga manis masak mata mawar merpati minyak muara murah musim
nakhoda nanas nasi nelayan obat padi pagar pandan pantai papan pasir pedas
pelangi pelita penuh perahu pesan petang piring pohon pulau puncak putih rajin
rambut rapi rasa ratus rebung rendah resep roda rotan ruang rumah rumput sabar
sabun sagu sampan sangkar sarung sawah sedap segar sehat sejuk semut senja
sepatu serai siang silat singa sirih suling sungai surat susu tali taman tarian
teduh tepung terang tikar tinta tiram tulang tumbuh tupai ubi udang ukir ular
umbi unggas usaha utara waduk wajan waktu warna wortel yakin
"""
WORDS = tuple(_TEXT.split())

assert len(WORDS) == len(set(WORDS)) == 256


def four_words(digest: bytes) -> str:
    """The first four bytes of a hash as four words."""
    assert len(digest) >= 4
    return " ".join(WORDS[byte] for byte in digest[:4])
