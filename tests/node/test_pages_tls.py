"""Pages over TLS under the node's own authority: what desks may trust, and what not."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings as django_settings
from playwright.sync_api import Error, sync_playwright

from perahu.keys.vault import keys_of, new_secret
from perahu.node import lan, page_tls
from perahu.node.office import open_office
from perahu.node.page_tls import can_be_named, make_page_authority, permits
from perahu.node.page_trust import (
    AUTHORITY_FILE,
    AUTHORITY_KEY_FILE,
    PageCertificate,
    authority_certificate,
    ensure_authority,
    is_secure,
)
from perahu.node.pages import PageServer, page_server
from perahu.node.rng import system_random
from perahu.node.settings import Settings, load_settings, save_settings
from perahu.node.trust import FOLDER
from perahu.words import Refusal
from tests.node.offices import PHRASE, found_hub

ANY = "0.0.0.0:0"
ANSWER_S, ENDED_S = 10, 10
STEADY = 10
BANK = "www.bank.example"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = keys_of(new_secret(system_random))
CHROMIUM = "/usr/bin/chromium"

Start = Callable[..., PageServer]


def need_chromium() -> None:
    """Skip where there is no browser."""
    if not Path(CHROMIUM).exists():
        pytest.skip("needs the Debian package chromium")


def _settings(page: str = ANY) -> Settings:
    return Settings(name="Enggano", role="kecamatan", wilayah=("170301",), page=page)


def _made(folder: Path, page: str = ANY, **more: Any) -> PageCertificate:
    ensure_authority(folder, _settings(page), SECRET.age_recipient)
    return PageCertificate(folder, _settings(page), SECRET.age_identity, **more)


def _answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.url_scheme"].encode()]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts page servers and stops them after the test."""
    running: list[PageServer] = []

    def one(*given: Any) -> PageServer:
        running.append(PageServer(*given))
        running[-1].start()
        return running[-1]

    yield one
    for server in running:
        server.stop(ENDED_S)


def _get(url: str, authority: bytes | None = None) -> bytes:
    trusted = (
        None if authority is None else ssl.create_default_context(cadata=authority)
    )
    with urllib.request.urlopen(url, timeout=ANSWER_S, context=trusted) as answer:
        return bytes(answer.read())


def _held(certificate: PageCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.path.read_bytes())


def test_it_answers_who_trusts_the_office_alone(tmp_path: Path, start: Start) -> None:
    """A desk with this authority and no other reads a page; one without it refuses."""
    server = start(ANY, _answer, _made(tmp_path))
    for host in ("127.0.0.1", "localhost"):
        url = f"https://{host}:{server.port}/"
        assert _get(url, authority_certificate(tmp_path)) == b"https"
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            _get(url)
    assert server.url.startswith("https://")


@pytest.mark.parametrize("page", [ANY, "127.0.0.1:0"])
def test_it_keeps_cookies_to_tls(page: str, tmp_path: Path, start: Start) -> None:
    """On TLS every cookie is for TLS alone; on loopback it stays as it was set."""

    def answer(environ: dict[str, Any], begin: Any) -> Iterable[bytes]:
        cookies = ("sesi=x; HttpOnly", "tema=gelap; Secure")
        begin("200 OK", [("Set-Cookie", one) for one in cookies])
        return [b""]

    certificate = _made(tmp_path) if page == ANY else None
    server = start(page, answer, certificate)
    trusted = ssl.create_default_context(cadata=authority_certificate(tmp_path))
    url = f"{server.url.partition(':')[0]}://127.0.0.1:{server.port}/"
    with urllib.request.urlopen(url, timeout=ANSWER_S, context=trusted) as got:
        cookies = got.headers.get_all("Set-Cookie")
    first = "sesi=x; HttpOnly" + ("; Secure" if certificate else "")
    assert cookies == [first, "tema=gelap; Secure"]


def test_it_follows_the_settings_of_an_office(tmp_path: Path) -> None:
    """A node whose `page` is opened later makes what it needs at its first start."""
    found_hub(tmp_path)
    hub = tmp_path / "hub"
    for page, scheme in (("127.0.0.1:0", b"http"), (ANY, b"https")):
        save_settings(hub, replace(load_settings(hub), page=page))
        with open_office(hub, passphrase=PHRASE) as office:
            server = page_server(office, _answer)
            server.start()
            url = f"{scheme.decode()}://127.0.0.1:{server.port}/"
            assert _get(url, authority_certificate(hub)) == scheme
            server.stop(ENDED_S)


def test_it_takes_an_address_that_is_its_own_and_free(tmp_path: Path) -> None:
    """A port in use and an address of another machine are each one clear sentence."""
    server = PageServer("127.0.0.1:0", _answer)
    with pytest.raises(Refusal, match="port_taken"):
        PageServer(f"127.0.0.1:{server.port}", _answer)
    server.start()
    server.stop(ENDED_S)
    with pytest.raises(Refusal, match="page_address_away"):
        PageServer("198.51.100.7:0", _answer)


def test_it_is_refused_under_another_name(tmp_path: Path, start: Start) -> None:
    """A certificate of another office, or without this name, opens nothing."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    server = start(ANY, _answer, _made(tmp_path / "here"))
    _made(tmp_path / "there")
    stranger = authority_certificate(tmp_path / "there")
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        _get(f"https://127.0.0.1:{server.port}/", stranger)
    trusted = ssl.create_default_context(
        cadata=authority_certificate(tmp_path / "here")
    )
    trusted.check_hostname = True
    with (
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        socket.create_connection(("127.0.0.1", server.port), ANSWER_S) as plain,
        trusted.wrap_socket(plain, server_hostname="kantor-lain.local"),
    ):
        pass


def test_it_speaks_no_old_tls(tmp_path: Path, start: Start) -> None:
    """TLS 1.2 is the oldest that gets an answer."""
    server = start(ANY, _answer, _made(tmp_path))
    for version, works in (
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
    ):
        trusted = ssl.create_default_context(cadata=authority_certificate(tmp_path))
        trusted.minimum_version = ssl.TLSVersion.TLSv1
        trusted.maximum_version = version
        trusted.set_ciphers("ALL:@SECLEVEL=0")
        url = f"https://127.0.0.1:{server.port}/"
        try:
            with urllib.request.urlopen(
                url, timeout=ANSWER_S, context=trusted
            ) as answer:
                assert works and answer.status == 200
        except urllib.error.URLError:
            assert not works


@pytest.mark.parametrize("page", ["127.0.0.1:0", "localhost:0"])
def test_it_stays_http_on_loopback(page: str, tmp_path: Path, start: Start) -> None:
    """Pages for this machine alone need no certificate, and none is made."""
    assert not is_secure(_settings(page))
    ensure_authority(tmp_path, _settings(page), SECRET.age_recipient)
    assert not (tmp_path / FOLDER).exists()
    server = start(page, _answer)
    assert server.url == f"http://{page.partition(':')[0]}:{server.port}/"
    assert _get(server.url) == b"http"


@pytest.mark.parametrize(
    "page", [ANY, "[::]:8700", "192.168.1.10:8700", "perahu.local:8700"]
)
def test_it_is_secure_beyond_loopback(page: str) -> None:
    """Every address that another machine could reach is on TLS."""
    assert is_secure(_settings(page))


def test_it_answers_to_the_names_of_its_certificate(
    tmp_path: Path, start: Start
) -> None:
    """Django allows exactly the names in the certificate while the server runs."""
    before = django_settings.ALLOWED_HOSTS
    certificate = _made(tmp_path, "192.168.77.5:0")
    server = PageServer(ANY, _answer, certificate)
    server.start()
    _get(f"https://127.0.0.1:{server.port}/", authority_certificate(tmp_path))
    named = _held(certificate).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    names = {str(one.value) for one in named.value}
    assert "192.168.77.5" in names and names == set(certificate.names)
    assert {one.strip("[]") for one in django_settings.ALLOWED_HOSTS} == names
    server.stop(ENDED_S)
    assert before == django_settings.ALLOWED_HOSTS


def test_it_renews_for_another_address_while_it_runs(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop in another network gets a certificate for it, and no desk is turned away."""
    monkeypatch.setattr("perahu.node.pages.LOOK_S", 0.05)
    monkeypatch.setattr(lan, "own_addresses", lambda: ["192.168.1.10"])
    certificate = _made(tmp_path)
    server = start(ANY, _answer, certificate)
    first, url = _held(certificate), f"https://127.0.0.1:{server.port}/"
    assert _get(url, authority_certificate(tmp_path)) == b"https"
    monkeypatch.setattr(lan, "own_addresses", lambda: ["192.168.43.7"])
    in_a_row = 0
    for _ in range(400):
        try:
            assert _get(url, authority_certificate(tmp_path)) == b"https"
            is_new = _seen(server.port) != first.public_bytes(Encoding.DER)
        except OSError:
            # Who shakes hands in the very moment of the change asks again, as browsers do.
            assert _get(url, authority_certificate(tmp_path)) == b"https"
            continue
        # For a moment the old worker still takes some.
        in_a_row = in_a_row + 1 if is_new else 0
        if in_a_row == STEADY:
            break
    assert "192.168.43.7" in server.names and "192.168.1.10" not in server.names
    assert _seen(server.port) == _held(certificate).public_bytes(Encoding.DER)
    assert server.trouble is None


def _seen(port: int) -> bytes:
    """The certificate that a desk is shown."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))


def test_it_keeps_a_certificate_until_it_must_not(tmp_path: Path) -> None:
    """It stays over restarts; near its end, after a clock went back, or torn it is new."""
    now = [NOW]
    certificate = _made(tmp_path, now=lambda: now[0])
    assert certificate.renew() and not certificate.renew()
    now[0] = NOW + timedelta(days=300)
    assert not certificate.renew()
    now[0] = NOW + timedelta(days=350)
    assert certificate.renew()
    now[0] = datetime(1970, 1, 2, tzinfo=UTC)
    assert certificate.renew()
    certificate.path.write_bytes(certificate.path.read_bytes()[:-200])
    assert certificate.renew() and not certificate.renew()


def test_it_makes_a_new_authority_when_told(tmp_path: Path) -> None:
    """`--new` replaces the authority, and the server's certificate follows."""
    certificate = _made(tmp_path)
    certificate.renew()
    before = authority_certificate(tmp_path)
    ensure_authority(tmp_path, _settings(), SECRET.age_recipient)
    assert authority_certificate(tmp_path) == before
    ensure_authority(tmp_path, _settings(), SECRET.age_recipient, anew=True)
    assert authority_certificate(tmp_path) != before
    assert certificate.renew()


def test_it_mends_what_a_power_cut_left(tmp_path: Path) -> None:
    """The sealed pair is the truth; the file for desks is written from it."""
    certificate = _made(tmp_path)
    before = authority_certificate(tmp_path)
    (tmp_path / FOLDER / AUTHORITY_FILE).unlink()
    certificate.renew()
    assert authority_certificate(tmp_path) == before


def test_it_keeps_the_key_in_the_folder_and_sealed(tmp_path: Path) -> None:
    """No file tells the authority's key, and none is for other accounts."""
    certificate = _made(tmp_path)
    certificate.renew()
    files = {path.name: path for path in (tmp_path / FOLDER).iterdir()}
    assert set(files) == {AUTHORITY_FILE, AUTHORITY_KEY_FILE, "page.pem"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values())
    assert b"PRIVATE" not in files[AUTHORITY_KEY_FILE].read_bytes()
    assert b"PRIVATE" not in files[AUTHORITY_FILE].read_bytes()
    files[AUTHORITY_KEY_FILE].write_bytes(b"torn")
    with pytest.raises(Refusal, match="bad_page_ca"):
        certificate.renew()


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("192.168.1.10", True), ("10.0.0.1", True), ("127.0.0.1", True),
        ("fd00::2", True), ("kantor.local", True), ("localhost", True),
        ("pc-enggano", True), ("8.8.8.8", False), ("www.bank.co.id", False),
        ("local.bank.co.id", False), ("notlocal", False), ("2001:4860::1", False),
    ],
)  # fmt: skip
def test_it_signs_for_the_lan_alone(name: str, allowed: bool) -> None:
    """Private addresses, .local and the machine itself; nothing that is somewhere else."""
    authority = make_page_authority("Enggano", ["pc-enggano"])
    assert permits(authority.certificate, name) is allowed


@pytest.mark.parametrize("name", ["id", "com", "enggano", "xn--p1ai"])
def test_it_takes_no_top_level_domain_for_its_own(name: str) -> None:
    """A machine named `id` must not get an authority over every site in Indonesia."""
    assert not can_be_named(name)


def test_it_refuses_a_page_address_it_cannot_prove(tmp_path: Path) -> None:
    """A changed `page` outside the authority's names is one sentence, not a broken page."""
    _made(tmp_path, "192.168.1.10:8700")
    certificate = PageCertificate(
        tmp_path, _settings("perahu.example:8700"), SECRET.age_identity
    )
    with pytest.raises(Refusal, match="page_name_outside"):
        certificate.renew()
    with pytest.raises(Refusal, match="page_name_outside"):
        ensure_authority(tmp_path, _settings("com:1"), SECRET.age_recipient, anew=True)
    ensure_authority(tmp_path, certificate.settings, SECRET.age_recipient, anew=True)
    assert certificate.renew() and certificate.names[0] == "perahu.example"


@dataclass
class _Posing:
    """What a thief of the authority's key would make: a certificate for a bank."""

    path: Path
    names: tuple[str, ...] = (BANK,)

    def renew(self) -> bool:
        """Nothing to do."""
        return False


def _posing(certificate: PageCertificate, patch: pytest.MonkeyPatch) -> _Posing:
    # A thief has no reason to keep our own check.
    patch.setattr(page_tls, "permits", lambda *_: True)
    now = datetime.now(UTC).replace(microsecond=0)
    pair = page_tls.issue_page(certificate._authority(), [BANK], now)
    patch.undo()
    path = certificate.path.with_name("posing.pem")
    path.write_bytes(pair.certificate + pair.key)
    return _Posing(path)


def test_it_is_harmless_to_import(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even with the authority's key nobody poses as another site: desks refuse it."""
    posing = start("127.0.0.1:0", _answer, _posing(_made(tmp_path), monkeypatch))
    trusted = ssl.create_default_context(cadata=authority_certificate(tmp_path))
    with (
        pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"),
        socket.create_connection(("127.0.0.1", posing.port), ANSWER_S) as plain,
        trusted.wrap_socket(plain, server_hostname=BANK),
    ):
        pass


def _trusting(home: Path, authority: Path) -> None:
    """A home whose browsers trust this authority."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    words = ["certutil", "-d", f"sql:{store}"]
    subprocess.run([*words, "-N", "--empty-password"], check=True)
    subprocess.run(
        [*words, "-A", "-t", "C,,", "-n", "perahu", "-i", str(authority)], check=True
    )


def test_it_opens_in_a_browser_that_imported_it(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chromium opens the pages without a warning, and lets nobody pose as a bank."""
    need_chromium()
    if shutil.which("certutil") is None:
        pytest.skip("needs the Debian package libnss3-tools")
    certificate = _made(tmp_path)
    server = start(ANY, _answer, certificate)
    posing = start("127.0.0.1:0", _answer, _posing(certificate, monkeypatch))
    _trusting(tmp_path, tmp_path / FOLDER / AUTHORITY_FILE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", f"--host-resolver-rules=MAP {BANK} 127.0.0.1"],
            env={**os.environ, "HOME": str(tmp_path)},
        )
        page = browser.new_page()
        page.goto(f"https://localhost:{server.port}/")
        assert page.inner_text("body") == "https"
        assert page.evaluate("isSecureContext")
        with pytest.raises(Error, match="ERR_CERT"):
            page.goto(f"https://{BANK}:{posing.port}/")
        browser.close()


def test_it_tells_its_fingerprint_as_others_count_it(tmp_path: Path) -> None:
    """The hash of the file to import is the certificate's fingerprint."""
    _made(tmp_path)
    file = (tmp_path / FOLDER / AUTHORITY_FILE).read_bytes()
    found = x509.load_der_x509_certificate(file)
    assert found.fingerprint(hashes.SHA256()) == hashlib.sha256(file).digest()
