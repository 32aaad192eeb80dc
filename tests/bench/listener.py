"""A server of its own process that takes every connection, on all addresses: plain, or HTTPS with one page.

argv: the file that its port is written to, then for HTTPS a file with key and certificates.
"""

import asyncio
import os
import ssl
import sys

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\nPatient chart"


async def _page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(PAGE)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _serve(told: str, certificate: str) -> None:
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    serve = _page if certificate else _nothing
    server = await asyncio.start_server(serve, "0.0.0.0", 0, ssl=context, backlog=65535)  # in a namespace
    with open(f"{told}.part", "w") as file:  # noqa: PTH123
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(f"{told}.part", told)  # noqa: PTH104
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
