"""The check `domain_controller`: whether the keeper of the accounts answers, for the right domain."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, Result, Status
from healthcheck.checks import _ber as ber
from healthcheck.checks._kerberos import ask_for_ticket
from healthcheck.checks._ldap import RootEntry, root_entry
from healthcheck.checks._talk import Failed, Failure, Talk
from healthcheck.checks.certificate import CertificateHolds
from healthcheck.checks.domain_controller import Answers, Directory, DomainController, domain_of
from tests.conftest import PACIFIC, Look, a_host, brief
from tests.lab.canned import CannedLine
from tests.lab.netns import THERE, at_three_ports, towns
from tests.lab.samba import CONTROLLER, DOMAIN, Domain, domain_controller
from tests.lab.tls import Serve, says_nothing, server

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
FOREIGN = "answers, but something else than it should"
KEEPS, KEEPS_NONE = "keeps the accounts of the practice", "answers, but does not keep the accounts of a practice"


@pytest.fixture(scope="module")
def domain() -> Iterator[Domain]:
    with domain_controller() as running:
        yield running


def entry(**attributes: str) -> bytes:
    """A search result entry (RFC 4511, 4.5.2) with one value for each attribute."""
    packed = [
        ber.packed(
            ber.SEQUENCE,
            ber.packed(ber.OCTETS, name.encode()),
            ber.packed(ber.SET, ber.packed(ber.OCTETS, value.encode())),
        )
        for name, value in attributes.items()
    ]
    return numbered(ber.packed(0x64, ber.packed(ber.OCTETS, b""), ber.packed(ber.SEQUENCE, *packed)))


def done(code: int = 0) -> bytes:
    """The end of a search."""
    nothing = ber.packed(ber.OCTETS, b"")
    return numbered(ber.packed(0x65, ber.integer(code, ber.ENUMERATED), nothing, nothing))


def numbered(response: bytes, number: int = 1) -> bytes:
    return ber.packed(ber.SEQUENCE, ber.integer(number), response)


def refusal(code: int, *, tag: int = 0x7E, version: int = 5, kind: int = 30) -> bytes:
    """A Kerberos error (RFC 4120, 5.9.1), as far as it is read."""
    fields = [(0, version), (1, kind), (6, code)]
    sequence = ber.packed(ber.SEQUENCE, *(ber.packed(0xA0 | number, ber.integer(value)) for number, value in fields))
    message = ber.packed(tag, sequence)
    return len(message).to_bytes(4) + message


def answers_with(*parts: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        for part in parts:
            connection.sendall(part)
        says_nothing(connection)

    return serve


CLINIC = entry(defaultNamingContext="DC=clinic,DC=example", dnsHostName="dc1.clinic.example")


# A real one


def test_a_real_controller_keeps_its_domain_and_hands_out_logins(look: Look, domain: Domain) -> None:
    outcome = domain.office.call(lambda: look(DomainController(domain="Clinic.example"), a_host(CONTROLLER)))
    assert brief(outcome) == (Status.OK, "keeps the accounts of the practice; is ready to log people in")
    assert [result.detail for result in outcome.results] == [
        f"LDAP port 389: dc1.{DOMAIN}, domain {DOMAIN}",
        "Kerberos port 88: error code 6",
    ]
    assert [(metric.name, metric.unit) for metric in outcome.metrics] == [("connect", "s")]
    assert outcome.reachability


def test_a_real_controller_of_another_domain_is_a_problem(look: Look, domain: Domain) -> None:
    check = DomainController(domain="other.example")
    outcome = domain.office.call(lambda: look(check, a_host(CONTROLLER)))
    assert outcome.status is Status.CRITICAL
    assert outcome.results[0].says == "keeps the accounts of somebody else"
    assert outcome.results[0].detail == f"LDAP port 389: dc1.{DOMAIN}, domain {DOMAIN}; expected other.example"


@pytest.mark.filterwarnings("ignore:Parsed a")
@pytest.mark.parametrize(
    ("port", "starttls"), [(636, ""), (389, "ldap")], ids=["problem-from-the-start", "problem-later"]
)
def test_the_certificate_that_a_real_controller_made_itself_is_a_problem(
    look: Look, domain: Domain, port: int, starttls: str
) -> None:
    check = CertificateHolds(port=port, starttls=starttls, server_name=f"dc1.{DOMAIN}")  # type: ignore[arg-type]
    outcome = domain.office.call(lambda: look(check, a_host(CONTROLLER)))
    assert outcome.status is Status.CRITICAL
    assert outcome.results[0].says.startswith("has a security certificate from an issuer that this computer")


# Others


@pytest.mark.parametrize(
    ("parts", "status", "says"),
    [
        ((CLINIC, done()), Status.OK, KEEPS),
        ((entry(DEFAULTNAMINGCONTEXT="dc=Clinic, dc=Example"), done()), Status.OK, KEEPS),
        (
            (entry(defaultNamingContext="DC=clinic,DC=example", isSynchronized="FALSE"), done()),
            Status.WARNING,
            "has not caught up with the other servers that keep the accounts",
        ),
        ((entry(namingContexts="o=x"), done()), Status.CRITICAL, KEEPS_NONE),
        ((done(),), Status.CRITICAL, KEEPS_NONE),
        (
            (entry(defaultNamingContext="DC=other,DC=example"), done()),
            Status.CRITICAL,
            "keeps the accounts of somebody else",
        ),
        ((done(51),), Status.CRITICAL, "answers, but says that it cannot look into its accounts just now"),
        ((done(1),), Status.UNKNOWN, "does not tell this computer about the accounts it keeps"),
        ((CLINIC,), Status.CRITICAL, "began to answer, but did not finish"),
        ((CLINIC * 20,), Status.CRITICAL, FOREIGN),
        ((numbered(CLINIC),), Status.CRITICAL, "began to answer, but did not finish"),
        ((numbered(b"\x65\x00"),), Status.CRITICAL, FOREIGN),
        ((CLINIC, numbered(done()[5:], 2)), Status.CRITICAL, FOREIGN),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), Status.CRITICAL, FOREIGN),
        ((b"\x30\x80\x02\x01",), Status.CRITICAL, FOREIGN),
        ((b"\x30\x84\x7f\xff\xff\xff",), Status.CRITICAL, FOREIGN),
        ((b"",), Status.CRITICAL, "took the connection, but does not reply"),
    ],
    ids=[
        "ok", "ok-other-spelling", "look-not-synchronized", "problem-another-directory", "problem-nothing-told",
        "problem-other-domain", "problem-busy", "could-not-check-not-told", "problem-no-end", "problem-endless",
        "problem-nested", "problem-empty-end", "problem-another-number", "problem-http", "problem-indefinite",
        "problem-huge", "problem-silent",
    ],
)  # fmt: skip
@pytest.mark.fault(11)
@pytest.mark.fault(12)
def test_a_directory_is_judged_by_what_it_says_of_itself(
    look: Look, parts: tuple[bytes, ...], status: Status, says: str
) -> None:
    with server(answers_with(*parts)) as port:
        check = DomainController(domain="clinic.example", port=port, kerberos_port=0)
        outcome = look(check, a_host(), timeout_s=1.2)
    assert brief(outcome) == (status, says)
    assert outcome.detail.isprintable()


@pytest.mark.parametrize(
    ("serve", "status", "says"),
    [
        (answers_with(refusal(6)), Status.OK, "is ready to log people in"),
        (answers_with(refusal(25)), Status.OK, "is ready to log people in"),
        (answers_with(refusal(60)), Status.CRITICAL, "does not log anybody in: it reports a fault of its own"),
        (
            answers_with(refusal(0)),
            Status.CRITICAL,
            f"does not log anybody in: its service for that {FOREIGN}",
        ),
        (
            answers_with(refusal(6, kind=11)),
            Status.CRITICAL,
            f"does not log anybody in: its service for that {FOREIGN}",
        ),
        (
            answers_with(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            Status.CRITICAL,
            f"does not log anybody in: its service for that {FOREIGN}",
        ),
        (
            says_nothing,
            Status.CRITICAL,
            "does not log anybody in: its service for that took the connection, but does not reply",
        ),
    ],
    ids=["ok-no-such-account", "ok-prove-yourself", "problem-fault", "problem-no-error", "problem-odd", "problem-http",
         "problem-silent"],
)  # fmt: skip
@pytest.mark.fault(11)
@pytest.mark.fault(12)
def test_logins_are_judged_by_what_kerberos_says(look: Look, serve: Serve, status: Status, says: str) -> None:
    with server(answers_with(CLINIC, done())) as port, server(serve) as kerberos_port:
        outcome = look(DomainController(port=port, kerberos_port=kerberos_port), a_host(), timeout_s=1.2)
    assert (outcome.status, outcome.results[1].says) == (status, says)


@pytest.mark.fault(4)
def test_refused_silent_and_forbidden_are_three_different_problems(look: Look) -> None:
    found = at_three_ports(lambda port: look(DomainController(port=port), a_host(THERE), timeout_s=0.5))
    assert [brief(outcome) for outcome in found] == [
        (Status.CRITICAL, "refused the connection"),
        (Status.CRITICAL, "did not answer"),
        (Status.CRITICAL, "could not be reached: nobody is at its address, or something on the way forbids it"),
    ]


@pytest.mark.fault(9)
def test_a_name_without_an_address_could_not_be_checked(look: Look) -> None:
    with towns("office") as [office]:
        outcome = office.call(lambda: look(DomainController(), a_host("nowhere.invalid"), timeout_s=0.3))
    assert outcome.status is Status.UNKNOWN
    assert outcome.why.startswith("its name could not be looked up")


def test_every_failure_is_told() -> None:
    check = DomainController(domain="clinic.example")
    attributes = {"defaultnamingcontext": "DC=clinic,DC=example", "dnshostname": "dc1\x1b[31m.clinic.example"}
    answers = Answers(Directory(RootEntry(0, attributes), 0.01), Failure("refused the connection", "TCP 10.0.0.1:88"))
    assert list(check.evaluate(answers, NOW)) == [
        Result(
            Status.OK,
            "keeps the accounts of the practice",
            "LDAP port 389: dc1.clinic.example, domain clinic.example",
            Metric("connect", 0.01, "s"),
        ),
        Result(
            Status.CRITICAL,
            "does not log anybody in: its service for that refused the connection",
            "Kerberos: TCP 10.0.0.1:88",
        ),
    ]


# Any bytes at all


@st.composite
def damaged(draw: st.DrawFn, *right: bytes) -> bytes:
    """What a server says, with some bytes changed; or any bytes."""
    said = bytearray(draw(st.sampled_from(right) | st.binary(max_size=80)))
    for _ in range(draw(st.integers(0, 4)) if said else 0):
        said[draw(st.integers(0, len(said) - 1))] = draw(st.integers(0, 255))
    return bytes(said)


@given(damaged(CLINIC + done(), done(1)))
def test_whatever_bytes_come_they_are_a_root_entry_or_none(said: bytes) -> None:
    with contextlib.suppress(Failed):
        root = root_entry(Talk(CannedLine(said)), "defaultNamingContext")
        assert list(DomainController().evaluate(Answers(Directory(root, 0.0)), NOW))


@given(damaged(refusal(6), refusal(25)))
def test_whatever_bytes_come_they_are_a_refusal_or_none(said: bytes) -> None:
    with contextlib.suppress(Failed):
        assert ask_for_ticket(Talk(CannedLine(said)), "CLINIC.EXAMPLE") > 0


@given(st.binary(max_size=60))
def test_whatever_bytes_come_they_are_elements_or_refused(said: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert all(part.content in said for part in ber.Element(0, said).parts())


@given(st.integers(0, 1 << 40), st.binary(max_size=300))
def test_what_is_packed_is_unpacked_the_same(number: int, content: bytes) -> None:
    assert ber.unpacked(ber.integer(number)).number == number
    assert ber.unpacked(ber.packed(ber.OCTETS, content)) == ber.Element(ber.OCTETS, content)


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ("DC=clinic,DC=example", "clinic.example"),
        ("dc=Clinic, dc=example", "clinic.example"),
        ("o=Foothill,c=US", ""),
        ("DC=clinic,OU=x", ""),
        ("DC=", ""),
        ("", ""),
    ],
)
def test_a_domain_is_read_from_its_naming_context(context: str, name: str) -> None:
    assert domain_of(context) == name


@pytest.mark.parametrize(
    ("check", "mistakes"),
    [
        (DomainController(domain="clinic.example"), []),
        (DomainController(port=0), [("port", "must be between 1 and 65535")]),
        (
            DomainController(kerberos_port=-1),
            [("kerberos_port", "must be between 1 and 65535, or 0 to leave Kerberos out")],
        ),
        (DomainController(domain="DC=clinic,DC=example"), [("domain", 'must be a name like "clinic.example"')]),
    ],
)
def test_settings_that_cannot_work_are_mistakes(check: DomainController, mistakes: list[tuple[str, str]]) -> None:
    assert list(check.mistakes()) == mistakes
