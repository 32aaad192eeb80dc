"""Lines that are really cut: between the office and one clinic, and between the office and all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.netns import Namespace, cable, towns
from tests.lab.program import healthcheck, written

CLINICS = ("Pasadena", "Glendale", "Azusa")

CONFIG = """
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "07:30"
watcher = "Main office"

[[site]]
name = "Main office"

  [[site.host]]
  name = "main-router"
  label = "the internet box in the main office"
  address = "10.0.0.1"
  role = "gateway"
"""

SITE = """
[[site]]
name = "{town}"

  [[site.host]]
  name = "{name}-router"
  label = "the internet box in {town}"
  address = "10.0.{number}.2"
  role = "gateway"

  [[site.host]]
  name = "{name}-server"
  label = "the server in {town}"
  address = "10.1.{number}.1"
  ssh = {{ user = "healthcheck" }}
"""

CHECKS = """
[[check]]
kind = "ping"
hosts = ["*"]
count = 2
timeout_s = 1
attempts = 1

[[check]]
kind = "disk"
hosts = ["*-server"]
timeout_s = 1
"""


@dataclass
class Country:
    """An office and three clinics, joined by a provider."""

    office: Namespace
    provider: Namespace
    ends: dict[str, str]
    folder: Path

    def round(self) -> dict[str, Any]:
        """Run one in the office and return its JSON."""
        done = self.office.call(
            lambda: healthcheck(
                "run", "--format", "json", "--config", self.folder / "config.toml",
                "--state-dir", self.folder / "state", env={"HOME": str(self.folder)},
            )
        )  # fmt: skip
        told: dict[str, Any] = json.loads(done.stdout)
        return told


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    config = CONFIG + "".join(
        SITE.format(town=town, name=town.lower(), number=number) for number, town in enumerate(CLINICS, 1)
    )
    written(tmp_path, config + CHECKS)
    with towns("office", "provider", *(town.lower() for town in CLINICS)) as [office, provider, *clinics]:
        provider.set("net/ipv4/ip_forward", "1")
        ends = {"Main office": cable(office, "10.0.0.2/24", provider, "10.0.0.1/24")[1]}
        office.ip("route", "add", "default", "via", "10.0.0.1")
        for number, (town, clinic) in enumerate(zip(CLINICS, clinics, strict=True), 1):
            ends[town] = cable(clinic, f"10.0.{number}.2/24", provider, f"10.0.{number}.1/24")[1]
            clinic.ip("address", "add", f"10.1.{number}.1/32", "dev", "lo")
            clinic.ip("route", "add", "default", "via", f"10.0.{number}.1")
            provider.ip("route", "add", f"10.1.{number}.1", "via", f"10.0.{number}.2")
        yield Country(office, provider, ends, tmp_path)


def verdicts(told: dict[str, Any]) -> dict[str, str]:
    return {site["name"]: site["verdict"] for site in told["sites"]}


def statuses(told: dict[str, Any], site: str) -> dict[str, str]:
    return {check["key"]: check["status"] for check in told["checks"] if check["site"] == site}


@pytest.mark.fault(2)
def test_a_line_that_is_down_is_one_problem_of_that_clinic(country: Country) -> None:
    country.provider.ip("link", "set", country.ends["Pasadena"], "down")
    told = country.round()
    assert statuses(told, "Pasadena") == {
        "Pasadena/pasadena-router/ping": "CRITICAL",
        "Pasadena/pasadena-server/ping": "CRITICAL",
        "Pasadena/pasadena-server/disk": "UNKNOWN",
    }
    assert statuses(told, "Glendale")["Glendale/glendale-router/ping"] == "OK"
    assert verdicts(told)["Pasadena"] == "not_ready"
    [incident] = [incident for incident in told["incidents"] if "Pasadena" in incident["sites"]]
    assert incident["cause"] == "Pasadena"
    assert incident["sites"] == ["Pasadena"]
    assert sorted(incident["consequences"]) == ["Pasadena/pasadena-server/disk", "Pasadena/pasadena-server/ping"]


@pytest.mark.fault(3)
def test_the_offices_own_line_down_says_nothing_of_the_clinics(country: Country) -> None:
    country.provider.ip("link", "set", country.ends["Main office"], "down")
    told = country.round()
    assert verdicts(told) == {
        "Main office": verdicts(told)["Main office"],
        "Pasadena": "unknown",
        "Glendale": "unknown",
        "Azusa": "unknown",
    }
    [incident] = told["incidents"]
    assert incident["cause"] == "Main office"
    assert len(incident["consequences"]) == 9
