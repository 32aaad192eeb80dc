"""SSH: one connection a host and round, made by the first check that needs it and shared by the rest.

A refused login or an unexpected host key is met once a round and no more; a host that could not be reached is tried
anew by the next attempt. paramiko is loaded, in a thread, when the first SSH host is met.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from healthcheck.check import Completed, Stream
from healthcheck.connections import tcp
from healthcheck.connections.known_hosts import HostKey, Records
from healthcheck.connections.threads import in_thread
from healthcheck.errors import ConnectError, ProbeError, Unreachable
from healthcheck.model import Host, Practice, Secret, SshAccess

if TYPE_CHECKING:  # paramiko comes with them
    from healthcheck.connections.client_keys import ClientKeys
    from healthcheck.connections.ssh_login import Login
    from healthcheck.connections.ssh_session import Session
    from healthcheck.connections.ssh_transport import SocketLike

CONNECT_S = 10.0
LOGIN_S = 20.0
"""Bounds of the shared attempt. A check that has less time stops waiting earlier and leaves it to the others."""

_BUSY_PAUSE_S = (0.3, 1.0)
_END_S = 1.0


class SshConnections:
    """The SSH connections of one round.

    `known_hosts` are looked through in order; `default_key` is the client key of hosts that name none.
    """

    def __init__(self, practice: Practice, *, known_hosts: Sequence[Path], default_key: Secret | None) -> None:
        self._practice = practice
        self._files = tuple(known_hosts)
        self._default_key = default_key
        self._loading: asyncio.Task[ClientKeys] | None = None
        self._reading: asyncio.Task[Records] | None = None
        self._attempts: dict[str, _Attempt] = {}

    async def run(
        self, host: Host, argv: Sequence[str], *, exits: Sequence[int] | None, input: str, left_s: float
    ) -> Completed:
        """Run a command on the host; see `Target.run`."""
        deadline = time.monotonic() + left_s
        session = await self._session(host, left_s)
        return await session.run(argv, exits=exits, input=input, left_s=_left_s(deadline))

    async def open_through(self, host: Host, name: str, port: int, *, left_s: float) -> Stream:
        """A TCP connection from the host to another machine; see `Target.open_through`."""
        deadline = time.monotonic() + left_s
        session = await self._session(host, left_s)
        return await session.open_through(name, port, left_s=_left_s(deadline))

    async def host_key(self, host: Host, *, left_s: float) -> HostKey:
        """The key that the host shows now, for enrolling it: compared with no record, and no login is tried."""
        attempt = _Attempt(_silence(host))
        deadline = time.monotonic() + left_s
        try:
            async with asyncio.timeout(left_s):
                login = attempt.login = await self._login(host)
                return await in_thread(lambda: login.identity(_left_s(deadline)), name="ssh identity")
        except TimeoutError:
            raise attempt.silence(left_s) from None
        finally:
            await self._end([attempt])

    async def close(self) -> None:
        """Close every connection and give up every attempt at one; no thread of theirs stays."""
        attempts = list(self._attempts.values())
        self._attempts.clear()
        await self._end(attempts)

    async def _session(self, host: Host, left_s: float) -> Session:
        """The host's connection. Who comes while it is being made waits for it, each as long as it can."""
        attempt = self._attempts.get(host.name)
        if attempt is None or attempt.is_worth_another:
            attempt = self._attempts[host.name] = _Attempt(_silence(host))
            attempt.task = asyncio.create_task(self._connect(host, attempt), name=f"ssh {host.name}")
        return await attempt.session(left_s)

    async def _connect(self, host: Host, attempt: _Attempt) -> Session:
        try:
            return await self._log_in(host, attempt)
        except Unreachable as error:
            from healthcheck.connections.ssh_login import ServerBusy  # heavy, and loaded by now

            if not isinstance(error, ServerBusy):
                raise
            await asyncio.sleep(random.uniform(*_BUSY_PAUSE_S))  # noqa: S311  # spreads the load, guards nothing
            return await self._log_in(host, attempt)

    async def _log_in(self, host: Host, attempt: _Attempt) -> Session:
        access = _access(host)
        login = attempt.login = await self._login(host)
        from healthcheck.connections.ssh_session import Session  # heavy, and loaded by now

        keys = await self._library()
        deadline = time.monotonic() + LOGIN_S

        def steps() -> Session:
            login.check(login.identity(_left_s(deadline)))
            return Session(login.authenticate(access.user, keys.of(access), _left_s(deadline)), host.os)

        try:
            return await in_thread(steps, name="ssh login")
        except BaseException:
            login.end()
            raise

    async def _login(self, host: Host) -> Login:
        """A login to a host that is connected, before we have spoken. What takes its time is done side by side."""
        access = _access(host)
        _, records, stream = await asyncio.gather(self._library(), self._on_record(), self._stream(host, access))
        from healthcheck.connections.ssh_login import Login  # heavy, and loaded by now

        known = records.of(host.address, access.port)
        return Login(stream, known, where=_where(host), enrol=f"healthcheck enroll {host.name}")

    async def _stream(self, host: Host, access: SshAccess) -> SocketLike:
        try:
            if access.jump is None:
                return await tcp.connect(host.address, access.port, left_s=CONNECT_S)
            session = await self._way_in(host)
            return await session.open_through(host.address, access.port, left_s=CONNECT_S)
        except ConnectError as error:
            says = error.says if error.says.startswith("it") else f"it {error.says}"
            raise Unreachable(says, f"{_where(host)}: {error.detail}") from None

    async def _way_in(self, host: Host) -> Session:
        """The connection of the host that this one is reached through."""
        passed = [host]
        while (name := _access(passed[-1]).jump) is not None:
            try:
                passed.append(self._practice.host(name))
            except KeyError:
                raise _wrong_way(f"{passed[-1].name}: jump host {name!r} is not configured") from None
            if passed[-1] in passed[:-1]:
                raise _wrong_way(f"jump hosts lead in a circle: {' -> '.join(each.name for each in passed)}")
        gate = passed[1]
        try:
            return await self._session(gate, CONNECT_S + LOGIN_S)
        except ProbeError as error:
            says = f"the way to it leads through {gate.label}, which could not be used"
            raise Unreachable(says, f"jump host {gate.name}: {error.says} ({error.detail})") from None

    def _library(self) -> asyncio.Future[ClientKeys]:
        """paramiko and what needs it, loaded once, beside everything else that goes on."""
        if self._loading is None:
            self._loading = asyncio.create_task(in_thread(self._load, name="ssh library"))
        return asyncio.shield(self._loading)

    def _on_record(self) -> asyncio.Future[Records]:
        """The host keys on record, read once a round."""
        if self._reading is None:
            self._reading = asyncio.create_task(in_thread(lambda: Records(self._files), name="known hosts"))
        return asyncio.shield(self._reading)

    def _load(self) -> ClientKeys:
        from healthcheck.connections import ssh_session  # noqa: F401  # heavy: only for a round that has an SSH host
        from healthcheck.connections.client_keys import ClientKeys

        return ClientKeys(self._default_key)

    async def _end(self, attempts: Sequence[_Attempt]) -> None:
        for attempt in attempts:
            attempt.give_up()
        await asyncio.gather(*(attempt.task for attempt in attempts if attempt.task), return_exceptions=True)
        logins = [attempt.login for attempt in attempts if attempt.login]

        def wait() -> None:
            for login in logins:
                login.wait_for_end(_END_S)

        if logins:
            await in_thread(wait, name="ssh end")


class _Attempt:
    """One attempt to log in to a host, which its checks wait for together, and what came of it."""

    def __init__(self, no_answer: Unreachable) -> None:
        self._no_answer = no_answer
        self.task: asyncio.Task[Session] | None = None
        self.login: Login | None = None

    async def session(self, left_s: float) -> Session:
        """What comes of it; a waiter that has no more time leaves it running for the others."""
        assert self.task is not None  # set where it is made
        done, _ = await asyncio.wait([self.task], timeout=left_s)
        if not done:
            raise self.silence(left_s)
        return self.task.result()

    @property
    def is_worth_another(self) -> bool:
        """Whether it is over and another one may fare better."""
        if self.task is None or not self.task.done():
            return False
        if self.task.cancelled():
            return True
        error = self.task.exception()
        if error is None:
            return not self.task.result().alive
        return not (isinstance(error, ProbeError) and error.final)

    def silence(self, waited_s: float) -> ProbeError:
        """Why there is nothing yet: the words of the step that it hangs in."""
        return self.login.silence(waited_s) if self.login else self._no_answer

    def give_up(self) -> None:
        """Close whatever is open."""
        if self.task is not None:
            self.task.cancel()
        if self.login is not None:
            self.login.end()


def _access(host: Host) -> SshAccess:
    if host.ssh is None:
        raise ProbeError("nobody gave us a way to look inside", f"{host.name} has no `ssh`")
    return host.ssh


def _where(host: Host) -> str:
    address = f"[{host.address}]" if ":" in host.address else host.address
    return f"SSH {address}:{_access(host).port}"


def _silence(host: Host) -> Unreachable:
    return Unreachable("it did not answer", f"{_where(host)}: not connected in time")


def _wrong_way(detail: str) -> ProbeError:
    return ProbeError("the way to it is not set up right", detail, final=True)


def _left_s(deadline: float) -> float:
    return max(0.01, deadline - time.monotonic())
