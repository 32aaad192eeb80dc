"""Setting up from nothing: the interview at a real terminal, the file of answers, and what neither leaves behind."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.lab import free_port
from tests.lab.netns import Namespace, cable, towns
from tests.lab.program import PROGRAM, healthcheck
from tests.lab.smtp import mail_server
from tests.lab.terminal import Person, terminal
from tests.lab.tls import Authority

PASSWORD = "canary-4711"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


def env(home: Path, authority: Authority | None = None) -> dict[str, str]:
    trusted = {"SSL_CERT_FILE": authority.ca_file} if authority else {}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb", **trusted}


def answer(person: Person, number: int, *lines: str) -> None:
    """Answer the question of that number; "y" and "n" to whether an answer is kept."""
    person.reads(f"{number} of 8\n")
    for line in lines:
        person.reads("[y/N]: " if line in ("y", "n") else "> ")
        person.types(line)


def test_a_newcomer_answers_eight_questions_and_has_a_config_that_loads(home: Path, authority: Authority) -> None:
    config = home / "new" / "config.toml"
    refusing = free_port()
    with (
        mail_server(tls=authority.server("127.0.0.1"), login=True) as box,
        terminal(PROGRAM, "init", "--config", config, env=env(home, authority)) as person,
    ):
        answer(person, 1, "Foothill/Oncology", "Foothill Oncology Group")
        answer(person, 2, "Pasadena, Glendale")
        answer(person, 3, "07:30 America/Los_Angelos", "07:30 America/Los_Angeles")
        answer(person, 4, "127.0.0.2, gateway", f"127.0.0.1, server, ssh:{refusing}, Glendale", "n", "")
        answer(person, 5, "Bay IT, 555-0142, help@bayit.example")
        answer(person, 6, "dana@foothill", "dana@foothill.example")
        answer(person, 7, f"127.0.0.1:{refusing}", "n", f"127.0.0.1:{box.port}, checker@foothill.example")
        answer(person, 8, "wrong", "n", PASSWORD)
        assert person.leaves() == 0
    assert PASSWORD not in person.shown
    assert f"{config} is written, and it has no mistake.\n" in person.shown
    assert f"127.0.0.1 refused the connection (asked for SSH on port {refusing})." in person.shown
    assert PASSWORD.encode() in [password for _, password in box.logins]
    assert box.messages == []
    assert PASSWORD not in config.read_text()
    assert (config.parent / "credentials/smtp_password").read_text() == f"{PASSWORD}\n"
    done = healthcheck("config", "check", "--config", config, env=env(home))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OK: 2 sites, 2 hosts, 7 checks and 1 delivery.")


def test_an_answer_that_does_not_work_now_is_kept_by_a_yes(home: Path) -> None:
    config, nobody = home / "config.toml", free_port()
    with terminal(PROGRAM, "init", "--config", config, env=env(home)) as person:
        answer(person, 1, "Foothill")
        answer(person, 2, "Pasadena")
        answer(person, 3, "07:30 America/Los_Angeles")
        answer(person, 4, f"127.0.0.1, server, ssh checker:{nobody}", "y", "")
        answer(person, 5, "")
        answer(person, 6, "")
        assert person.leaves() == 0
    assert "7 of 8" not in person.shown
    assert "Nobody gets the report yet: nobody was named." in person.shown
    assert "healthcheck enroll pasadena-server --config" in person.shown
    hosts = tomllib.loads(config.read_text())["site"][0]["host"]
    assert [host.get("ssh") for host in hosts] == [None, {"user": "checker", "port": nobody}]


@pytest.mark.parametrize("at", [1, 2, 4], ids=lambda number: f"question {number}")
def test_ctrl_c_leaves_nothing(home: Path, at: int) -> None:
    with terminal(PROGRAM, "init", "--config", home / "new/config.toml", env=env(home)) as person:
        for number, line in ((1, "Foothill"), (2, "Pasadena"), (3, "07:30 America/Los_Angeles"), (4, "")):
            if number == at:
                person.reads(f"{number} of 8\n")
                person.reads("> ")
                break
            answer(person, number, line)
        assert person.interrupts() == 130
        person.reads("healthcheck: interrupted before it had finished.\n")
    assert list(home.iterdir()) == []


def test_a_scan_sends_nothing_and_what_it_found_is_there_to_choose_from(home: Path) -> None:
    (home / ".ssh").mkdir()
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIICXcCN3PQgKZIOUPMNwJyMwy/Tbsnpoe4jqLcDzQH3"
    (home / ".ssh/known_hosts").write_text(
        f"far.example {key}\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {key}\n"
    )
    config = home / "config.toml"
    with towns("office", "street") as [office, street]:
        office.set("net/ipv6/conf/default/disable_ipv6", "1")
        lan, _ = cable(office, "10.9.0.1/24", street, "10.9.0.2/24")
        office.ip("route", "add", "default", "via", "10.9.0.254")
        for number in (7, 254):
            entry = ("lladdr", f"02:00:00:00:00:{number:02x}", "dev", lan, "nud", "reachable")
            office.ip("neigh", "add", f"10.9.0.{number}", *entry)
        office.rules(COUNTER)

        def interview() -> str:
            with terminal(PROGRAM, "init", "--scan", "--config", config, env=env(home)) as person:
                answer(person, 1, "Foothill")
                answer(person, 2, "Pasadena, Glendale")
                answer(person, 3, "07:30 America/Los_Angeles")
                person.reads("Which of them [1, 2]: ")
                assert packets(office) == 0
                person.types("3 Pasadenna, 9")
                person.reads('That cannot be read: "9" does not begin with a number from 1 to 3; or write "none".')
                person.reads("Which of them [1, 2]: ")
                person.types("1, 2 printer Glendale")
                for _ in range(2):
                    person.reads("Keep it? [y/N]: ")
                    person.types("y")
                person.reads("And besides?")
                person.reads("> ")
                person.types("")
                answer(person, 5, "")
                answer(person, 6, "")
                assert person.leaves() == 0
                return person.shown

        shown = office.call(interview)
        assert packets(office) > 0
    for line in (
        "     1  10.9.0.254            gateway   the way out of this network, so it is probably the internet box\n",
        "     2  10.9.0.7              other     it was heard on this network; what it is cannot be told\n",
        "     3  far.example           server    somebody logged in to it from here, so it is probably a server\n",
        "   known_hosts holds 1 more server by a hashed name, which nobody can read.\n",
    ):
        assert line in shown
    sites = tomllib.loads(config.read_text())["site"]
    hosts = {
        host["name"]: (host["address"], host["role"]) for site in sites for host in site["host"] if "address" in host
    }
    assert hosts == {"pasadena-router": ("10.9.0.254", "gateway"), "glendale-printer": ("10.9.0.7", "printer")}


COUNTER = (
    "add table inet count; add chain inet count out { type filter hook output priority 0; }; "
    "add rule inet count out counter"
)


def packets(town: Namespace) -> int:
    """How many packets have left a town so far."""
    argv = ["ip", "netns", "exec", town.name, "nft", "list", "table", "inet", "count"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    found = re.search(r"packets (\d+)", said)
    assert found
    return int(found[1])


ANSWERS = """
practice = "Foothill Oncology Group"
towns = ["Pasadena", "Glendale"]
opens = "07:30 America/Los_Angeles"
hosts = ["127.0.0.2, gateway", "127.0.0.1, server, Glendale, ssh checker:{port}"]
it = "Bay IT, 555-0142"
recipients = ["dana@foothill.example"]
mail_server = "127.0.0.1:{port}, checker@foothill.example"
password_file = "password"
"""


def test_a_file_answers_the_same_and_what_did_not_work_is_a_warning(home: Path) -> None:
    port = free_port()
    (home / "answers.toml").write_text(ANSWERS.format(port=port))
    (home / "password").write_text(f"{PASSWORD}\n")
    (home / "password").chmod(0o600)
    config = home / "new/config.toml"
    done = healthcheck("init", "--answers", home / "answers.toml", "--config", config, env=env(home))
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        0,
        f"healthcheck: hosts: 127.0.0.1 refused the connection (asked for SSH on port {port}).",
    )
    assert [line.split(" ")[1] for line in done.stderr.splitlines()] == ["hosts:", "mail_server:", "password_file:"]
    assert PASSWORD not in done.stdout + done.stderr + config.read_text()
    assert (config.parent / "credentials/smtp_password").read_text() == f"{PASSWORD}\n"
    checked = healthcheck("config", "check", "--config", config, env=env(home))
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'practise = "Foothill"\ntowns = []\nopens = 730',
            [
                'unknown key "practise"; did you mean "practice"?',
                '"practice" is missing',
                "towns: name at least one town",
                "opens: it must be text in quotes, or a list of such",
            ],
        ),
        (
            'practice = "F"\ntowns = ["A"]\nopens = "07:30 Etc/UTC"\nmail_server = "x.example"\npassword_file = "p"',
            [
                "mail_server: it has no use without recipients",
                "password_file: it has no use without a name to log in with in mail_server",
            ],
        ),
        ('practice = "Foothill', ["a quote is opened and never closed"]),
        ("", ['"practice" is missing', '"towns" is missing', '"opens" is missing']),
    ],
    ids=["unknown, missing and mistaken", "no use", "no TOML", "empty"],
)
def test_every_mistake_in_the_answers_is_told_and_nothing_is_written(home: Path, text: str, says: list[str]) -> None:
    (home / "answers.toml").write_text(text)
    done = healthcheck("init", "--answers", home / "answers.toml", "--config", home / "c/config.toml", env=env(home))
    assert (done.returncode, done.stdout) == (78, "")
    assert [line.partition(": ")[2] for line in done.stderr.splitlines()] == says
    assert not (home / "c").exists()


def test_without_a_terminal_and_without_answers_nobody_is_asked(home: Path) -> None:
    done = healthcheck("init", "--config", home / "config.toml", env=env(home))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        64,
        "Error: Nobody can answer here. Write the answers into a file and name it with --answers.",
    )


def test_a_config_that_is_there_is_never_overwritten(home: Path) -> None:
    config = home / "config.toml"
    config.write_text("mine")
    (home / "answers.toml").write_text(ANSWERS.format(port=1))
    done = healthcheck("init", "--answers", home / "answers.toml", "--config", config, env=env(home))
    says = f"{config} is there already, and is left as it is. Move it away, or name another place with --config."
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (64, "", f"Error: {says}")
    assert config.read_text() == "mine"
