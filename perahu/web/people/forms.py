"""The forms about a person's biodata: what is asked, and how a typed thing is read.

Django's forms check what each field holds; what may be registered or corrected is for
the rules of people (`decide_registration`, `decide_correction`), whose refusal is shown
in place with everything typed still there.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from perahu.people.facts import Biodata
from perahu.people.rules import Change, codes, nik_warnings, plain, wilayah
from perahu.web.names import desa_choices, full_place
from perahu.words import Words

FIRST_YEAR = 1900
PAPER_CHARS_MAX = 95
"""Document and reason share the 200 characters of a paper."""

_REQUIRED = _("Bagian ini harus diisi.")
_BAD_DAY = _("Tanggal ini tidak ada. Tulis seperti 31-12-1990.")
_UNKNOWN_DESA = _("Kode desa ini tidak dikenal; periksa pada KK.")
_NUMBER = RegexValidator(r"\A[0-9]+\Z", _("Isi angka saja."))
_DIGITS = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

_DAY_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d"]
# A browser's own date field shows the order of its own language: 03/04 would be read wrong.
_DAY = forms.DateInput(
    attrs={"autocomplete": "off", "maxlength": "10"}, format="%d-%m-%Y"
)


_CAPITALS = frozenset(
    (
        "A", "B", "AB", "O", "A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-", "SD",
        "SLTP", "SLTA", "S", "I", "II", "III", "IV", "RI", "TNI", "BUMN", "BUMD", "DPR",
        "DPD", "BPK", "DPRD", "YME", "WNI", "WNA",
    )
)  # fmt: skip


_PROPER = frozenset(("TUHAN", "INDONESIA"))


def plain_word(word: str) -> str:
    """A code's word as one reads it: "Tamat SD/sederajat" for TAMAT SD/SEDERAJAT."""
    found = re.sub(r"[A-Z+-]+", _plain_case, word)
    return found[:1].upper() + found[1:]


def _plain_case(found: re.Match[str]) -> str:
    text = found[0]
    if text in _PROPER:
        return text.capitalize()
    if text in _CAPITALS or _CAPITALS.issuperset(text.split("-")):
        return text
    return text.lower()


def _codes(table: codes.Codes, *, optional: bool = True) -> list[tuple[str, object]]:
    named = [(str(code), plain_word(word)) for code, word in table.names.items()]
    return [("0", _("belum diketahui")), *named] if optional else list(named)


def _text(
    label: object,
    chars_max: int,
    *,
    required: bool = False,
    note: object = "",
    check: RegexValidator | None = None,
) -> forms.CharField:
    return forms.CharField(
        label=str(label) if isinstance(label, str) else label,  # type: ignore[arg-type]
        max_length=chars_max,
        required=required,
        help_text=note,  # type: ignore[arg-type]
        error_messages={"required": _REQUIRED},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        validators=[check] if check else [],
    )


def _choice(label: object, table: codes.Codes, *, optional: bool = True) -> Any:
    return forms.TypedChoiceField(
        label=label,  # type: ignore[arg-type]
        choices=_codes(table, optional=optional),
        coerce=int,
        initial="0" if optional else None,
        required=not optional,
        error_messages={"required": _("Pilih salah satu.")},
    )


class BiodataForm(forms.Form):
    """All elements of a person's biodata."""

    nik = forms.CharField(
        label="NIK",
        max_length=20,
        required=False,
        widget=_DIGITS,
        help_text=_("Boleh kosong bila belum punya; NIK hanya dari pusat."),
    )
    no_kk = forms.CharField(
        label="No. KK", max_length=20, required=False, widget=_DIGITS
    )
    nama = _text(
        _("Nama lengkap"),
        100,
        required=True,
        note=_("Seperti pada dokumen, tanpa gelar."),
    )
    jenis_kelamin = forms.TypedChoiceField(
        label=_("Jenis kelamin"),
        choices=[("1", _("Laki-laki")), ("2", _("Perempuan"))],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Pilih salah satu.")},
    )
    tempat_lahir = _text(_("Tempat lahir"), 60, required=True)
    tanggal_lahir = forms.DateField(
        label=_("Tanggal lahir"),
        input_formats=_DAY_FORMATS,
        help_text=_("Contoh: 31-12-1990"),
        widget=_DAY,
        error_messages={
            "required": _REQUIRED,
            "invalid": _BAD_DAY,
        },
    )
    desa = forms.ChoiceField(
        label=_("Desa atau kelurahan tempat tinggal"), required=False
    )
    desa_lain = _text(
        _("Kode desa lain"),
        20,
        note=_("Hanya bila tinggal di luar wilayah ini: sepuluh angka, ada pada KK."),
    )
    alamat = _text(_("Alamat"), 200)
    rt = _text("RT", 3, check=_NUMBER)
    rw = _text("RW", 3, check=_NUMBER)
    agama = _choice(_("Agama"), codes.RELIGION)
    status_kawin = _choice(_("Status kawin"), codes.MARRIAGE)
    shdk = _choice(_("Hubungan dalam keluarga"), codes.RELATION)
    pendidikan = _choice(_("Pendidikan"), codes.EDUCATION)
    pekerjaan = _choice(_("Pekerjaan"), codes.OCCUPATION)
    gol_darah = _choice(_("Golongan darah"), codes.BLOOD, optional=False)
    kewarganegaraan = forms.ChoiceField(
        label=_("Kewarganegaraan"), choices=[("WNI", "WNI"), ("WNA", "WNA")]
    )
    berlaku_hingga = forms.DateField(
        label=_("ITAP berlaku sampai"),
        required=False,
        input_formats=_DAY_FORMATS,
        widget=_DAY,
        help_text=_("Hanya untuk WNA."),
        error_messages={"invalid": _BAD_DAY},
    )

    def __init__(
        self, *args: Any, scope: tuple[str, ...], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        near = [("", _("pilih desa")), *desa_choices(scope)]
        home = str(self.initial.get("desa", ""))
        if home and home not in dict(near):
            near.append((home, full_place(home)))
        self.fields["desa"].choices = near  # type: ignore[attr-defined]
        self.fields["gol_darah"].initial = str(codes.BLOOD_UNKNOWN)

    def clean_nik(self) -> str:
        """Digits alone, however they were grouped."""
        return _digits(self.cleaned_data["nik"])

    def clean_no_kk(self) -> str:
        """Digits alone."""
        return _digits(self.cleaned_data["no_kk"])

    def clean_tanggal_lahir(self) -> date:
        """A day on which somebody now alive can have been born."""
        born: date = self.cleaned_data["tanggal_lahir"]
        if not date(FIRST_YEAR, 1, 1) <= born <= self._today:
            raise forms.ValidationError(
                _("Periksa tanggal ini: tahunnya tidak mungkin.")
            )
        return born

    def clean(self) -> dict[str, Any]:
        """One desa, out of the list or by its code."""
        found: dict[str, Any] = super().clean() or {}
        other = found.get("desa_lain", "")
        code = plain(other) if other else found.get("desa", "")
        if not code:
            where = "desa_lain" if other else "desa"
            if where not in self.errors:
                self.add_error(where, _UNKNOWN_DESA if other else _("Pilih desanya."))
        elif len(code) != codes.DESA_DIGITS or wilayah(code) is None:
            self.add_error("desa_lain", _UNKNOWN_DESA)
        found["wilayah"] = code
        return found

    def biodata(self) -> Biodata:
        """What was typed, where it is valid."""
        return Biodata(**self.told())

    def told(self) -> dict[str, Any]:
        """The elements by name; a code that was left out is 0."""
        found = {k: v for k, v in self.cleaned_data.items() if k in _ELEMENTS}
        return found | {name: int(found[name] or 0) for name in _CODED}


class RegisterForm(BiodataForm):
    """A person unknown here, with the paper that proves who they are."""

    dokumen = _text(
        _("Dokumen yang dibawa"),
        200,
        required=True,
        note=_("Misalnya: KK lama, akta kelahiran nomor sekian, surat desa."),
    )


class CorrectForm(BiodataForm):
    """Elements to correct, each by the paper that proves it."""

    dokumen = _text(
        _("Dokumen pendukung"),
        PAPER_CHARS_MAX,
        required=True,
        note=_("Misalnya: akta kelahiran 1703-LU-01012001-0001."),
    )
    alasan = _text(_("Alasan"), PAPER_CHARS_MAX, required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["nik"]

    def changes(self, before: Biodata) -> list[Change]:
        """What is another than before."""
        paper = f"{self.cleaned_data['dokumen']} ({self.cleaned_data['alasan']})"
        after = initial_of(before) | self.told()
        return [
            Change(name, _as_text(after[name]), paper)
            for name in _CORRECTABLE
            if _as_text(after[name]) != _as_text(getattr(before, name))
        ]


def initial_of(who: Biodata) -> dict[str, Any]:
    """The form's fields as the biodata have them."""
    found = {name: getattr(who, name) for name in _ELEMENTS}
    return found | {"desa": who.wilayah}


def number_warnings(who: Biodata) -> list[Words]:
    """What an officer should look at twice. Raises Refusal for an impossible number."""
    if not who.nik:
        return []
    return nik_warnings(
        who.nik, born=who.tanggal_lahir, sex=who.jenis_kelamin, wilayah=who.wilayah
    )


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _digits(text: str) -> str:
    return text.replace(" ", "").replace(".", "").replace("-", "")


_ELEMENTS = (
    "nik", "no_kk", "nama", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "wilayah",
    "alamat", "rt", "rw", "agama", "status_kawin", "shdk", "pendidikan", "pekerjaan",
    "gol_darah", "kewarganegaraan", "berlaku_hingga",
)  # fmt: skip
_CODED = (
    "jenis_kelamin", "agama", "status_kawin", "shdk", "pendidikan", "pekerjaan",
    "gol_darah",
)  # fmt: skip
_CORRECTABLE = tuple(name for name in _ELEMENTS if name != "nik")
