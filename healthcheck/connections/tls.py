"""TLS contexts, shared."""

from __future__ import annotations

import ssl


def client_context(*, ca_file: str = "", verify: bool = True) -> ssl.SSLContext:
    return ssl.create_default_context()
