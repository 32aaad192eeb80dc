"""Web servers with every sort of certificate, and servers that do anything but serve."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Type: text/plain\r\n\r\nwelcome"

Serve = Callable[[socket.socket], None]


class Authority:
    """An issuer of certificates, and the file that makes a client trust it."""

    def __init__(self, folder: Path) -> None:
        self._issuer = trustme.CA()
        self._folder = folder
        self.ca_file = str(folder / "authority.pem")
        self._issuer.cert_pem.write_to_path(self.ca_file)

    def server(self, *names: str, until: datetime | None = None, since: datetime | None = None) -> ssl.SSLContext:
        """A server's context with a certificate for these names, valid in that time."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._issuer.issue_cert(*names, not_before=since, not_after=until).configure_cert(context)
        return context

    def file(self, *names: str) -> str:
        """A file with a key and a certificate for these names, for a server in another process."""
        path = self._folder / "server.pem"
        self._issuer.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(path))
        return str(path)

    def server_without_its_chain(self, name: str) -> ssl.SSLContext:
        """A server that forgot to install the certificate between its own and its authority's."""
        leaf = self._issuer.create_child_ca().issue_cert(name)
        path = self._folder / "leaf.pem"
        path.write_bytes(leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def self_signed(
    folder: Path,
    name: str,
    *,
    since: timedelta = timedelta(days=-1),
    until: timedelta = timedelta(days=90),
    names: bytes = b"",
) -> ssl.SSLContext:
    """A server's context with a certificate that it signed itself, valid from and to so long from now.

    `names` replaces the encoded alternative names by bytes that are none.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    alternatives: x509.ExtensionType = x509.SubjectAlternativeName([x509.DNSName(name)])
    if names:
        alternatives = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, names)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "self-signed.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@contextlib.contextmanager
def server(
    serve: Serve, *, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Hand every connection to `serve` in a thread of its own; yields the port. What it raises ends the connection."""
    listening = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    listening.settimeout(0.1)
    over = threading.Event()
    open_now: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            connection.settimeout(10)
            if tls is None:
                serve(connection)
            else:
                with tls.wrap_socket(connection, server_side=True) as secure:
                    serve(secure)

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listening.accept()
                open_now.append(connection)
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        accepting.join()
        listening.close()
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def says(*answers: bytes) -> Serve:
    """A web server that reads a request and sends these bytes."""

    def serve(connection: socket.socket) -> None:
        request(connection)
        for answer in answers:
            connection.sendall(answer)

    return serve


def request(connection: socket.socket) -> bytes:
    """One request, up to the empty line that ends it."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = connection.recv(4096)
        if not more:
            break
        read += more
    return read


def says_nothing(connection: socket.socket) -> None:
    """Hold the connection until the other side lets go of it."""
    while connection.recv(4096):
        pass


def sends(*parts: bytes) -> Serve:
    """A server that speaks first, then holds the line."""

    def serve(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
        says_nothing(connection)

    return serve


def drips(beginning: bytes, drop: bytes, every_s: float = 0.01) -> Serve:
    """A server that never ends: the beginning, then a drop again and again, so that no single read is ever slow."""

    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(beginning)
        pause = threading.Event()
        while not pause.wait(every_s):
            connection.sendall(drop)

    return serve
