"""A person's page, registering who is unknown, and correcting biodata."""

from __future__ import annotations

from typing import Any

from perahu.enrolment.models import Recording
from perahu.people.models import Person
from perahu.web.names import desa_choices, full_place, place
from tests.web.seats import Seat, plain

NEW: dict[str, Any] = {
    "nama": "Bawaroni Kaarubi", "jenis_kelamin": "1", "tempat_lahir": "ENGGANO",
    "tanggal_lahir": "12-05-1988", "desa": "1703012002", "alamat": "DUSUN I",
    "agama": "1", "status_kawin": "2", "gol_darah": "13", "kewarganegaraan": "WNI",
    "dokumen": "KK lama",
}  # fmt: skip


def resident(seat: Seat, **wanted: Any) -> Person:
    """Somebody who lives there."""
    with seat.office.at_work():
        found = Person.objects.filter(**wanted).order_by("nik").first()
    assert found is not None
    return found


def test_it_tells_who_somebody_is_in_words(enggano: Seat) -> None:
    """No code stands alone: religion, desa, relation are words."""
    who = resident(enggano, agama=1, shdk=1)
    text = enggano.text(f"/orang/{who.person}")
    assert who.nama in text
    assert "Islam" in text
    assert "Kepala keluarga" in text
    assert "Kabupaten Bengkulu Utara, Bengkulu" in text
    assert who.wilayah not in text


def test_it_warns_where_the_nik_contradicts_the_birth_date(enggano: Seat) -> None:
    """A NIK is for life: the page warns, and keeps it."""
    who = resident(enggano)
    fields = {**as_typed(who), "tanggal_lahir": "01-01-1971"}
    answer = enggano.post(f"/orang/{who.person}/betulkan", **fields)
    assert answer.status_code == 302
    text = enggano.text(f"/orang/{who.person}")
    assert "NIK tidak cocok dengan tanggal lahir" in text
    assert "1 Januari 1971" in text


def test_it_tells_what_happened_and_where_the_four_things_stand(desk: Seat) -> None:
    """Packet, centre, card and ticket, and the story with who did it."""
    with desk.office.at_work():
        one = Recording.objects.order_by("number").first()
    assert one is not None
    text = desk.text(f"/orang/{one.person}")
    for words in ("Rekaman", "Pusat", "Kartu", "Antrean loket", "Tunggal, siap cetak"):
        assert words in text
    for words in (
        f"({one.number})",
        "Rekaman lengkap dan ditutup",
        "Dikirim kabupaten",
    ):
        assert words in text
    assert "Sari" in text
    assert "PRINT_READY_RECORD" not in text


def test_it_says_nobody_for_an_unknown_id(enggano: Seat) -> None:
    """An id that is nobody's, or none, is an answer in words."""
    assert enggano.get(f"/orang/{'00' * 12}").status_code == 404
    assert enggano.get("/orang/zz").status_code == 409


def test_it_registers_a_person_without_a_nik_once(enggano: Seat) -> None:
    """Sent twice, the form makes one person; the page says there is no NIK."""
    op = enggano.office.ports.random(16).hex()
    first = enggano.post("/orang/baru", op=op, **NEW)
    again = enggano.post("/orang/baru", op=op, **NEW)
    assert first.status_code == 302, plain(first.content.decode())
    page = enggano.text(first["Location"])
    assert "BAWARONI KAARUBI" in page
    assert "belum punya NIK" in page
    with enggano.office.at_work():
        assert Person.objects.filter(nama="BAWARONI KAARUBI").count() == 1
    assert again.status_code in (302, 409)


def test_it_keeps_what_was_typed_and_lists_what_is_wrong(enggano: Seat) -> None:
    """An error summary names each field; nothing typed is lost."""
    typed = {**NEW, "tanggal_lahir": "31-02-1988", "desa": "", "dokumen": ""}
    answer = enggano.post("/orang/baru", **typed)
    assert answer.status_code == 409
    html, text = answer.content.decode(), plain(answer.content.decode())
    assert 'value="Bawaroni Kaarubi"' in html
    assert "Tanggal lahir: Tanggal ini tidak ada. Tulis seperti 31-12-1990." in text
    assert "Pilih desanya." in text
    assert 'href="#id_dokumen"' in html
    assert "tahunnya tidak mungkin" in plain(
        enggano.post("/orang/baru", **{**NEW, "tanggal_lahir": "12-05-2988"})
        .content.decode()
    )  # fmt: skip


def test_it_says_which_of_two_desa_fields_is_wrong(enggano: Seat) -> None:
    """A code that is none, and an RT in letters, are named for what they are."""
    typed = {**NEW, "desa": "", "desa_lain": "abc", "rt": "aa"}
    text = plain(enggano.post("/orang/baru", **typed).content.decode())
    assert "Kode desa lain: Kode desa ini tidak dikenal; periksa pada KK." in text
    assert "RT: Isi angka saja." in text


def test_it_refuses_an_impossible_nik_in_place(enggano: Seat) -> None:
    """The rule's own sentence stands above the form."""
    answer = enggano.post("/orang/baru", **NEW, nik="170301 990588 9001")
    assert answer.status_code == 409
    assert "memuat tanggal yang tidak ada" in plain(answer.content.decode())


def test_it_asks_again_where_a_nik_is_odd(enggano: Seat) -> None:
    """A contradiction is asked about once, and taken when it was checked."""
    odd = {**NEW, "nik": "1703011205779444"}
    answer = enggano.post("/orang/baru", **odd)
    assert answer.status_code == 409
    assert "NIK tidak cocok dengan tanggal lahir" in plain(answer.content.decode())
    assert enggano.post("/orang/baru", **odd, diperiksa="1").status_code == 302


def test_it_shows_who_may_be_the_same_person(enggano: Seat) -> None:
    """Born on the same day and called alike: look first."""
    who = resident(enggano)
    assert who.tanggal_lahir is not None
    like = {**NEW, "nama": who.nama, "tanggal_lahir": f"{who.tanggal_lahir:%d-%m-%Y}"}
    answer = enggano.post("/orang/baru", **like)
    assert answer.status_code == 409
    assert f"/orang/{who.person}" in answer.content.decode()


def test_it_corrects_only_what_changed_with_paper_and_reason(enggano: Seat) -> None:
    """One element, one change; without a change nothing is stated."""
    who = resident(enggano, agama=1)
    same = as_typed(who)
    answer = enggano.post(f"/orang/{who.person}/betulkan", **same)
    assert answer.status_code == 409
    assert "Tidak ada elemen yang berubah" in plain(answer.content.decode())
    changed = {**same, "tempat_lahir": "BENGKULU"}
    answer = enggano.post(f"/orang/{who.person}/betulkan", **changed)
    assert answer.status_code == 302
    assert answer["Location"] == f"/orang/{who.person}?betul=1"
    facts = [
        event.fact
        for event in enggano.office.journal.events(0, 10_000)
        if type(event.fact).__name__ == "ResidentCorrected"
    ]
    paper = "AKTA 1 (salah ketik)"
    change = ("tempat_lahir", who.tempat_lahir, "BENGKULU", paper)
    assert facts[-1].changes == (change,)  # type: ignore[attr-defined]


def test_it_goes_back_to_where_the_correction_came_from(enggano: Seat) -> None:
    """A recording that waits is gone on with; no other site ever is."""
    who = resident(enggano)
    for wanted, led in (("/rekam/abc", True), ("https://jahat.example/", False)):
        fields = {**as_typed(who), "alamat": f"DUSUN {wanted[:5]}", "next": wanted}
        answer = enggano.post(f"/orang/{who.person}/betulkan", **fields)
        assert (answer["Location"] == wanted) is led


def test_it_names_places_as_people_say_them() -> None:
    """Desa and kelurahan with their kecamatan; what is unknown as its code."""
    assert place("1703012002") == "Desa Meok, Enggano"
    assert place("170301") == "Enggano"
    assert place("9999999999") == "99.99.99.9999"
    assert full_place("1703012002").endswith("Kabupaten Bengkulu Utara, Bengkulu")
    assert ("1703012002", "Desa Meok") in desa_choices(("170301",))
    assert desa_choices(("1703012002",)) == [("1703012002", "Desa Meok")]


def as_typed(who: Person) -> dict[str, Any]:
    """The correction form as it comes up, with paper and reason."""
    names = (
        "no_kk", "nama", "jenis_kelamin", "tempat_lahir", "alamat", "rt", "rw", "agama",
        "status_kawin", "shdk", "pendidikan", "pekerjaan", "gol_darah",
        "kewarganegaraan",
    )  # fmt: skip
    assert who.tanggal_lahir is not None
    return {
        **{name: getattr(who, name) for name in names},
        "tanggal_lahir": f"{who.tanggal_lahir:%d-%m-%Y}",
        "desa": who.wilayah,
        "dokumen": "AKTA 1",
        "alasan": "salah ketik",
    }
