"""A web server that takes each record and each packet in one POST, as an API does."""

from __future__ import annotations

import argparse
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer

from bench.race.ends.lines import hear, tell

TIMEOUT_S = 60.0


class Receiving(BaseHTTPRequestHandler):
    """Stores a body under the name in the path once all of it is here."""

    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S
    folder = Path()

    def setup(self) -> None:
        """Shake hands on this connection's own thread."""
        self.request.settimeout(TIMEOUT_S)
        self.request.do_handshake()
        super().setup()

    def do_POST(self) -> None:
        """Take one body in; the file has its name only when it is whole."""
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        target = self.folder / Path(self.path).name
        draft = target.with_suffix(".draft")
        draft.write_bytes(body)
        draft.rename(target)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


class Server(ThreadingHTTPServer):
    """Threads that end with the process; a connection that died is nobody's trouble."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Ask no name server who we are: that would be the first packet on the link."""
        TCPServer.server_bind(self)

    def handle_error(self, *_: object) -> None:
        """The caller tries again."""


def main() -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    Receiving.folder = given.folder / "in"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given.folder / "tls.pem", given.folder / "tls.key")
    server = Server((given.address, given.port), Receiving)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    hear({})
    tell("ready")
    server.serve_forever()


if __name__ == "__main__":
    main()
