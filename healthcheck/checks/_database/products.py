"""The database products that can be looked at, and what each needs installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from healthcheck.api import ProbeError
from healthcheck.checks._database import mssql, mysql, oracle, postgresql, sqlite
from healthcheck.checks._database.call import Call, Facts


@dataclass(frozen=True, slots=True)
class Product:
    """A database product: its name, how it is asked, its usual port, the driver and the extra that brings it."""

    name: str
    ask: Callable[[Call], Facts]
    port: int = 0
    driver: str = ""
    extra: str = ""

    def load(self) -> None:
        """Import the driver before any clock runs: it can take a fifth of a second. `ProbeError` if it is not there."""
        missing = ""
        if self.driver:
            try:
                importlib.import_module(self.driver)
            except ImportError as error:
                missing = str(error)
        if missing:
            raise ProbeError(
                f"what it takes to talk to {self.name} is not installed on this computer",
                f"{missing}; install it with: pip install 'healthcheck[{self.extra}]'",
                final=True,
            )


PRODUCTS = {
    "postgresql": Product("PostgreSQL", postgresql.ask, 5432, "psycopg", "postgres"),
    "mysql": Product("MySQL or MariaDB", mysql.ask, 3306, "pymysql", "mysql"),
    "mssql": Product("SQL Server", mssql.ask, 1433, "pytds", "mssql"),
    "oracle": Product("Oracle Database", oracle.ask, 1521, "oracledb", "oracle"),
    "sqlite": Product("SQLite", sqlite.ask),
}
