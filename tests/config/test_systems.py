"""What means nothing on a host's system is a mistake of the config, named with the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthcheck import plugins
from healthcheck.config import load
from healthcheck.errors import ConfigError

HOSTS = """
[practice]
name = "Foothill"
timezone = "America/Los_Angeles"
opens = "07:30"
[[site]]
name = "Pasadena"
[[site.host]]
name = "files"
address = "192.0.2.10"
os = "windows"
ssh = { user = "healthcheck" }
[[site.host]]
name = "pictures"
address = "192.0.2.11"
os = "windows"
ssh = { user = "healthcheck" }
[[site.host]]
name = "charts"
address = "192.0.2.12"
ssh = { user = "healthcheck" }
[[check]]
hosts = ["*"]
"""


NOT_EVERY = "check[1].hosts: this check cannot look into every host; leave some out with except"
BOTH = '"files" and "pictures" have os = "windows"'


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        pytest.param(
            'kind = "disk"\nmounts = ["/srv", "D:"]',
            [
                f"25: check[1].mounts: “/srv” must be a drive, such as “D:”: {BOTH}",
                '25: check[1].mounts: “D:” must start with “/”: "charts" has os = "linux"',
            ],
            id="a-path",
        ),
        pytest.param(
            'kind = "load"',
            [f"23: {NOT_EVERY}: {BOTH}"],
            id="a-check",
        ),
        pytest.param(
            'kind = "windows_backup"',
            [f'23: {NOT_EVERY}: "charts" has os = "linux"'],
            id="a-check-of-windows",
        ),
    ],
)
def test_a_mistake_names_the_hosts_that_it_is_one_for(tmp_path: Path, check: str, expected: list[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text(HOSTS + check)
    with pytest.raises(ConfigError) as caught:
        load(config, plugins.load(), {})
    assert str(caught.value).splitlines() == [f"{config}:{line}" for line in expected]


def test_a_check_that_looks_from_outside_has_no_system(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(HOSTS + 'kind = "ping"')
    assert len(load(config, plugins.load(), {}).plan) == 3
