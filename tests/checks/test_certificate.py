"""The check `certificate`: what any encrypted port or a file shows, and how long it holds."""

from __future__ import annotations

import contextlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, ProbeError, Result, Status
from healthcheck.checks._certificate.certificate import Certificate, is_made_out_to
from healthcheck.checks._certificate.files import Chain, chain
from healthcheck.checks._certificate.starttls import STARTTLS
from healthcheck.checks._talk import Failed, Talk
from healthcheck.checks.certificate import CertificateHolds
from tests.conftest import PACIFIC, Look, a_host, brief
from tests.lab.canned import CannedLine
from tests.lab.netns import THERE, at_three_ports, towns
from tests.lab.postgres import encrypted, prepared
from tests.lab.smtp import mail_server
from tests.lab.sshd import sshd
from tests.lab.tls import Authority, Serve, says_nothing, self_signed, server

DATA = Path(__file__).parents[1] / "data" / "x509"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
LONG = timedelta(days=90, minutes=1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def at(port: int, authority: Authority, **settings: Any) -> CertificateHolds:
    return CertificateHolds(**{"port": port, "server_name": "charts.test", "ca_file": authority.ca_file, **settings})


# Ports


@pytest.mark.parametrize(
    ("left", "status", "says"),
    [
        (timedelta(days=90, minutes=1), Status.OK, "has a security certificate that holds for 90 days more"),
        (timedelta(days=20, minutes=1), Status.WARNING, "has a security certificate that expires in 20 days"),
        (timedelta(days=6, minutes=1), Status.CRITICAL, "has a security certificate that expires in 6 days"),
        (timedelta(days=-12), Status.CRITICAL, "has a security certificate that expired 12 days ago"),
    ],
    ids=["ok-90-days", "look-20-days", "problem-6-days", "problem-expired"],
)
@pytest.mark.fault(43)
def test_a_ports_certificate_is_judged_by_the_days_it_has_left(
    look: Look, authority: Authority, left: timedelta, status: Status, says: str
) -> None:
    with server(says_nothing, tls=authority.server("charts.test", until=datetime.now(UTC) + left)) as port:
        outcome = look(at(port, authority), a_host())
    assert brief(outcome) == (status, says)
    [days] = outcome.metrics
    assert days.value == pytest.approx(left / timedelta(days=1), abs=0.01)


@pytest.mark.fault(43)
def test_another_name_an_unknown_issuer_and_a_self_made_one_are_three_problems(
    look: Look, authority: Authority, tmp_path: Path
) -> None:
    good = authority.server("charts.test", until=datetime.now(UTC) + LONG)
    with server(says_nothing, tls=good) as port:
        other = look(at(port, authority, server_name="records.test"), a_host())
        unnamed = look(at(port, authority, server_name=""), a_host())
        unknown = look(at(port, Authority(tmp_path)), a_host())
    with server(says_nothing, tls=self_signed(tmp_path, "charts.test")) as port:
        self_made = look(at(port, authority), a_host())
    assert [outcome.results[0].says for outcome in (other, unnamed, unknown, self_made)] == [
        "has a security certificate that is made out to another name",
        "has a security certificate that is made out to another name",
        "has a security certificate from an issuer that this computer does not know",
        "has a security certificate that it made itself, so nobody vouches for it",
    ]
    assert {outcome.status for outcome in (other, unnamed, unknown, self_made)} == {Status.CRITICAL}


@pytest.mark.fault(4)
def test_refused_silent_and_forbidden_are_three_different_problems(look: Look) -> None:
    found = at_three_ports(lambda port: look(CertificateHolds(port=port), a_host(THERE), timeout_s=0.5))
    assert [brief(outcome) for outcome in found] == [
        (Status.CRITICAL, "refused the connection"),
        (Status.CRITICAL, "did not answer"),
        (Status.CRITICAL, "could not be reached: nobody is at its address, or something on the way forbids it"),
    ]


@pytest.mark.fault(9)
def test_a_name_without_an_address_could_not_be_checked(look: Look) -> None:
    with towns("office") as [office]:
        outcome = office.call(lambda: look(CertificateHolds(port=443), a_host("nowhere.invalid"), timeout_s=0.3))
    assert outcome.status is Status.UNKNOWN
    assert outcome.why.startswith("its name could not be looked up")


def sends(*parts: bytes) -> Serve:
    """A service that says its lines, each after the other side's, whatever that is."""

    def serve(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            connection.recv(4096)
        says_nothing(connection)

    return serve


SILENT, HUNG_UP = "took the connection, but does not reply", "took the connection and hung up at once"
FOREIGN, BROKE_OFF = "answers, but something else than it should", "broke off in the middle of its answer"
UNENCRYPTED = "answers without the encryption that it should have"
TURNED_AWAY = "answers, but turns this computer away"


@pytest.mark.parametrize(
    ("starttls", "serve", "says"),
    [
        ("", says_nothing, "took the connection, but never finished setting up encryption"),
        ("", lambda connection: None, "hung up while encryption was being set up"),
        ("", sends(b"220 mail.test ESMTP\r\n"), UNENCRYPTED),
        ("smtp", says_nothing, SILENT),
        ("smtp", lambda connection: None, HUNG_UP),
        ("smtp", lambda connection: connection.sendall(b"220-mail"), BROKE_OFF),
        ("smtp", sends(b"SSH-2.0-OpenSSH_9.2p1\r\n"), FOREIGN),
        ("smtp", sends(b"x" * 5000), FOREIGN),
        ("smtp", sends(b"554 go away\r\n"), TURNED_AWAY),
        ("smtp", sends(b"220-hello\r\n220 mail.test\r\n", b"250-mail.test\r\n250 SIZE\r\n"), UNENCRYPTED),
        ("smtp", sends(b"220 mail.test\r\n", b"250 STARTTLS\r\n", b"454 not now\r\n"), UNENCRYPTED),
        ("imap", sends(b"* BYE too many\r\n"), TURNED_AWAY),
        ("imap", sends(b"* OK here\r\n", b"* CAPABILITY X\r\na BAD what\r\n"), UNENCRYPTED),
        ("imap", sends(b"* OK here\r\n", b"HTTP/1.1 400\r\n"), FOREIGN),
        ("imap", sends(b"220 mail.test\r\n"), FOREIGN),
        ("imap", sends(b"* OK here\r\n", b"* never ends\r\n" * 50_000), FOREIGN),
        ("ldap", lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), FOREIGN),
        ("ldap", sends(bytes.fromhex("300c02010178070a010204000400")), UNENCRYPTED),
        ("ldap", sends(bytes.fromhex("300c02010961070a010004000400")), FOREIGN),
        ("ldap", sends(bytes.fromhex("300c02010161070a010004000400")), FOREIGN),
        ("postgres", sends(b"N"), UNENCRYPTED),
        ("postgres", sends(b"HTTP/1.1 400"), FOREIGN),
    ],
    ids=lambda value: value if isinstance(value, str) else "problem",
)
@pytest.mark.fault(11)
@pytest.mark.fault(12)
def test_a_service_that_does_not_go_on_encrypted_is_a_problem(
    look: Look, authority: Authority, starttls: str, serve: Serve, says: str
) -> None:
    with server(serve) as port:
        outcome = look(at(port, authority, starttls=starttls), a_host(), timeout_s=0.8)
    assert brief(outcome) == (Status.CRITICAL, says)
    assert outcome.detail.isprintable()


def test_a_real_mail_server_goes_on_encrypted(look: Look, authority: Authority) -> None:
    with mail_server(tls=authority.server("charts.test", until=datetime.now(UTC) + LONG)) as box:
        right = look(at(box.port, authority, starttls="smtp"), a_host())
        wrong = look(at(box.port, authority, starttls="smtp", server_name="records.test"), a_host())
    assert brief(right) == (Status.OK, "has a security certificate that holds for 90 days more")
    assert brief(wrong) == (Status.CRITICAL, "has a security certificate that is made out to another name")
    assert "for charts.test" in wrong.detail


def test_a_real_mail_server_without_encryption_is_a_problem(look: Look, authority: Authority) -> None:
    with mail_server() as box:
        outcome = look(at(box.port, authority, starttls="smtp"), a_host())
    assert brief(outcome) == (Status.CRITICAL, UNENCRYPTED)
    assert outcome.detail.endswith(", STARTTLS is not offered")


def test_an_imap_server_goes_on_encrypted(look: Look, authority: Authority) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        assert connection.recv(100) == b"a STARTTLS\r\n"
        connection.sendall(b"* NO whatever\r\na OK begin\r\n")
        with authority.server("charts.test", until=datetime.now(UTC) + LONG).wrap_socket(
            connection, server_side=True
        ) as secure:
            says_nothing(secure)

    with server(serve) as port:
        outcome = look(at(port, authority, starttls="imap"), a_host())
    assert brief(outcome) == (Status.OK, "has a security certificate that holds for 90 days more")


def test_a_real_database_goes_on_encrypted(look: Look, tmp_path: Path) -> None:
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    check = {"server_name": "127.0.0.1", "ca_file": str(tmp_path / "ca.pem"), "starttls": "postgres"}
    with prepared() as data, encrypted(data, issuer) as database:
        outcome = look(CertificateHolds(port=database.port, **check), a_host())  # type: ignore[arg-type]
    assert outcome.status is Status.OK


# Files


def written(path: Path, *parts: bytes) -> CertificateHolds:
    path.write_bytes(b"".join(parts))
    return CertificateHolds(path=str(path))


def family(*names: str, until: datetime | None = None) -> tuple[trustme.LeafCert, bytes]:
    """A certificate, and the one that vouches for it."""
    issuer = trustme.CA().create_child_ca()
    return issuer.issue_cert(*names, not_after=until or datetime.now(UTC) + LONG), issuer.cert_pem.bytes()


def test_a_file_is_read_for_what_it_holds(look: Look, tmp_path: Path) -> None:
    leaf, above = family("charts.test", "*.clinic.test")
    own, key = leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes()
    host = a_host(local=True)
    found = {
        "alone": look(written(tmp_path / "a b.pem", own), host),
        "key first, then its chain": look(written(tmp_path / "b.pem", key, own, above), host),
        "carriage returns": look(written(tmp_path / "c.pem", own.replace(b"\n", b"\r\n")), host),
        "words around": look(written(tmp_path / "d.pem", b"subject=/CN=x\n", own, b"\n# end\n"), host),
        "der": look(written(tmp_path / "e.der", ssl.PEM_cert_to_DER_cert(own.decode())), host),
    }
    assert {how: brief(outcome) for how, outcome in found.items()} == dict.fromkeys(
        found, (Status.OK, "has a security certificate that holds for 90 days more")
    )
    assert "for charts.test, *.clinic.test" in found["der"].detail


def test_a_file_made_out_to_another_name_is_a_problem(look: Look, tmp_path: Path) -> None:
    leaf, _ = family("charts.test", "*.clinic.test")
    (tmp_path / "a.pem").write_bytes(leaf.cert_chain_pems[0].bytes())
    path = str(tmp_path / "a.pem")
    wrong = look(CertificateHolds(path=path, server_name="clinic.test"), a_host(local=True))
    assert wrong.results[0].says == "has a security certificate that is made out to another name"
    assert wrong.status is Status.CRITICAL
    assert look(CertificateHolds(path=path, server_name="A.clinic.test"), a_host(local=True)).status is Status.OK


def test_certificates_that_do_not_vouch_for_each_other_are_worth_a_look(look: Look, tmp_path: Path) -> None:
    (leaf, _), (_, stranger) = family("charts.test"), family("other.test")
    check = written(tmp_path / "a.pem", leaf.cert_chain_pems[0].bytes(), stranger)
    assert brief(look(check, a_host(local=True))) == (
        Status.WARNING,
        "has security certificates in one file that do not vouch for each other",
    )


def test_one_that_rests_on_an_older_one_ends_with_it() -> None:
    own = Certificate(NOW - LONG, NOW + LONG, ("charts.test",))
    soon, over = Certificate(NOW - LONG, NOW + timedelta(days=5)), Certificate(NOW - LONG, NOW - timedelta(days=5))
    check = CertificateHolds(path="/etc/ssl/charts.pem")
    assert list(check.evaluate(Chain((own, own)), NOW))[1:] == []
    dates = "certificate valid 2026-08-25 to"
    assert list(check.evaluate(Chain((own, soon, over)), NOW))[1:] == [
        Result(
            Status.CRITICAL,
            "has a security certificate that rests on one that expires in 5 days",
            f"{dates} 2026-11-28 UTC",
        ),
        Result(
            Status.CRITICAL,
            "has a security certificate that rests on one that has expired",
            f"{dates} 2026-11-18 UTC",
        ),
    ]


def test_a_file_of_another_machine_is_read_over_a_login_and_its_key_is_not(look: Look, tmp_path: Path) -> None:
    leaf, above = family("charts.test")
    check = written(tmp_path / "a.pem", leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes(), above)
    with sshd(tmp_path, "127.0.3.31") as there:
        there.shim("sed", script=f'/bin/sed "$@" | tee {there.folder}/sent')
        outcome = look(check, there.host(), known_hosts=[there.known_hosts])
    assert brief(outcome) == (Status.OK, "has a security certificate that holds for 90 days more")
    sent = (there.folder / "sent").read_text()
    assert sent.count("BEGIN CERTIFICATE") == 2
    assert "KEY" not in sent


@pytest.mark.fault(20)
def test_a_file_that_cannot_be_read_could_not_be_checked(look: Look, tmp_path: Path) -> None:
    def found(check: CertificateHolds, **settings: Any) -> str:
        outcome = look(check, a_host(**{"local": True, **settings}))
        assert outcome.status is Status.UNKNOWN
        return outcome.why

    missing = "the file with its security certificate could not be read"
    unreadable = "its file holds no security certificate that can be read"
    leaf, _ = family("charts.test")
    assert found(CertificateHolds(path=str(tmp_path / "none.pem"))) == missing
    assert found(CertificateHolds(path=str(tmp_path))) == unreadable
    assert found(written(tmp_path / "a", b"")) == unreadable
    assert found(written(tmp_path / "b", bytes(range(256)) * 9)) == unreadable
    assert found(written(tmp_path / "c", leaf.private_key_pem.bytes())) == unreadable
    assert found(written(tmp_path / "d", leaf.cert_chain_pems[0].bytes() * 30)) == unreadable
    assert found(CertificateHolds(path="/x"), local=False) == "nobody gave us a way to look inside"


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("file", ["letsencrypt.pem", "cert-bad-email.pem", "negative-serial.pem"])
def test_a_recorded_certificate_is_read(look: Look, file: str) -> None:
    outcome = look(CertificateHolds(path=str(DATA / file)), a_host(local=True))
    assert outcome.results[0].says.startswith("has a security certificate that ")
    assert [metric.name for metric in outcome.metrics] == ["days left"]


# Any bytes at all


@given(st.text() | st.text(alphabet="-BEGINCERTIFICATE END\nAa+/=").map("-----BEGIN CERTIFICATE-----{}".format))
def test_whatever_a_file_holds_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert chain(Answer(0, text)).certificates


@given(
    st.sampled_from(sorted(STARTTLS)),
    st.binary(max_size=300)
    | st.sampled_from(
        [b"220 a\r\n", b"250 STARTTLS\r\n", b"* OK\r\n", b"a OK\r\n", b"\x30\x0c\x02\x01\x01\x78\x07"]
    ).flatmap(lambda start: st.binary(max_size=40).map(lambda rest: start + rest)),
)
def test_whatever_a_service_says_it_goes_on_encrypted_or_fails(protocol: str, said: bytes) -> None:
    with contextlib.suppress(Failed):
        STARTTLS[protocol](Talk(CannedLine(said)))


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("charts.test", True),
        ("CHARTS.test.", True),
        ("a.clinic.test", True),
        ("a.b.clinic.test", False),
        ("clinic.test", False),
        ("10.0.0.5", True),
        ("test", False),
        ("x.test", False),
    ],
)
def test_a_star_stands_for_one_word(name: str, fits: bool) -> None:
    certificate = Certificate(names=("charts.test", "*.clinic.test", "10.0.0.5", "*.test"))
    assert is_made_out_to(certificate, name) is fits


@pytest.mark.parametrize(
    ("settings", "mistakes"),
    [
        ({"port": 443}, []),
        ({"path": "/etc/ssl/charts.pem"}, []),
        ({}, [("port", "must be given, or else `path`, but not both")]),
        ({"port": 443, "path": "/a"}, [("port", "must be given, or else `path`, but not both")]),
        ({"port": 65536}, [("port", "must be between 1 and 65535")]),
        ({"path": "a.pem"}, [("path", "must begin with /")]),
        ({"path": "/a", "starttls": "smtp"}, [("starttls", "is for a port, not for a file")]),
        ({"path": "/a", "ca_file": "/b"}, [("ca_file", "is for a port, not for a file")]),
    ],
)
def test_settings_that_cannot_work_are_mistakes(settings: dict[str, Any], mistakes: list[tuple[str, str]]) -> None:
    assert list(CertificateHolds(**settings).mistakes()) == mistakes
