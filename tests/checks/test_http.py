"""The check `http`: whether a page says what it should, and what its certificate is worth."""

from __future__ import annotations

import contextlib
import socket
import ssl
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Event, Metric, Result, Status
from healthcheck.checks._certificate.certificate import Certificate, read_certificate
from healthcheck.checks.http import READ_BYTES, Http, Page, _decoded, _onward
from healthcheck.model import Outcome
from tests.conftest import PACIFIC, Look, a_host, brief
from tests.lab import free_port
from tests.lab.netns import THERE, at_three_ports, towns
from tests.lab.tls import PAGE, Authority, Serve, drips, request, says, says_nothing, self_signed, server

DATA = Path(__file__).parents[1] / "data" / "x509"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=UTC)
SOON, LONG = timedelta(days=20, hours=1), timedelta(days=90)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def reply(status: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


# ---------------------------------------------------------------------------------------------- pages


def test_a_page_that_says_what_it_should_is_well(look: Look) -> None:
    with server(says(PAGE)) as port:
        outcome = look(Http(url=f"http://localhost:{port}/charts?key=secret", text="welcome"), a_host())
    assert brief(outcome) == (Status.OK, "shows its page")
    assert outcome.detail.startswith(f"GET http://localhost:{port}/charts: status 200 in ")
    assert [(metric.name, metric.unit) for metric in outcome.metrics] == [("response", "s")]
    assert outcome.reachability


def test_the_request_carries_no_login_and_names_the_machine(look: Look) -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        asked.append(request(connection))
        connection.sendall(PAGE)

    with server(serve) as port:
        look(Http(url=f"http://localhost:{port}/a b/ü?q=1 2#part"), a_host())
    assert asked == [
        f"GET /a%20b/%C3%BC?q=1%202 HTTP/1.1\r\nHost: localhost:{port}\r\nAccept-Encoding: identity\r\n"
        "User-Agent: healthcheck\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode()
    ]


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_the_usual_port_is_not_named_in_the_request(look: Look, authority: Authority, scheme: str, port: int) -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        asked.append(request(connection))
        connection.sendall(PAGE)

    tls = authority.server("localhost") if scheme == "https" else None
    with towns("office") as [office], contextlib.ExitStack() as stack:
        office.call(lambda: stack.enter_context(server(serve, port=port, tls=tls)))
        office.call(lambda: look(Http(url=f"{scheme}://localhost/", ca_file=authority.ca_file), a_host()))
    assert b"\r\nHost: localhost\r\n" in asked[0]


def test_the_address_in_a_url_is_the_hosts_own(look: Look) -> None:
    check = "http://{{address}}:{}/"
    with server(says(PAGE), address="127.0.4.1") as port:
        assert look(Http(url=check.format(port)), a_host("127.0.4.1")).status is Status.OK
    with server(says(PAGE), address="::1") as port:
        assert look(Http(url=check.format(port)), a_host("::1")).status is Status.OK


@pytest.mark.parametrize(
    ("answer", "settings", "says_so"),
    [
        (reply("404 Not Found"), {}, "answers, but the page is not there"),
        (reply("401 Unauthorized"), {}, "answers, but does not let anybody see the page"),
        (reply("503 Busy"), {}, "answers, but says that it is too busy or closed for repair"),
        (reply("500 Oops"), {}, "answers, but reports a fault of its own"),
        (reply("418 Teapot"), {}, "answers, but not with the page"),
        (reply("200 OK"), {"status": (401,)}, "answers, but not with the page"),
        (PAGE, {"text": "Sign in"}, "answers, but the page does not say what it should"),
        (reply("302 Found"), {}, "answers, but sends its visitors nowhere"),
        (reply("302 Found", "Location: mailto:x@y.example"), {}, "answers, but sends its visitors nowhere"),
        (reply("302 Found", "Location: http://[::1"), {}, "answers, but sends its visitors nowhere"),
        (reply("302 Found", "Location: /again"), {}, "sends its visitors on and on without end"),
        (reply("200 OK", "Content-Length: 100", body=b"abc"), {}, "broke off in the middle of the page"),
        (reply("200 OK", "Transfer-Encoding: chunked", body=b"5\r\nabc"), {}, "broke off in the middle of the page"),
        (reply("200 OK", "Transfer-Encoding: chunked", body=b"zz\r\n"), {}, "broke off in the middle of the page"),
        (b"", {}, "took the connection and hung up"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", {}, "answers, but not as a web server does"),
        (bytes(range(256)) * 300, {}, "answers, but not as a web server does"),
        (reply("200 OK", *["X: y"] * 200), {}, "answers, but not as a web server does"),
        (reply("200 OK", "X: " + "y" * 70000), {}, "answers, but not as a web server does"),
    ],
    ids=lambda value: value if isinstance(value, str) else "problem",
)
@pytest.mark.fault(12)
def test_a_page_that_is_not_right_is_a_problem(
    look: Look, answer: bytes, settings: dict[str, tuple[int, ...] | str], says_so: str
) -> None:
    with server(says(answer)) as port:
        outcome = look(Http(url=f"http://localhost:{port}/", **settings), a_host())  # type: ignore[arg-type]
    assert brief(outcome) == (Status.CRITICAL, says_so)
    assert f"http://localhost:{port}/" in outcome.detail


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        (reply("204 No Content"), {}),
        (reply("401 Unauthorized"), {"status": (200, 401)}),
        (reply("302 Found", "Location: /again"), {"max_redirects": 0}),
        (reply("302 Found", "Location: /again"), {"status": (302,)}),
        (
            reply("200 OK", "Content-Type: text/html; charset=latin-1", body="Grüezi".encode("latin-1")),
            {"text": "Grüezi"},
        ),
        (reply("200 OK", "Content-Type: text/html; charset=nonsense", body="Grüezi".encode()), {"text": "Grüezi"}),
        (reply("200 OK", "Content-Type: text/html; charset=zlib", body="Grüezi".encode()), {"text": "Grüezi"}),
        (
            reply("200 OK", "Transfer-Encoding: chunked", body=b"4\r\nwelc\r\n3\r\nome\r\n0\r\n\r\n"),
            {"text": "welcome"},
        ),
    ],
    ids=[
        "empty",
        "login-wanted",
        "redirect-not-followed",
        "redirect-wanted",
        "latin-1",
        "no-charset",
        "codec",
        "chunks",
    ],
)
def test_a_page_that_is_right_is_well(look: Look, answer: bytes, settings: dict[str, tuple[int, ...] | str]) -> None:
    with server(says(answer)) as port:
        outcome = look(Http(url=f"http://localhost:{port}/", **settings), a_host())  # type: ignore[arg-type]
    assert brief(outcome) == (Status.OK, "shows its page")


@pytest.mark.fault(11)
@pytest.mark.parametrize(
    ("serve", "says_so"),
    [
        (says_nothing, "took the connection, but does not reply"),
        (drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "took the connection, but does not reply"),
        (drips(b"HTTP/1.1 200 OK\r\n", b"X"), "took the connection, but does not reply"),
        (drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), "began to answer, but did not finish"),
    ],
    ids=["silent", "endless-continue", "dripping-header", "dripping-page"],
)
def test_a_page_that_never_ends_ends_at_the_deadline(look: Look, serve: Serve, says_so: str) -> None:
    with server(serve) as port:
        outcome = look(Http(url=f"http://localhost:{port}/"), a_host(), timeout_s=0.5)
    assert brief(outcome) == (Status.CRITICAL, says_so)
    assert outcome.duration_s < 0.5


def test_a_flood_is_not_read_to_its_end(look: Look) -> None:
    with server(drips(reply("200 OK", "Content-Length: 1000000000"), b"x" * 65536, every_s=0.0001)) as port:
        well = look(Http(url=f"http://localhost:{port}/"), a_host())
        without_text = look(Http(url=f"http://localhost:{port}/", text="welcome"), a_host())
    assert brief(well) == (Status.OK, "shows its page")
    assert without_text.detail.endswith(f"; 'welcome' is not in the first {READ_BYTES} bytes")


def test_a_slow_page_is_looked_at() -> None:
    page = Page("http://charts.test/", status=200, has_text=True, took_s=6.0)
    assert list(Http(url="http://charts.test/").evaluate(page, NOW)) == [
        Result(
            Status.WARNING,
            "shows its page slowly, after 6 seconds",
            "GET http://charts.test/: status 200 in 6000 ms",
            Metric("response", 6.0, "s"),
        )
    ]


# ---------------------------------------------------------------------------------------------- ways there


@pytest.mark.fault(4)
def test_refused_silent_and_forbidden_are_three_different_problems(look: Look) -> None:
    found = at_three_ports(lambda port: look(Http(url=f"http://{THERE}:{port}/"), a_host(), timeout_s=0.5))
    assert [brief(outcome) for outcome in found] == [
        (Status.CRITICAL, "refused the connection"),
        (Status.CRITICAL, "did not answer"),
        (Status.CRITICAL, "could not be reached: nobody is at its address, or something on the way forbids it"),
    ]


@pytest.mark.fault(9)
def test_a_name_without_an_address_could_not_be_checked(look: Look) -> None:
    with towns("office") as [office]:
        outcome = office.call(lambda: look(Http(url="http://nowhere.invalid/"), a_host(), timeout_s=0.3))
    assert outcome.status is Status.UNKNOWN
    assert outcome.why.startswith("its name could not be looked up")


@contextlib.contextmanager
def sends_on_to(url: str) -> Iterator[int]:
    with server(says(reply("302 Found", f"Location: {url}"))) as port:
        yield port


def test_redirects_are_followed_without_any_login(look: Look) -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        asked.append(request(connection))
        connection.sendall(PAGE)

    with server(serve) as last, sends_on_to(f"http://user:password@127.0.0.1:{last}/there") as first:
        outcome = look(Http(url=f"http://localhost:{first}/", text="welcome"), a_host())
    assert brief(outcome) == (Status.OK, "shows its page")
    assert outcome.detail.startswith(f"GET http://127.0.0.1:{last}/there: status 200 in ")
    assert outcome.detail.endswith(", redirects: 1")
    assert b"Authorization" not in asked[0]
    assert b"password" not in asked[0]


def test_a_redirect_to_nobody_is_the_problem_that_a_visitor_has(look: Look) -> None:
    port = free_port()
    with sends_on_to(f"http://127.0.0.1:{port}/") as first:
        outcome = look(Http(url=f"http://localhost:{first}/"), a_host())
    assert brief(outcome) == (Status.CRITICAL, "refused the connection")


def test_a_secure_page_that_hands_on_to_an_insecure_one_is_looked_at(look: Look, authority: Authority) -> None:
    with server(says(PAGE)) as last:
        answer = says(reply("302 Found", f"Location: http://localhost:{last}/"))
        with server(answer, tls=authority.server("localhost")) as first:
            outcome = look(Http(url=f"https://localhost:{first}/", ca_file=authority.ca_file), a_host())
    assert brief(outcome) == (Status.WARNING, "hands its visitors on to a page without encryption")


def test_of_two_certificates_on_the_way_the_worse_is_told(look: Look, authority: Authority, tmp_path: Path) -> None:
    with server(says(PAGE), tls=self_signed(tmp_path, "localhost")) as last:
        answer = says(reply("302 Found", f"Location: https://localhost:{last}/"))
        with server(answer, tls=authority.server("localhost")) as first:
            outcome = look(Http(url=f"https://localhost:{first}/", ca_file=authority.ca_file), a_host())
    assert brief(outcome) == (
        Status.CRITICAL,
        "has a security certificate that it made itself, so nobody vouches for it",
    )


# ---------------------------------------------------------------------------------------------- certificates


def secure(look: Look, tls: ssl.SSLContext, ca_file: str) -> Outcome:
    with server(says(PAGE), tls=tls) as port:
        return look(Http(url=f"https://localhost:{port}/", ca_file=ca_file), a_host())


@pytest.mark.parametrize(
    ("left", "status", "said"),
    [
        (
            timedelta(days=90, minutes=1),
            Status.OK,
            "shows its page; has a security certificate that holds for 90 days more",
        ),
        (timedelta(days=20, minutes=1), Status.WARNING, "has a security certificate that expires in 20 days"),
        (timedelta(days=6, minutes=1), Status.CRITICAL, "has a security certificate that expires in 6 days"),
        (timedelta(hours=5, minutes=1), Status.CRITICAL, "has a security certificate that expires in 5 hours 1 minute"),
    ],
    ids=["ok-90-days", "look-20-days", "problem-6-days", "problem-5-hours"],
)
@pytest.mark.fault(43)
def test_a_certificate_is_judged_by_the_days_it_has_left(
    look: Look, authority: Authority, left: timedelta, status: Status, said: str
) -> None:
    outcome = secure(look, authority.server("localhost", until=datetime.now(UTC) + left), authority.ca_file)
    assert brief(outcome) == (status, said)
    days = next(metric for metric in outcome.metrics if metric.name == "days left")
    assert days.value == pytest.approx(left / timedelta(days=1), abs=0.01)


@pytest.mark.fault(43)
def test_every_cause_of_a_bad_certificate_is_named(look: Look, authority: Authority, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    over, early = now - timedelta(days=12), now + timedelta(days=40)
    trusted, elsewhere = authority.ca_file, Authority(tmp_path).ca_file
    found = {
        "expired": secure(look, authority.server("localhost", until=over), trusted),
        "not yet valid": secure(look, authority.server("localhost", since=early), trusted),
        "other name": secure(look, authority.server("charts.test", until=now + LONG), trusted),
        "other name, expired": secure(look, authority.server("charts.test", until=over), trusted),
        "unknown issuer": secure(look, authority.server("localhost", until=now + SOON), elsewhere),
        "chain missing": secure(look, authority.server_without_its_chain("localhost"), trusted),
        "self-signed": secure(look, self_signed(tmp_path, "localhost"), trusted),
        "self-signed, expired": secure(
            look, self_signed(tmp_path, "localhost", since=-LONG, until=timedelta(days=-12)), trusted
        ),
    }
    first = early.astimezone(PACIFIC)
    early_day = f"{first:%A}, {first:%B} {first.day}, {first.year}"
    assert {cause: outcome.says for cause, outcome in found.items()} == {
        "expired": "has a security certificate that expired 12 days ago",
        "not yet valid": f"has a security certificate that is not valid before {early_day}",
        "other name": "has a security certificate that is made out to another name",
        "other name, expired": "has a security certificate that is made out to another name; "
        "has a security certificate that expired 12 days ago",
        "unknown issuer": "has a security certificate from an issuer that this computer does not know",
        "chain missing": "has a security certificate from an issuer that this computer does not know",
        "self-signed": "has a security certificate that it made itself, so nobody vouches for it",
        "self-signed, expired": "has a security certificate that it made itself, so nobody vouches for it; "
        "has a security certificate that expired 12 days ago",
    }
    assert {outcome.status for outcome in found.values()} == {Status.CRITICAL}
    assert all("days left" in {metric.name for metric in outcome.metrics} for outcome in found.values())
    assert "verify error 62: Hostname mismatch" in found["other name"].detail
    assert "for charts.test" in found["other name"].detail
    assert found["unknown issuer"].results[1].status is Status.WARNING


@pytest.mark.fault(43)
def test_an_expired_certificate_above_a_good_one_is_not_told_as_the_servers_own() -> None:
    certificate = Certificate(NOW - LONG, NOW + LONG, ("localhost",), "CN=Lab", 10, "certificate has expired")
    found = list(Http(url="https://localhost/").evaluate(Page("https://localhost/", certificate=certificate), NOW))
    assert [result.says for result in found] == [
        "has a security certificate that rests on one that has expired",
        "has a security certificate that holds for 90 days more",
    ]


@pytest.mark.fault(43)
def test_outdated_encryption_is_named_and_the_days_are_still_read(look: Look, authority: Authority) -> None:
    old = authority.server("localhost", until=datetime.now(UTC) + LONG)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    outcome = secure(look, old, authority.ca_file)
    assert brief(outcome) == (Status.CRITICAL, "offers only an outdated kind of encryption")
    assert [result.says for result in outcome.results[1:]] == ["has a security certificate that holds for 90 days more"]


@pytest.mark.fault(43)
@pytest.mark.parametrize(
    ("serve", "says_so"),
    [
        (says_nothing, "took the connection, but never finished setting up encryption"),
        (lambda connection: None, "hung up while encryption was being set up"),
        (lambda connection: connection.sendall(PAGE), "answers without the encryption that it should have"),
        (
            lambda connection: connection.sendall(b"SSH-2.0-x\r\n" * 9),
            "answers without the encryption that it should have",
        ),
    ],
    ids=["never-finished", "hung-up", "plain-http", "ssh"],
)
def test_a_handshake_that_fails_is_told_by_how_it_fails(look: Look, serve: Serve, says_so: str) -> None:
    with server(serve) as port:
        outcome = look(Http(url=f"https://localhost:{port}/"), a_host(), timeout_s=0.5)
    assert brief(outcome) == (Status.CRITICAL, says_so)


@pytest.mark.fault(43)
def test_a_certificate_with_unreadable_names_is_still_judged(look: Look, authority: Authority, tmp_path: Path) -> None:
    odd = self_signed(tmp_path, "localhost", names=b"\x30\x05\x81\x03\xff\xfe\xfd")
    outcome = secure(look, odd, authority.ca_file)
    assert outcome.status is Status.CRITICAL
    assert outcome.results[-1].says == "has a security certificate that holds for 90 days more"


def test_a_missing_file_of_authorities_could_not_be_checked(look: Look, authority: Authority, tmp_path: Path) -> None:
    outcome = secure(look, authority.server("localhost"), str(tmp_path / "none.pem"))
    assert brief(outcome) == (
        Status.UNKNOWN,
        "could not be checked: the file of trusted certificates could not be read",
    )


@pytest.mark.fault(43)
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize(
    ("file", "certificate"),
    [
        (
            "letsencrypt.pem",
            Certificate(
                datetime(2022, 6, 15, 2, 40, 36, tzinfo=UTC),
                datetime(2022, 9, 13, 2, 40, 35, tzinfo=UTC),
                ("baffl.ca", "blog.kellybrazil.com"),
                "CN=R3,O=Let's Encrypt,C=US",
            ),
        ),
    ],
)
def test_a_recorded_certificate_is_read(file: str, certificate: Certificate) -> None:
    found = read_certificate(ssl.PEM_cert_to_DER_cert(_pem(DATA / file)))
    assert (found.not_before, found.not_after, found.names[:2], found.issuer) == (
        certificate.not_before,
        certificate.not_after,
        certificate.names,
        certificate.issuer,
    )


@pytest.mark.fault(43)
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("file", ["cert-bad-email.pem", "negative-serial.pem"])
def test_an_odd_certificate_still_tells_its_dates(file: str) -> None:
    found = read_certificate(ssl.PEM_cert_to_DER_cert(_pem(DATA / file)))
    assert found.not_after is not None and found.not_after.year == 2033
    assert found.names == ()


def _pem(path: Path) -> str:
    text = path.read_text()
    return text[text.index("-----BEGIN CERTIFICATE") :]


@given(st.binary(max_size=400))
def test_whatever_bytes_come_reading_a_certificate_raises_nothing(der: bytes) -> None:
    assert isinstance(read_certificate(der), Certificate)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@given(st.data())
def test_a_damaged_certificate_raises_nothing(data: st.DataObject) -> None:
    der = bytearray(ssl.PEM_cert_to_DER_cert(_pem(DATA / "letsencrypt.pem")))
    for _ in range(data.draw(st.integers(1, 5))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read_certificate(bytes(der)), Certificate)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b?c=1#d", "http://charts.test:81/b?c=1"),
        ("//other.test/b", "http://other.test/b"),
        ("https://me:secret@other.test:82/b", "https://other.test:82/b"),
        ("https://[2001:db8::1]/b", "https://[2001:db8::1]/b"),
        ("https://other.test:99999/", ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_a_redirect_leads_to_a_web_address_without_a_login_or_nowhere(location: str, leads_to: str) -> None:
    assert _onward(urlsplit("http://charts.test:81/a"), location) == leads_to


@given(st.text(max_size=100))
def test_wherever_a_redirect_leads_it_is_a_web_address_without_a_login_or_nothing(location: str) -> None:
    onward = _onward(urlsplit("http://charts.test/a"), location)
    parts = urlsplit(onward)
    assert onward == "" or (parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc)


@given(st.binary(max_size=100), st.text(max_size=20))
def test_whatever_charset_a_page_claims_its_text_is_read(body: bytes, charset: str) -> None:
    assert isinstance(_decoded(body, charset), str)


@given(st.datetimes(), st.datetimes(), st.integers(0, 100))
def test_whatever_dates_a_certificate_has_it_is_judged(begins: datetime, ends: datetime, distrust: int) -> None:
    certificate = Certificate(begins.replace(tzinfo=UTC), ends.replace(tzinfo=UTC), (), "", distrust)
    found: list[Result | Event] = list(
        Http(url="https://x.test/").evaluate(Page("https://x.test/", certificate=certificate), NOW)
    )
    assert found
    if distrust:
        assert Status.CRITICAL in {result.status for result in found if isinstance(result, Result)}


@pytest.mark.parametrize(
    ("check", "mistakes"),
    [
        (Http(url="https://charts.test/"), []),
        (Http(url="https://{address}:8443/status"), []),
        (Http(url="charts.test"), [("url", "must begin with http:// or https:// and name a machine")]),
        (Http(url="ftp://charts.test/"), [("url", "must begin with http:// or https:// and name a machine")]),
        (
            Http(url="https://me:secret@charts.test/"),
            [("url", "must not carry a user name or password: they would show in reports")],
        ),
        (
            Http(url="https://charts.test:99999/"),
            [("url", "is not a URL: Port out of range 0-65535")],
        ),
        (Http(url="http://a/", max_redirects=99), [("max_redirects", "must be between 0 and 20")]),
        (Http(url="http://a/", status=(20,)), [("status", "must be between 100 and 599")]),
    ],
    ids=["right", "address", "no-scheme", "other-scheme", "login", "port", "redirects", "status"],
)
def test_settings_that_cannot_work_are_mistakes(check: Http, mistakes: list[tuple[str, str]]) -> None:
    assert list(check.mistakes()) == mistakes


def test_the_machine_of_a_fixed_url_is_the_other_end() -> None:
    assert Http(url="https://charts.test:8443/").other_end() == "charts.test"
    assert Http(url="https://{address}/").other_end() == ""
