"""What foreign code is told comes out of the wall the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from healthcheck.foreign import wire
from healthcheck.model import Host, Practice, Previous, Secret, Site, SshAccess, Status

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)


def test_a_practice_comes_out_as_it_went_in() -> None:
    key = Secret("c4n4ry", "ssh_key")
    hosts = (
        Host("a", "Pasadena", "the server", "192.0.2.1", "server", "closet", "Bay IT", ssh=SshAccess("u", 22, key)),
        Host("b", "Pasadena", "b", os="windows", depends_on=("a",)),
        Host("c", "Pasadena", "c", ssh=SshAccess("u", 2222, key_file=Path("/etc/key"), jump="a")),
        Host("d", "Pasadena", "d", local=True),
    )
    site = Site("Pasadena", ZoneInfo("America/Los_Angeles"), "555-0142", "1 Main St", hosts)
    practice = Practice("Foothill", ZoneInfo("America/New_York"), time(7, 30), sites=(site,))

    assert wire.to_practice(json.loads(json.dumps(wire.of_practice(practice)))) == practice


@pytest.mark.parametrize("previous", [None, Previous(AT, Status.CRITICAL, {"age": 26.5})], ids=["first-time", "known"])
def test_what_was_found_the_last_time_goes_along(previous: Previous | None) -> None:
    assert wire.to_previous(json.loads(json.dumps(wire.of_previous(previous)))) == previous


def test_secrets_go_along_by_their_place() -> None:
    secrets = {("password",): Secret("a", "db"), ("headers", 0, "B"): Secret("b")}

    assert wire.to_secrets(json.loads(json.dumps(wire.of_secrets(secrets)))) == secrets
