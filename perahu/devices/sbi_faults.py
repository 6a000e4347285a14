"""What a device's failure is called here, and what the operator reads of it."""

from __future__ import annotations

from perahu.devices.ports import DeviceFault
from perahu.words import Words

_AGAIN = Words(
    "Yang sudah diterima tetap tersimpan.",
    "What was accepted before is kept.",
)

_WORDS = {
    "not_connected": Words(
        "Alat tidak ditemukan. Periksa kabel dan layanannya, lalu coba lagi.",
        "The device was not found. Check its cable and its program, then try again.",
    ),
    "busy": Words(
        "Alat sedang dipakai atau belum siap. Tunggu sebentar, lalu coba lagi.",
        "The device is busy or not ready. Wait a moment, then try again.",
    ),
    "timeout": Words(
        "Alat tidak menjawab pada waktunya. Ulangi pengambilan.",
        "The device did not answer in time. Capture again.",
    ),
    "poor_quality": Words(
        "Gambar terlalu buruk untuk dibaca. Bersihkan alat dan jari, lalu ulangi.",
        "The picture is too poor to read. Clean device and finger, then try again.",
    ),
    "no_object": Words(
        "Alat tidak menemukan jari, mata atau wajah. Atur letaknya dan ulangi; bila"
        " memang tidak ada, catat pengecualian dengan alasannya.",
        "The device found no finger, eye or face. Place it again; where there is none,"
        " record an exception with its reason.",
    ),
    "wrong_part": Words(
        "Alat memberi bagian lain daripada yang diminta. Ulangi pengambilan.",
        "The device gave another part than was asked for. Capture again.",
    ),
    "bad_answer": Words(
        "Jawaban alat rusak dan tidak dipakai. Ulangi pengambilan; bila terulang,"
        " hubungi teknisi.",
        "The device's answer is broken and was not used. Capture again; if it happens"
        " again, call the technician.",
    ),
    "bad_signature": Words(
        "Jawaban alat tidak ditandatangani alat yang dipercaya kantor ini, jadi tidak"
        " dipakai. Hubungi teknisi.",
        "The answer is not signed by a device that this office trusts, so it was not"
        " used. Call the technician.",
    ),
    "device_error": Words(
        "Alat melaporkan kesalahan. Cabut dan pasang lagi alatnya, lalu ulangi.",
        "The device reports an error. Unplug it and plug it in again, then try again.",
    ),
}

_CODES = {
    "100": "device_error",
    "101": "no_object",
    "102": "poor_quality",
    "105": "poor_quality",
    "106": "not_connected",
    "110": "busy",
    "111": "busy",
    "202": "not_connected",
    "503": "not_connected",
    "607": "busy",
    "700": "timeout",
    "701": "timeout",
    "703": "busy",
    "705": "not_connected",
    "707": "no_object",
    "708": "no_object",
}
"""SBI's error codes and those of its reference devices; any other is `device_error`."""

_CODE_CHARS_MAX = 8


def fault(code: str, device_code: str = "") -> DeviceFault:
    """The fault with this name, in both languages."""
    words = _WORDS[code]
    told = f" ({device_code})" if device_code else ""
    return DeviceFault(
        code,
        id=f"{words.id}{told} {_AGAIN.id}",
        en=f"{words.en}{told} {_AGAIN.en}",
        device_code=device_code,
    )


def fault_of(device_code: str) -> DeviceFault:
    """The fault that a device's own error code means."""
    shown = "".join(c for c in device_code[:_CODE_CHARS_MAX] if c.isalnum())
    return fault(_CODES.get(shown, "device_error"), shown)
