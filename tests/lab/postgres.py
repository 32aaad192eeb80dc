"""PostgreSQL: primaries, standbys and broken ones, each a copy of one prepared cluster. Never run as root."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import trustme

from tests.lab import daemon, free_port, need, quick_folder, wait_for

ADDRESS = "127.0.0.1"
USER, PASSWORD = "healthcheck", "canary-5e1f"
SUPERUSER, SUPERUSER_PASSWORD = "postgres", "superuser-in-the-lab"
READER = "reader"
DATABASE = "charts"
ACCOUNTS = (
    f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'",
    f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'",
    f"ALTER ROLE {READER} SET default_transaction_read_only = on",
    f"CREATE DATABASE {DATABASE}",
)
DEAF = """
CREATE FUNCTION deaf() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    LOOP
        BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;
    END LOOP;
END $$
"""
TABLES = (
    "CREATE TABLE patients (name text)",
    "CREATE TABLE payroll (name text)",
    "CREATE VIEW slow AS SELECT pg_sleep(60)::text AS name",
    DEAF,
    "CREATE VIEW deaf AS SELECT deaf()",
    f"GRANT SELECT ON patients, slow, deaf TO {USER}",
)
_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@dataclass(frozen=True)
class Postgres:
    """A running server: its data directory, its port and its first process."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@{ADDRESS}:{self.port}/{DATABASE}"

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A superuser's connection that commits by itself."""
        return psycopg.connect(
            host=ADDRESS, port=self.port, dbname=database, user=SUPERUSER, password=SUPERUSER_PASSWORD, autocommit=True
        )

    def pause(self) -> None:
        """Stop the first process: it accepts, because the system does, and says nothing."""
        self.process.send_signal(signal.SIGSTOP)


@contextlib.contextmanager
def prepared() -> Iterator[Path]:
    """A cluster's data directory with the lab's accounts and tables, for the others to copy."""
    with _folder() as folder:
        password = folder / "password"
        password.write_text(SUPERUSER_PASSWORD)
        password.chmod(0o644)
        data = folder / "data"
        _run("initdb", "-D", data, "-A", "scram-sha-256", "-U", SUPERUSER, "--pwfile", password, "-N", *_SMALL)
        with _serving(data) as server:
            for database, statements in (("postgres", ACCOUNTS), (DATABASE, TABLES)):
                with server.connect(database) as connection:
                    for statement in statements:
                        connection.execute(statement.encode())
        yield data


@contextlib.contextmanager
def postgres(data: Path, *settings: str, ready: Callable[[int], bool] | None = None) -> Iterator[Postgres]:
    """A server on a copy of a prepared data directory; `settings` as in postgresql.conf ("max_connections=5").

    `ready` asks its port whether it is as far as the test wants it, when that is not "accepts logins".
    """
    with _folder() as folder:
        _run("cp", "-a", "--reflink=auto", data, folder / "data")
        with _serving(folder / "data", *settings, ready=ready) as server:
            yield server


@contextlib.contextmanager
def encrypted(data: Path, authority: trustme.CA, name: str = ADDRESS) -> Iterator[Postgres]:
    """A server with a certificate."""
    with _folder() as folder:
        certificate, key = folder / "server.crt", folder / "server.key"
        leaf = authority.issue_cert(name)
        leaf.cert_chain_pems[0].write_to_path(certificate)
        leaf.private_key_pem.write_to_path(key)
        key.chmod(0o600)
        for path in (certificate, key):
            _give(path)
        with postgres(data, "ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}") as server:
            yield server


@contextlib.contextmanager
def standby(primary: Postgres, *settings: str) -> Iterator[Postgres]:
    """A server that follows another one."""
    with _folder() as folder:
        data = folder / "data"
        source = ("-h", ADDRESS, "-p", str(primary.port), "-U", SUPERUSER)
        _run("pg_basebackup", *source, "-D", data, "-R", "-N", "-c", "fast", PGPASSWORD=SUPERUSER_PASSWORD)
        with _serving(data, *settings) as server:
            yield server


def follows(server: Postgres) -> None:
    """Wait until a standby is connected to its primary."""
    with server.connect("postgres") as connection:
        question = b"SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'"
        wait_for(lambda: connection.execute(question).fetchone() is not None, "the standby to follow")


@contextlib.contextmanager
def starting(data: Path) -> Iterator[Postgres]:
    """A server that waits for an archive and so stays at "the database system is starting up"."""
    with _folder() as folder:
        _run("cp", "-a", data, folder / "data")
        signal_file = folder / "data" / "recovery.signal"
        signal_file.touch()
        _give(signal_file)
        settings = ("restore_command=sleep 60; false", "hot_standby=off")
        with _serving(folder / "data", *settings, ready=lambda port: _is_ready(port) == 1) as server:
            yield server


@contextlib.contextmanager
def _serving(data: Path, *settings: str, ready: Callable[[int], bool] | None = None) -> Iterator[Postgres]:
    port = free_port(ADDRESS)
    options = [part for setting in (*_SETTINGS, *settings) for part in ("-c", setting)]
    argv = _as_postgres("postgres", "-D", data, "-h", ADDRESS, "-p", str(port), "-k", "", "-F", *options)
    asked = ready or (lambda port: _is_ready(port) == 0)
    with daemon(argv, lambda: asked(port), log=data.parent / "log") as process:
        try:
            yield Postgres(data, port, process)
        finally:
            for number in (signal.SIGCONT, signal.SIGQUIT):  # its SIGTERM waits for every client to go
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)


_SMALL = ("--locale=C.UTF-8", "--wal-segsize=1")
_SETTINGS = ("shared_buffers=16MB", "max_connections=20", "superuser_reserved_connections=3", "max_wal_senders=4")


def _is_ready(port: int) -> int:
    """0 takes logins, 1 turns them away, 2 no answer."""
    return subprocess.run([_program("pg_isready"), "-q", "-h", ADDRESS, "-p", str(port)], check=False).returncode


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the server's own user can reach; pytest's are closed to others."""
    need(*(_program(name) for name in ("postgres", "initdb", "pg_basebackup")))
    folder = quick_folder("postgres")
    folder.chmod(0o711)
    _give(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, SUPERUSER, SUPERUSER)


def _program(name: str) -> str:
    return str(_BINARIES[-1] / name) if _BINARIES else name


def _as_postgres(name: str, *arguments: str | Path) -> Sequence[str]:
    program = _program(name) if name != "cp" else name
    drop = ["setpriv", f"--reuid={SUPERUSER}", f"--regid={SUPERUSER}", "--clear-groups"] if os.geteuid() == 0 else []
    return [*drop, program, *map(str, arguments)]


def _run(name: str, *arguments: str | Path, **environment: str) -> None:
    subprocess.run(
        _as_postgres(name, *arguments), check=True, capture_output=True, timeout=60, env={**os.environ, **environment}
    )
