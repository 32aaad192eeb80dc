"""Pages and ports of the demonstration that only have to be there: a router's, the database's, the patient charts'."""

from __future__ import annotations

import socket
import ssl

from healthcheck.demo.ports import Talk

TITLE = "Patient charts"
_LONGEST_LINE = 2048


def accepts(client: socket.socket) -> None:
    """Take the connection and wait for the other side to speak first, as routers and most databases do."""
    client.recv(1)


def page(tls: ssl.SSLContext) -> Talk:
    """A web server with one page, the same whatever is asked for, over an encrypted line."""
    body = f"<!doctype html><title>{TITLE}</title><h1>{TITLE}</h1><p>Invented: no patient is in it.</p>".encode()

    def talk(client: socket.socket) -> None:
        with tls.wrap_socket(client, server_side=True) as line, line.makefile("rwb") as stream:
            while stream.readline(_LONGEST_LINE).strip():
                pass
            stream.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )

    return talk
