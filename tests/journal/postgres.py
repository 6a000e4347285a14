"""A PostgreSQL cluster of the tests' own: in a temporary folder, on a Unix socket only."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

_BINARIES = Path("/usr/lib/postgresql")
_OWNER = "postgres"
_CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = on
synchronous_commit = on
shared_buffers = 16MB
max_connections = 200
max_wal_size = 128MB
"""
_WHO_MAY_ENTER = "local all locked scram-sha-256\nlocal all all trust\n"


def installed() -> Path | None:
    """The folder of the newest server's programs, or None where there is none."""
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


def database_in(url: str) -> str:
    """The name of the database in an address of a cluster; "" in anything else."""
    return url.partition("@/")[2].partition("?")[0]


class Cluster:
    """A running server; each book gets a database of its own."""

    def __init__(self, binaries: Path, in_memory: str | None) -> None:
        self.binaries, self._count = binaries, itertools.count(1)
        self.folder = Path(tempfile.mkdtemp(prefix="perahu-pg-", dir=in_memory))
        self._as_owner = ["runuser", "-u", _OWNER, "--"] if os.getuid() == 0 else []
        self.own(self.folder)
        self._call("initdb", "-A", "trust", "-U", _OWNER, "-E", "UTF8", "--no-sync")
        with (self._files / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION.format(folder=self.folder))
        (self._files / "pg_hba.conf").write_text(_WHO_MAY_ENTER)
        self._call("pg_ctl", "-w", "-l", str(self.folder / "log"), "start")

    @property
    def _files(self) -> Path:
        return self.folder / "cluster"

    def own(self, folder: Path) -> None:
        """Let the server use a folder."""
        if self._as_owner:
            os.chown(folder, pwd.getpwnam(_OWNER).pw_uid, -1)

    def _call(self, program: str, *words: str) -> None:
        command = [str(self.binaries / program), "-D", str(self._files), *words]
        surroundings = {**os.environ, "LC_ALL": "C"}
        subprocess.run(
            [*self._as_owner, *command],
            check=True,
            cwd="/",
            env=surroundings,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )

    def run(self, *statements: str) -> None:
        """Statements as the server's owner, each on its own."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, database: str, *, user: str = _OWNER) -> str:
        """The address of a database, as PERAHU_BOOK would hold it."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def new_url(self, *, like: str = "template0", more: str = "") -> str:
        """A new database, empty or a copy of another one's address."""
        name = f"book{next(self._count)}"
        template = database_in(like) or like
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} {more}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Throw a database away."""
        self.run(f"DROP DATABASE {database_in(url)}")

    def stop(self) -> None:
        """Stop the server and throw its files away."""
        self._call("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)
