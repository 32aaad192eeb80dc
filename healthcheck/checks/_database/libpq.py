"""libpq, by psycopg's own wrapper of it. Import it from here, and only where a PostgreSQL server is asked.

The rest of psycopg turns Python's types into PostgreSQL's and back, which takes longer to import than a whole round of
questions whose answers are a few words takes to ask. So its `__init__` is passed over, for as long as this takes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType


def _imported() -> ModuleType:
    spec = None if "psycopg" in sys.modules else importlib.util.find_spec("psycopg")
    if spec is not None:
        sys.modules["psycopg"] = importlib.util.module_from_spec(spec)
        try:
            return importlib.import_module("psycopg.pq")
        except (ImportError, AttributeError):  # a version that is built otherwise: then the long way
            pass
        finally:
            del sys.modules["psycopg"]
    return importlib.import_module("psycopg").pq  # type: ignore[no-any-return]


pq = _imported()
