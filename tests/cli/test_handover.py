"""`healthcheck handover` as a person calls it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.office import Office, office


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as made:
        yield made


def test_a_pack_is_made_once_and_never_overwritten(small: Office, tmp_path: Path) -> None:
    file = tmp_path / "pack.zip"
    done = small.healthcheck("handover", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}: 7 files, without any password. Read its README.txt first.\n"
    with zipfile.ZipFile(file) as pack:
        assert pack.namelist()[0] == "README.txt"
    again = small.healthcheck("handover", file)
    assert again.returncode == 75
    assert "is there already, and a pack overwrites nothing" in again.stderr


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pack", "The pack is a ZIP file: name one that ends in .zip, not pack."),
        ("nowhere/pack.zip", "/nowhere to write pack.zip to."),
    ],
)
def test_a_name_that_cannot_be_one_is_told(small: Office, tmp_path: Path, name: str, says: str) -> None:
    done = small.healthcheck("handover", tmp_path / name)
    assert done.returncode == 64
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []
