"""MariaDB: the stand-in for everything that speaks MySQL's protocol, each a copy of one prepared data directory."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymysql
import trustme
from pymysql.connections import Connection
from pymysql.cursors import Cursor, DictCursor

from tests.lab import daemon, free_port, need, quick_folder, wait_for

ADDRESS = "127.0.0.1"
USER, PASSWORD = "healthcheck", "canary-5e1f"
MONITOR = "monitor"
ADMIN, ADMIN_PASSWORD = "admin", "admin-in-the-lab"
DATABASE = "charts"
PREPARED = f"""
CREATE DATABASE {DATABASE};
CREATE TABLE {DATABASE}.patients (name text);
CREATE TABLE {DATABASE}.payroll (name text);
CREATE SQL SECURITY INVOKER VIEW {DATABASE}.slow AS SELECT SLEEP(60) AS name;
CREATE USER {USER} IDENTIFIED BY '{PASSWORD}';
GRANT SELECT ON {DATABASE}.patients TO {USER};
GRANT SELECT ON {DATABASE}.slow TO {USER};
CREATE USER {MONITOR} IDENTIFIED BY '{PASSWORD}';
GRANT SLAVE MONITOR, BINLOG MONITOR ON *.* TO {MONITOR};
GRANT SELECT ON {DATABASE}.patients TO {MONITOR};
CREATE USER {ADMIN} IDENTIFIED BY '{ADMIN_PASSWORD}';
GRANT ALL ON *.* TO {ADMIN} WITH GRANT OPTION;
"""
_SMALL = (
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=0",
    "--aria-pagecache-buffer-size=2M",
    "--skip-name-resolve",
    "--performance-schema=OFF",
)


@dataclass(frozen=True)
class MariaDb:
    """A running server: its data directory, its port and its process."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"mariadb://{USER}@{ADDRESS}:{self.port}/{DATABASE}"

    def connect(self) -> Connection[Cursor]:
        """An administrator's connection that commits by itself."""
        return pymysql.connect(
            host=ADDRESS,
            port=self.port,
            user=ADMIN,
            password=ADMIN_PASSWORD,
            database=DATABASE,
            autocommit=True,
            ssl_disabled=True,
        )

    def run(self, *statements: str) -> None:
        """Run these as the administrator."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def follow(self, primary: MariaDb) -> None:
        """Become a standby of another server, and wait until it is one."""
        self.run(
            f"CHANGE MASTER TO master_host='{ADDRESS}', master_port={primary.port}, master_user='{ADMIN}',"
            f" master_password='{ADMIN_PASSWORD}', master_use_gtid=slave_pos",
            "START SLAVE",
        )
        wait_for(lambda: self._follows(), "the standby to follow")

    def _follows(self) -> bool:
        with self.connect() as connection, connection.cursor(DictCursor) as cursor:
            cursor.execute("SHOW SLAVE STATUS")
            status = cursor.fetchone() or {}
        return status.get("Slave_IO_Running") == "Yes" and status.get("Seconds_Behind_Master") is not None

    def pause(self) -> None:
        """Stop the process: it accepts, because the system does, and says nothing."""
        self.process.send_signal(signal.SIGSTOP)


@contextlib.contextmanager
def prepared() -> Iterator[Path]:
    """A data directory with the lab's accounts and tables, for the others to copy."""
    need("mariadbd", "mariadb-install-db")
    with _folder() as folder:
        data = folder / "data"
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", "--innodb-log-file-size=8M", *_user()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        statements = folder / "prepared.sql"
        statements.write_text(PREPARED)
        with _serving(data, f"--init-file={statements}"):
            pass
        yield data


@contextlib.contextmanager
def mariadb(data: Path, *options: str) -> Iterator[MariaDb]:
    """A server on a copy of a prepared data directory; `options` as on mariadbd's command line."""
    with _folder() as folder:
        subprocess.run(["cp", "-a", "--reflink=auto", str(data), str(folder / "data")], check=True, timeout=60)
        with _serving(folder / "data", *options) as server:
            yield server


@contextlib.contextmanager
def encrypted(data: Path, authority: trustme.CA, name: str = ADDRESS) -> Iterator[MariaDb]:
    """A server with a certificate."""
    with _folder() as folder:
        certificate, key = folder / "server.crt", folder / "server.key"
        leaf = authority.issue_cert(name)
        leaf.cert_chain_pems[0].write_to_path(certificate)
        leaf.private_key_pem.write_to_path(key)
        with mariadb(data, f"--ssl-cert={certificate}", f"--ssl-key={key}") as server:
            yield server


@contextlib.contextmanager
def _serving(data: Path, *options: str) -> Iterator[MariaDb]:
    port, folder = free_port(ADDRESS), data.parent
    log = folder / "log"
    argv = [
        "mariadbd", "--no-defaults", f"--datadir={data}", f"--bind-address={ADDRESS}", f"--port={port}",
        f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", *_SMALL, *_user(), *options,
    ]  # fmt: skip
    with daemon(argv, lambda: b"ready for connections" in log.read_bytes(), log=log) as process:
        yield MariaDb(data, port, process)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = quick_folder("mariadb")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []
