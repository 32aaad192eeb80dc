"""Whether the server that keeps the accounts of a Windows domain answers, for the right domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, Result, Status, Target, frozen, plain
from healthcheck.checks._kerberos import WORKS, ask_for_ticket
from healthcheck.checks._ldap import BUSY, SUCCESS, UNAVAILABLE, RootEntry, root_entry
from healthcheck.checks._talk import Failure, ask, connected

_ATTRIBUTES = ("defaultNamingContext", "dnsHostName", "isSynchronized")


@frozen
class Directory:
    """What a directory says about itself, and how long the connection took."""

    root: RootEntry
    connect_s: float

    @property
    def domain(self) -> str:
        """The domain it keeps, "clinic.example"; empty when it keeps none as a domain controller does."""
        return domain_of(self.root.attributes.get("defaultnamingcontext", ""))


@frozen
class Answers:
    """What the directory said, and the error code of the ticket service (0: a ticket); None where it was not asked."""

    directory: Directory | Failure
    ticket: int | Failure | None = None


@dataclass(frozen=True, kw_only=True)
class DomainController(Check[Answers]):
    """Whether a domain controller (Active Directory, Samba) answers for the right domain, and would hand out logins.

    domain          the domain it must keep, "clinic.example"; empty: any
    port            TCP port of LDAP
    kerberos_port   TCP port of Kerberos; 0: it is not asked

    Problem: one of its two services (LDAP, Kerberos) refuses, does not answer, is forbidden on the way, is something
    else, or reports a failure of its own; it keeps another domain or none. Look: it says that it has not caught up
    with the other domain controllers. Could not check: it does not answer strangers.

    Needs nothing: every domain controller tells anybody these three facts of its root entry (defaultNamingContext,
    dnsHostName, isSynchronized). Kerberos is asked for a ticket for an account "healthcheck", never with a password.
    Without such an account the controller may log one failed request a look (event 4768 with 0x6); an account of
    that name without any rights avoids it. Source: RFC 4511, RFC 4512, RFC 4120, MS-ADTS (3.1.1.3.2).
    """

    kind: ClassVar[str] = "domain_controller"
    reachability: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 6.0
    default_attempts: ClassVar[int] = 3

    domain: str = ""
    port: int = 389
    kerberos_port: int = 88

    def probe(self, target: Target) -> Answers:
        directory = ask(
            target,
            self.port,
            lambda talk: Directory(root_entry(talk, *_ATTRIBUTES), talk.connect_s),
            left_s=target.left_s() / 2,
        )
        # Where not even a connection came about, Kerberos would be asked in vain; without a domain it cannot be asked.
        if isinstance(directory, Failure):
            domain = "" if directory.connect_s is None else self.domain
        else:
            domain = self.domain or directory.domain
        if not self.kerberos_port or not domain:
            return Answers(directory)
        realm = domain.upper()
        return Answers(directory, ask(target, self.kerberos_port, lambda talk: ask_for_ticket(talk, realm)))

    def evaluate(self, found: Answers, now: datetime) -> Iterator[Result]:
        if isinstance(found.directory, Failure):
            yield found.directory.result()
        else:
            yield from self._judge_directory(found.directory)
        if found.ticket is not None:
            yield self._judge_ticket(found.ticket)

    def _judge_directory(self, directory: Directory) -> Iterator[Result]:
        root, took = directory.root, connected(directory.connect_s)
        name = plain(root.attributes.get("dnshostname", ""), 80)
        detail = f"LDAP port {self.port}: {name or 'no dnsHostName'}, domain {plain(directory.domain, 80) or 'none'}"
        if root.code in (BUSY, UNAVAILABLE):
            says = "answers, but says that it cannot look into its accounts just now"
            yield Result(Status.CRITICAL, says, f"LDAP port {self.port}: result code {root.code}", took)
        elif root.code != SUCCESS:
            says = "does not tell this computer about the accounts it keeps"
            yield Result(Status.UNKNOWN, says, f"LDAP port {self.port}: result code {root.code}", took)
        elif not directory.domain:
            says = "answers, but does not keep the accounts of a practice"
            yield Result(Status.CRITICAL, says, detail, took)
        elif self.domain and directory.domain != _normal(self.domain):
            says = "keeps the accounts of somebody else"
            yield Result(Status.CRITICAL, says, f"{detail}; expected {self.domain}", took)
        elif root.attributes.get("issynchronized", "").upper() == "FALSE":
            says = "has not caught up with the other servers that keep the accounts"
            yield Result(Status.WARNING, says, f"{detail}, isSynchronized FALSE", took)
        else:
            yield Result(Status.OK, "keeps the accounts of the practice", detail, took)

    def _judge_ticket(self, ticket: int | Failure) -> Result:
        if isinstance(ticket, Failure):
            says = f"does not log anybody in: its service for that {ticket.says}"
            return Result(Status.CRITICAL, says, f"Kerberos: {ticket.detail}")
        detail = f"Kerberos port {self.kerberos_port}: error code {ticket}"
        if ticket and ticket not in WORKS:
            return Result(Status.CRITICAL, "does not log anybody in: it reports a fault of its own", detail)
        return Result(Status.OK, "is ready to log people in", detail)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"
        if not 0 <= self.kerberos_port <= 65535:
            yield "kerberos_port", "must be between 1 and 65535, or 0 to leave Kerberos out"
        if self.domain and (not self.domain.isprintable() or " " in self.domain or "=" in self.domain):
            yield "domain", 'must be a name like "clinic.example"'


def domain_of(context: str) -> str:
    """The domain of a naming context (RFC 2247): "clinic.example" for "DC=clinic,DC=example"; else empty."""
    parts = [part.strip().partition("=") for part in context.split(",")]
    if not all(kind.upper() == "DC" and word for kind, _, word in parts):
        return ""
    return _normal(".".join(word for _, _, word in parts))


def _normal(domain: str) -> str:
    return domain.lower().removesuffix(".")
