"""TLS contexts, made once a process: reading the system's authorities costs more than a whole check."""

from __future__ import annotations

import os
import ssl
import threading

from healthcheck.errors import ProbeError

_lock = threading.Lock()
_contexts: dict[tuple[str, int, bool], ssl.SSLContext] = {}


def client_context(*, ca_file: str = "", verify: bool = True) -> ssl.SSLContext:
    """A client's context that trusts the system's authorities, or only those of `ca_file` (PEM).

    With `verify=False` it takes any certificate: for a look that decides nothing. A file that changed since is read
    again. Raises `ProbeError` when the file cannot be used.
    """
    with _lock:
        key = (ca_file, _changed_at(ca_file), verify)
        if key not in _contexts:
            _contexts[key] = _made(ca_file, verify)
        return _contexts[key]


def _changed_at(ca_file: str) -> int:
    if not ca_file:
        return 0
    try:
        return os.stat(ca_file).st_mtime_ns  # noqa: PTH116  # once a check, and half as dear as by a `Path`
    except OSError as error:
        raise _unusable(ca_file, error) from None


def _made(ca_file: str, verify: bool) -> ssl.SSLContext:
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:  # an unreadable file; ssl.SSLError is one too, for a file without a certificate
        raise _unusable(ca_file, error) from None


def _unusable(ca_file: str, error: OSError) -> ProbeError:
    return ProbeError("the file of trusted certificates could not be read", f"ca_file {ca_file}: {error}")
