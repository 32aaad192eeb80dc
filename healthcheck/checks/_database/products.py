"""The database products that can be looked at, and what each needs installed."""

from __future__ import annotations

import importlib

from healthcheck.api import ProbeError, frozen
from healthcheck.checks._database.call import Call, Facts


@frozen
class Product:
    """A database product: its name, the module that asks it, its usual port, the driver and the extra with that.

    `loads` is what to import for the driver, where that is another module.
    """

    name: str
    module: str
    port: int = 0
    driver: str = ""
    extra: str = ""
    loads: str = ""

    def ask(self, call: Call) -> Facts:
        """Log in and ask; raises `Failed`."""
        facts: Facts = importlib.import_module(f"{__package__}.{self.module}").ask(call)
        return facts

    def load(self) -> None:
        """Import the driver before any clock runs: it can take a fifth of a second. `ProbeError` if it is not there."""
        missing = ""
        if self.driver:
            try:
                importlib.import_module(self.loads or self.driver)
            except ImportError as error:
                missing = str(error)
        if missing:
            raise ProbeError(
                f"what it takes to talk to {self.name} is not installed on this computer",
                f"{missing}; install it with: pip install 'healthcheck[{self.extra}]'",
                final=True,
            )


PRODUCTS = {
    "postgresql": Product("PostgreSQL", "postgresql", 5432, "psycopg", "postgres", f"{__package__}.libpq"),
    "mysql": Product("MySQL or MariaDB", "mysql", 3306, "pymysql", "mysql"),
    "mssql": Product("SQL Server", "mssql", 1433, "pytds", "mssql"),
    "oracle": Product("Oracle Database", "oracle", 1521, "oracledb", "oracle"),
    "sqlite": Product("SQLite", "sqlite"),
}
