"""A config that is right becomes the practice, the plan and the deliveries that it describes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from healthcheck.check import Planned
from healthcheck.config import load
from healthcheck.delivery.settings import EmailSettings, OAuth2
from healthcheck.errors import ConfigError
from healthcheck.model import (
    Contract,
    Credential,
    Delivery,
    Host,
    Levels,
    Person,
    Practice,
    Secret,
    Service,
    Site,
    SshAccess,
)
from tests.config.conftest import SMALL, Loaded, Written
from tests.config.kinds import CATALOGUE, Database, Disk, Ping

PACIFIC = ZoneInfo("America/Los_Angeles")

WHOLE = """\
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "7:30"
open_days = ["mon", "tue"]
closed = [2026-12-25]
watcher = "Main office"

[report]
at = 05:00:00
due = "06:15"

[[person]]
name = "Bay IT"
role = "it"
phone = "555-0142"
email = "help@bayit.example"

[[site]]
name = "Main office"
phone = "555-0100"
address = "1 Main Street"

[[site.host]]
name = "office-server"
local = true
role = "server"

[[site.host]]
name = "main-router"
address = "192.0.2.1"
role = "gateway"

[[site]]
name = "Phoenix"
timezone = "America/Phoenix"

[[site.host]]
name = "phoenix-server"
label = "the server in Phoenix"
room = "closet"
address = "2001:db8::5"
role = "server"
owner = "Bay IT"
os = "windows"
ssh = { user = "healthcheck", port = 2222, jump = "phoenix-router" }
depends_on = ["phoenix-router"]

[[site.host]]
name = "phoenix-router"
address = "router.phoenix.example"
ssh = { user = "admin" }

[[check]]
kind = "ping"
hosts = ["site:Phoenix", "main-*"]
except = ["phoenix-router"]
loss_percent = { critical = 50 }
timeout_s = 2
attempts = 1

[[check]]
kind = "disk"
hosts = ["role:server"]
name = "root"
mounts = ["/"]
free_percent = { warning = 20.5, critical = 1 }
owner = "Bay IT"

[[service]]
name = "Patient charts"
essential = true
needs = ["phoenix-server"]
needs_any = ["Main office/office-server/disk/root", "main-router"]
used_by = ["Ph*"]
impact = "Charts will not open."
until_fixed = "Use paper."

[[delivery]]
name = "morning mail"
channel = "email"
to = ["Dana <dana@foothill.example>"]

[[delivery]]
name = "hook"
channel = "webhook"
url = "https://hook.example/x"
content = "brief"
when = "problems"
only_if_failed = "morning mail"

[email]
host = "smtp.example.org"
port = 465
security = "tls"
username = "checker"
password = { secret = "smtp" }
from = "System check <checker@foothill.example>"
timeout_s = 10
"""

OFFICE_SERVER = Host("office-server", "Main office", "office-server", "127.0.0.1", role="server", local=True)
MAIN_ROUTER = Host("main-router", "Main office", "main-router", "192.0.2.1", role="gateway")
PHOENIX_SERVER = Host(
    "phoenix-server",
    "Phoenix",
    "the server in Phoenix",
    "2001:db8::5",
    role="server",
    room="closet",
    owner="Bay IT",
    os="windows",
    ssh=SshAccess("healthcheck", 2222, jump="phoenix-router"),
    depends_on=("phoenix-router",),
)
PHOENIX_ROUTER = Host("phoenix-router", "Phoenix", "phoenix-router", "router.phoenix.example", ssh=SshAccess("admin"))
MAIN_OFFICE = Site("Main office", PACIFIC, "555-0100", "1 Main Street", hosts=(OFFICE_SERVER, MAIN_ROUTER))
PHOENIX = Site("Phoenix", ZoneInfo("America/Phoenix"), hosts=(PHOENIX_SERVER, PHOENIX_ROUTER))


def test_a_whole_config_becomes_what_it_describes(loaded: Loaded) -> None:
    config = loaded(WHOLE, {"HEALTHCHECK_SECRET_SMTP": "hunter2"})

    ping = Ping(loss_percent=Levels.above(warning=10, critical=50))
    disk = Disk(mounts=("/",), free_percent=Levels.below(warning=20.5, critical=1))
    assert config.practice == Practice(
        name="Foothill Oncology Group",
        timezone=PACIFIC,
        opens=time(7, 30),
        open_days=("mon", "tue"),
        closed=(date(2026, 12, 25),),
        watcher="Main office",
        people=(Person("Bay IT", "it", "555-0142", "help@bayit.example"),),
        sites=(MAIN_OFFICE, PHOENIX),
        services=(
            Service(
                "Patient charts",
                essential=True,
                needs=("phoenix-server",),
                needs_any=("Main office/office-server/disk/root", "main-router"),
                used_by=("Phoenix",),
                impact="Charts will not open.",
                until_fixed="Use paper.",
            ),
        ),
        report_at=time(5, 0),
        report_due=time(6, 15),
    )
    assert config.plan == (
        Planned("Main office/main-router/ping", MAIN_OFFICE, MAIN_ROUTER, ping, 2.0, 1),
        Planned("Phoenix/phoenix-server/ping", PHOENIX, PHOENIX_SERVER, ping, 2.0, 1, "Bay IT"),
        Planned("Main office/office-server/disk/root", MAIN_OFFICE, OFFICE_SERVER, disk, 15.0, 1, "Bay IT"),
        Planned("Phoenix/phoenix-server/disk/root", PHOENIX, PHOENIX_SERVER, disk, 15.0, 1, "Bay IT"),
    )
    assert config.deliveries == (
        Delivery("morning mail", "email", to=("Dana <dana@foothill.example>",)),
        Delivery(
            "hook",
            "webhook",
            content="brief",
            when="problems",
            only_if_failed="morning mail",
            url=Secret("https://hook.example/x"),
        ),
    )
    assert config.email == EmailSettings(
        host="smtp.example.org",
        sender="System check <checker@foothill.example>",
        port=465,
        security="tls",
        username="checker",
        password=Secret("hunter2"),
        timeout_s=10.0,
    )
    assert config.warnings == CATALOGUE.refused


def test_what_a_config_leaves_out_has_a_default(loaded: Loaded) -> None:
    config = loaded(SMALL)

    host = Host("server", "Pasadena", "server", "127.0.0.1", local=True)
    site = Site("Pasadena", PACIFIC, hosts=(host,))
    assert config.practice == Practice("Foothill", PACIFIC, time(7, 30), watcher="Pasadena", sites=(site,))
    assert config.plan == (Planned("Pasadena/server/ping", site, host, Ping(), 4.0, 3),)
    assert (config.deliveries, config.email, config.default_key) == ((), None, None)


def test_the_plan_follows_the_config_checks_first_then_hosts(loaded: Loaded) -> None:
    config = loaded(WHOLE, {"HEALTHCHECK_SECRET_SMTP": "hunter2"})

    assert [planned.key for planned in config.plan] == [
        "Main office/main-router/ping",
        "Phoenix/phoenix-server/ping",
        "Main office/office-server/disk/root",
        "Phoenix/phoenix-server/disk/root",
    ]


SELECTIONS: dict[str, tuple[str, str, list[str]]] = {
    "all": ('["*"]', "[]", ["office-server", "main-router", "phoenix-server", "phoenix-router"]),
    "name": ('["phoenix-router"]', "[]", ["phoenix-router"]),
    "glob": ('["*-ser[vw]er"]', "[]", ["office-server", "phoenix-server"]),
    "role": ('["role:gateway"]', "[]", ["main-router"]),
    "site": ('["site:Main office"]', "[]", ["office-server", "main-router"]),
    "twice": ('["main-router", "main-*"]', "[]", ["main-router"]),
    "order-of-the-config": ('["phoenix-router", "main-router"]', "[]", ["main-router", "phoenix-router"]),
    "except": ('["*"]', '["role:gateway", "site:Phoenix"]', ["office-server"]),
}


@pytest.mark.parametrize(
    ("hosts", "left_out", "found"), SELECTIONS.values(), ids=[f"selects-{id}" for id in SELECTIONS]
)
def test_a_check_is_planned_for_the_hosts_that_it_selects(
    hosts: str, left_out: str, found: list[str], loaded: Loaded
) -> None:
    text = WHOLE[: WHOLE.index("[[check]]")] + f'[[check]]\nkind = "ping"\nhosts = {hosts}\nexcept = {left_out}\n'

    assert [planned.host.name for planned in loaded(text).plan] == found


def test_a_missing_side_of_the_limits_keeps_its_default(loaded: Loaded) -> None:
    text = SMALL + '\n[[check]]\nkind = "disk"\nhosts = ["*"]\nfree_percent = {}\n'

    assert loaded(text).plan[-1].check == Disk(free_percent=Levels.below(warning=15, critical=5))


def test_a_file_dropped_beside_the_config_is_a_kind_like_any_other(written: Written, tmp_path: Path) -> None:
    folder = tmp_path / "checks.d"
    folder.mkdir(mode=0o700)
    source = Path(__file__).with_name("kinds.py").read_text()
    (folder / "kinds.py").write_text(source.replace('"ping"', '"knock"'))
    (folder / "kinds.py").chmod(0o600)
    (folder / "unused.py").write_text("import nothing_of_that_name\n")
    (folder / "unused.py").chmod(0o600)

    config = load(written(SMALL.replace('"ping"', '"knock"\ncount = 3')), environ={})

    [planned] = config.plan
    assert (planned.key, planned.timeout_s, planned.attempts) == ("Pasadena/server/knock", 4.0, 3)
    assert vars(planned.check)["entry"] == {"kind": "knock", "count": 3, "hosts": ["*"]}
    assert config.warnings == ()


@pytest.mark.fault(60)
def test_a_kind_whose_file_cannot_be_loaded_is_planned_and_told_with_the_reason(
    written: Written, tmp_path: Path
) -> None:
    folder = tmp_path / "checks.d"
    folder.mkdir(mode=0o700)
    (folder / "toner.py").write_text("import nothing_of_that_name\n")
    (folder / "toner.py").chmod(0o600)

    config = load(written(SMALL.replace('"ping"', '"toner"\nlevel = 5')), environ={})

    assert [planned.key for planned in config.plan] == ["Pasadena/server/toner"]
    assert config.warnings == (
        f"{folder}/toner.py: not loaded: ModuleNotFoundError: No module named 'nothing_of_that_name'",
    )


def test_what_is_taken_out_of_every_text_stands_in_the_config(loaded: Loaded) -> None:
    assert loaded(SMALL).redact == ()
    assert loaded(SMALL + "\n[privacy]\nredact = ['MRN-\\d+']\n").redact == (r"MRN-\d+",)


def test_a_password_within_an_address_earns_a_warning(loaded: Loaded) -> None:
    config = loaded(SMALL + '\n[[check]]\nkind = "database"\nhosts = ["*"]\nurl = "mysql://u:canary-7391@db/charts"\n')

    assert isinstance(config.plan[-1].check, Database)
    assert config.warnings[0] == (
        f"{config.path}:20: check[2].url: there is a password in this address; keep it out of the config, in a secret"
    )


@pytest.mark.parametrize("channel", ["slack", "teams", "discord", "apprise"])
def test_an_address_that_is_a_secret_itself_earns_a_warning(channel: str, loaded: Loaded) -> None:
    config = loaded(SMALL + f'\n[[delivery]]\nname = "chat"\nchannel = "{channel}"\nurl = "https://hooks.example/T1"\n')

    assert config.deliveries == (Delivery("chat", channel, url=Secret("https://hooks.example/T1")),)
    assert config.warnings[0] == (
        f"{config.path}:20: delivery[1].url: the secret itself stands in the config; "
        'write { secret = "its-name" } and keep it in a file'
    )


def test_a_token_is_had_for_a_refresh_token(loaded: Loaded) -> None:
    mail = """
[email]
host = "smtp.office365.example"
auth = "oauth2"
username = "checker@foothill.example"
from = "checker@foothill.example"
ca_file = "ca.pem"

[email.oauth2]
token_url = "https://login.example/token"
client_id = "1"
refresh_token = { secret = "refresh" }
client_secret = { secret = "client" }
scope = "SMTP.Send"
"""
    environ = {"HEALTHCHECK_SECRET_REFRESH": "r", "HEALTHCHECK_SECRET_CLIENT": "c"}
    with pytest.raises(ConfigError, match=r"email\.ca_file: there is no file .*/ca\.pem"):
        loaded(SMALL + mail, environ)

    config = loaded(SMALL + mail.replace('ca_file = "ca.pem"\n', ""), environ)

    assert config.email == EmailSettings(
        host="smtp.office365.example",
        sender="checker@foothill.example",
        auth="oauth2",
        username="checker@foothill.example",
        oauth2=OAuth2("https://login.example/token", "1", Secret("r"), Secret("c"), "SMTP.Send"),
    )


def test_a_file_of_authorities_is_named_from_where_the_config_is(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    mail = '\n[email]\nhost = "h"\nauth = "none"\nfrom = "a@b.example"\nca_file = "ca.pem"\n'

    email = loaded(SMALL + mail).email

    assert email is not None
    assert email.ca_file == str(tmp_path / "ca.pem")


def test_a_config_is_read_without_the_environment_of_this_process(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, mistaken: Callable[..., list[str]]
) -> None:
    monkeypatch.setenv("HEALTHCHECK_SECRET_SMTP", "not this one")

    [message] = mistaken(WHOLE)

    assert message.startswith('config.toml:97: email.password: the secret "smtp" was not found; looked at ')


def test_contracts_and_the_places_of_credentials_are_read(loaded: Loaded) -> None:
    config = loaded(
        SMALL
        + """
[[contract]]
name = "Internet line"
with = "Valley Cable"
phone = "800-555-0150"
number = "VC-20417"
renews = 2027-03-31
covers = "the internet box in Pasadena"
notes = "cancel three months before"

[[contract]]
name = "Charts licence"

[[credential]]
for = "smtp_password"
kept_at = "the safe in Pasadena, blue envelope"
kept_by = "Dana Reyes"
"""
    )

    assert config.practice.contracts == (
        Contract(
            "Internet line",
            "Valley Cable",
            "800-555-0150",
            "VC-20417",
            date(2027, 3, 31),
            "the internet box in Pasadena",
            "cancel three months before",
        ),
        Contract("Charts licence"),
    )
    assert config.practice.credentials == (
        Credential("smtp_password", "the safe in Pasadena, blue envelope", "Dana Reyes"),
    )


@pytest.mark.parametrize(
    ("hours", "closes", "known"),
    [
        ('opens = "07:30"', time(17), False),
        ('opens = "07:30"\ncloses = "18:15"', time(18, 15), True),
        ('opens = "18:00"', time(23, 59), False),
    ],
    ids=["not said", "said", "opens in the evening"],
)
def test_the_doors_close_at_five_where_the_config_does_not_say_when(
    loaded: Loaded, hours: str, closes: time, known: bool
) -> None:
    practice = loaded(SMALL.replace('opens = "07:30"', hours)).practice
    assert (practice.closes, practice.closes_is_known) == (closes, known)
