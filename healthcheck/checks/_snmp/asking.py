"""The questions to a device, by pysnmp, which lives in a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from healthcheck.api import ProbeError, Target, frozen
from healthcheck.checks._snmp.login import PORT, PUBLIC, Login
from healthcheck.checks._snmp.told import Told, Value

if TYPE_CHECKING:
    from pysnmp.hlapi.v3arch.asyncio import SnmpEngine

INSTALL = "pip install 'healthcheck[snmp]'"
RESERVE_S = 0.1
"""What a look keeps back of the attempt, so that it can still say what it found."""
TRY_S = 2.0
"""Until a question is asked again: a datagram may be lost, and a printer may have to wake up."""
MOST_TRIES = 5
AT_ONCE = 16
"""Values asked for in one packet: their answer fits into the 484 bytes that every device must be able to send."""
ROWS_AT_ONCE = 20
MOST_ROWS = 4000
"""A device that goes on longer is broken or hostile."""

_TOO_BIG, _NO_ACCESS, _AUTHORIZATION = 1, 6, 16
"""Error statuses of RFC 3416."""
_NOT_THIS_ONE = frozenset({2, 5})
"""noSuchName, genErr: this value cannot be told, the others can."""

SILENT = (
    "it did not answer our questions: its network monitoring may be switched off or admit other computers only, "
    "the word we ask with may be wrong, or it may be off"
)
_REFUSALS = {
    "UnknownUserName": "it does not know the user that we ask as",
    "UnknownSecurityName": "it does not know the user that we ask as",
    "WrongDigest": "it refuses our password: the password, or the way it is scrambled, is not the one it has",
    "AuthenticationFailure": "it refuses our password: the password, or the way it is scrambled, is not the one it has",
    "AuthenticationError": "it refuses our password: the password, or the way it is scrambled, is not the one it has",
    "DecryptionError": "it cannot read us: the password for encryption, or the kind of encryption, is not its own",
    "UnsupportedSecurityLevel": "it does not admit our user in this way: with or without password and encryption",
}
"""What the device itself answers to a wrong login (RFC 3414, section 3.2), by pysnmp's word for it."""
_SETTING = {
    "UnknownUserName": "user",
    "UnknownSecurityName": "user",
    "WrongDigest": "auth_password or auth",
    "AuthenticationFailure": "auth_password or auth",
    "AuthenticationError": "auth_password or auth",
    "DecryptionError": "priv_password or priv",
    "UnsupportedSecurityLevel": "auth_password and priv_password",
}
_AUTH = {
    "md5": "USM_AUTH_HMAC96_MD5",
    "sha": "USM_AUTH_HMAC96_SHA",
    "sha224": "USM_AUTH_HMAC128_SHA224",
    "sha256": "USM_AUTH_HMAC192_SHA256",
    "sha384": "USM_AUTH_HMAC256_SHA384",
    "sha512": "USM_AUTH_HMAC384_SHA512",
}
_PRIV = {
    "des": "USM_PRIV_CBC56_DES",
    "aes": "USM_PRIV_CFB128_AES",
    "aes192": "USM_PRIV_CFB192_AES",
    "aes256": "USM_PRIV_CFB256_AES",
}


async def ask(
    target: Target, login: Login, *, scalars: Sequence[str] = (), trees: Sequence[str] = (), port: int = PORT
) -> Told:
    """The values of some object identifiers, and everything below some others, before the attempt is over.

    Raises `ProbeError` when the device is silent (all causes look alike), refuses the login, or never comes to an end.
    """
    address = await target.resolve()
    talk = _Talk(login, address, port or PORT, target.left_s() - RESERVE_S)
    answer = asyncio.run_coroutine_threadsafe(talk.hold(scalars, trees), _thread().loop)
    return await asyncio.wrap_future(answer)


class _Thread:
    """Where pysnmp runs: its import and each engine take half a second, in which no other check may stand still."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._engines: dict[Login, SnmpEngine] = {}
        self._thread = threading.Thread(target=self.loop.run_forever, name="snmp", daemon=True)
        self._thread.start()
        atexit.register(self._end)

    def engine(self, login: Login) -> SnmpEngine:
        """One for all communities; one for each v3 login, for an engine knows a user by one password only."""
        from pysnmp.hlapi.v3arch.asyncio import SnmpEngine

        key = login if login.user else Login()
        if key not in self._engines:
            self._engines[key] = SnmpEngine()
        return self._engines[key]

    def _end(self) -> None:
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(2)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(2)

    async def _close(self) -> None:
        for engine in self._engines.values():
            engine.close_dispatcher()
        await asyncio.sleep(0)


_only_one = threading.Lock()
_started: list[_Thread] = []


def _thread() -> _Thread:
    with _only_one:
        if not _started:
            _started.append(_Thread())
        return _started[0]


@frozen
class _Talk:
    """One look at one device; everything here runs in pysnmp's thread."""

    login: Login
    address: str
    port: int
    left_s: float

    async def hold(self, scalars: Sequence[str], trees: Sequence[str]) -> Told:
        try:
            import pysnmp.hlapi.v3arch.asyncio as snmp
            from pysnmp.error import PySnmpError
        except ImportError as error:
            says = "the part of this program that asks such devices is not installed here"
            raise ProbeError(says, f"{error}; install it with: {INSTALL}", final=True) from None
        found: dict[str, Value] = {}
        try:
            async with asyncio.timeout(max(0.01, self.left_s)):
                line = _Line(self, snmp, await self._transport(snmp))
                for start in range(0, len(scalars), AT_ONCE):
                    found |= await line.get(scalars[start : start + AT_ONCE])
                for tree in trees:
                    found |= await line.walk(tree)
        except TimeoutError:
            raise self.silent(bool(found)) from None
        except PySnmpError as error:
            raise ProbeError("this computer could not ask it", f"{self}: {self._harmless(error)}") from None
        return Told(found)

    async def _transport(self, snmp: Any) -> Any:
        kind = snmp.Udp6TransportTarget if ":" in self.address else snmp.UdpTransportTarget
        tries = min(MOST_TRIES, max(1, int(self.left_s / TRY_S)))
        return await kind.create((self.address, self.port), timeout=TRY_S, retries=tries - 1)

    def silent(self, had_begun: bool) -> ProbeError:
        """Nothing came back, or nothing more."""
        if had_begun:
            return ProbeError("it answered at first and then no more", f"{self}: not done in {self.left_s:.1f} s")
        # A wrong user or password is answered; for encryption it cannot undo, net-snmp has no answer.
        causes = "priv_password, priv" if self.login.user else "community"
        detail = f"no answer in {self.left_s:.1f} s; wrong {causes}, port or address, a firewall, or the device is off"
        return ProbeError(SILENT, f"{self}: {detail}")

    def refused(self, word: str, text: object) -> ProbeError:
        """pysnmp's error indication, whose class is the word."""
        if word in _REFUSALS:
            setting = f"look at {_SETTING[word]}"
            return ProbeError(_REFUSALS[word], f"{self}: {self._harmless(text)}; {setting}", final=True)
        return ProbeError("its answer could not be understood", f"{self}: {word}: {self._harmless(text)}")

    def _harmless(self, text: object) -> str:
        said = str(text)
        for secret in self.login.secrets():
            said = said.replace(secret, "…") if secret else said
        return said

    def __str__(self) -> str:
        return f"SNMP {self.login.version} {self.address} UDP port {self.port}"


class _Line:
    """The questions of one talk in pysnmp's own words."""

    def __init__(self, talk: _Talk, snmp: Any, transport: Any) -> None:
        self._talk, self._snmp, self._transport = talk, snmp, transport
        self._engine = _thread().engine(talk.login)
        self._login = _credentials(talk.login, snmp)

    async def get(self, oids: Sequence[str]) -> dict[str, Value]:
        """The values of some identifiers; asked in halves when the answer would be too big for the device."""
        wanted = list(oids)
        while wanted:
            status, index, pairs = await self._ask(self._snmp.get_cmd, wanted)
            if status == _TOO_BIG and len(wanted) > 1:
                half = len(wanted) // 2
                return await self.get(wanted[:half]) | await self.get(wanted[half:])
            if status in _NOT_THIS_ONE and 0 < index <= len(wanted):
                del wanted[index - 1]
                continue
            self._check(status)
            return {oid: value for oid, value in _values(pairs).items() if oid in wanted}
        return {}

    async def walk(self, tree: str) -> dict[str, Value]:
        """Everything below an identifier, as long as the identifiers grow."""
        found: dict[str, Value] = {}
        at, rows = tree, ROWS_AT_ONCE
        while True:
            status, _, pairs = await self._ask(self._snmp.bulk_cmd, [at], 0, rows)
            if status == _TOO_BIG and rows > 1:
                rows //= 2
                continue
            if status in _NOT_THIS_ONE:
                return found
            self._check(status)
            for oid, value in pairs:
                if not str(oid).startswith(f"{tree}.") or _is_end(value):
                    return found
                if _parts(str(oid)) <= _parts(at):
                    raise ProbeError("it repeats itself without end", f"{self._talk}: {oid} after {at}")
                at = str(oid)
                found |= _values([(oid, value)])
            if not pairs:
                return found
            if len(found) > MOST_ROWS:
                raise ProbeError("it tells more than can be right", f"{self._talk}: {MOST_ROWS} values below {tree}")

    async def _ask(self, command: Any, oids: Sequence[str], *how: int) -> tuple[int, int, Sequence[tuple[Any, Any]]]:
        snmp = self._snmp
        things = [snmp.ObjectType(snmp.ObjectIdentity(oid)) for oid in oids]
        error, status, index, pairs = await command(
            self._engine, self._login, self._transport, snmp.ContextData(), *how, *things, lookupMib=False
        )
        if error:
            word = type(error).__name__
            raise self._talk.silent(False) if word == "RequestTimedOut" else self._talk.refused(word, error)
        return int(status), int(index), [(pair[0], pair[1]) for pair in pairs]

    def _check(self, status: int) -> None:
        if status in (_NO_ACCESS, _AUTHORIZATION):
            detail = f"{self._talk}: error status {status}: the view of our login has none of this"
            raise ProbeError("it does not let our login see what we ask for", detail, final=True)
        if status:
            raise ProbeError("it answered with an error", f"{self._talk}: error status {status} (RFC 3416)")


def _credentials(login: Login, snmp: Any) -> Any:
    if not login.user:
        return snmp.CommunityData(login.community.reveal() if login.community else PUBLIC, mpModel=1)
    keys = {}
    if login.auth_password:
        keys = {"authKey": login.auth_password.reveal(), "authProtocol": getattr(snmp, _AUTH[login.auth])}
    if login.auth_password and login.priv_password:
        keys |= {"privKey": login.priv_password.reveal(), "privProtocol": getattr(snmp, _PRIV[login.priv])}
    return snmp.UsmUserData(login.user, **keys)


def _values(pairs: Sequence[tuple[Any, Any]]) -> dict[str, Value]:
    """pysnmp's values as ours. "No such object", "no such instance" and null are no values."""
    from pyasn1.type import univ

    found: dict[str, Value] = {}
    for oid, value in pairs:
        if isinstance(value, univ.Null):  # which pyasn1 takes for a sort of octet string
            continue
        if isinstance(value, univ.Integer):
            found[str(oid)] = int(value)
        elif isinstance(value, univ.ObjectIdentifier):
            found[str(oid)] = str(value)
        elif isinstance(value, univ.OctetString):
            found[str(oid)] = bytes(value)
    return found


def _is_end(value: Any) -> bool:
    from pysnmp.proto.rfc1905 import EndOfMibView

    return isinstance(value, EndOfMibView)


def _parts(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))
