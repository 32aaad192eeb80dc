"""An SSH server for an invented machine: our one key logs in, commands get canned answers, and nothing is ever run."""

from __future__ import annotations

import contextlib
import socket
import threading

from healthcheck.connections.paramiko_light import paramiko
from healthcheck.demo.keys import KeyPair
from healthcheck.demo.machine import Machine
from healthcheck.demo.ports import Talk

USER = "healthcheck"
_codes = paramiko.common
_CONNECT_S = 5.0
_LONGEST_S = 60.0
_PART_BYTES = 4096


def ssh_server(host_key: KeyPair, client_key: KeyPair, machine: Machine | None) -> Talk:
    """A server with that host key, which lets the client's key in; without a `machine` it refuses every login."""
    own = host_key.for_paramiko()
    theirs = client_key.for_paramiko()

    def talk(client: socket.socket) -> None:
        transport = paramiko.Transport(client)
        transport.add_server_key(own)
        with contextlib.closing(transport), contextlib.suppress(paramiko.SSHException):
            transport.start_server(server=_Server(theirs, machine))
            transport.join(_LONGEST_S)

    return talk


class _Server(paramiko.ServerInterface):
    def __init__(self, client_key: paramiko.PKey, machine: Machine | None) -> None:
        self._client_key = client_key
        self._machine = machine

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        let_in = self._machine is not None and username == USER and key == self._client_key
        return _codes.AUTH_SUCCESSFUL if let_in else _codes.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return _codes.OPEN_SUCCEEDED if kind == "session" else _codes.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._answer, args=(channel, command), daemon=True).start()
        return True

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        """Whether this machine reaches another one of the demonstration: asked by connecting to it."""
        try:
            if not destination[0].startswith("127."):
                return _codes.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
            socket.create_connection(destination, _CONNECT_S).close()
        except OSError:
            return _codes.OPEN_FAILED_CONNECT_FAILED
        return _codes.OPEN_SUCCEEDED

    def _answer(self, channel: paramiko.Channel, command: bytes) -> None:
        assert self._machine is not None  # nobody else is let in
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException), contextlib.closing(channel):
            while channel.recv(_PART_BYTES):  # its end comes once the client knows that its command was taken
                pass
            code, text = self._machine.answer(command.decode("utf-8", "replace"))
            channel.sendall(text.encode())
            channel.send_exit_status(code)
