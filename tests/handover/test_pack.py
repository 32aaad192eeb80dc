"""A pack is the same bytes for the same contents, overwrites nothing, and is whole or not there."""

from __future__ import annotations

import errno
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from healthcheck.errors import HealthcheckError
from healthcheck.handover import pack

AT = datetime(2026, 11, 23, 13, 45, 7, tzinfo=UTC)
CONTENTS = {"b/two.txt": b"two" * 1000, "a.txt": b"one"}


def test_the_same_contents_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    pack(tmp_path / "one.zip", CONTENTS, AT)
    pack(tmp_path / "two.zip", dict(reversed(CONTENTS.items())), AT)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_pack_holds_each_file_with_the_time_it_is_of_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "one.zip"
    pack(file, CONTENTS, AT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]
    with zipfile.ZipFile(file) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["a.txt", "b/two.txt"]
        assert {name: opened.read(name) for name in opened.namelist()} == CONTENTS
        entries = opened.infolist()
    assert {entry.date_time for entry in entries} == {(2026, 11, 23, 13, 45, 6)}  # a ZIP file counts by two seconds
    assert {stat.S_IMODE(entry.external_attr >> 16) for entry in entries} == {0o600}


def test_a_time_before_any_that_a_zip_file_knows_is_its_first(tmp_path: Path) -> None:
    pack(tmp_path / "one.zip", CONTENTS, datetime(1970, 1, 1, tzinfo=UTC))
    with zipfile.ZipFile(tmp_path / "one.zip") as opened:
        assert opened.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


@pytest.mark.parametrize("what", ["file", "link-to-nowhere", "folder"])
def test_nothing_is_overwritten(tmp_path: Path, what: str) -> None:
    file = tmp_path / "one.zip"
    if what == "file":
        file.write_text("mine")
    elif what == "folder":
        file.mkdir()
    else:
        file.symlink_to(tmp_path / "nowhere")
    with pytest.raises(HealthcheckError) as caught:
        pack(file, CONTENTS, AT)
    says = f"{file} is there already, and a pack overwrites nothing; give another name, or move that file away."
    assert str(caught.value) == says
    assert what != "file" or file.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]


class Interrupted(Mapping[str, bytes]):
    """Contents in the midst of which somebody presses Ctrl-C, or takes the name that the pack is to have."""

    def __init__(self, taken: Path | None = None) -> None:
        self._taken = taken

    def __iter__(self) -> Iterator[str]:
        return iter(CONTENTS)

    def __len__(self) -> int:
        return len(CONTENTS)

    def __getitem__(self, name: str) -> bytes:
        if self._taken is None:
            raise KeyboardInterrupt
        self._taken.write_text("mine")
        return CONTENTS[name]


def test_a_pack_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pack(tmp_path / "one.zip", Interrupted(), AT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False], ids=["disk", "stick"])
def test_a_name_that_is_taken_meanwhile_stays_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", refused)
    with pytest.raises(HealthcheckError, match="is there already"):
        pack(tmp_path / "one.zip", Interrupted(tmp_path / "one.zip"), AT)
    assert (tmp_path / "one.zip").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]


def test_a_stick_without_links_gets_its_pack_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", refused)
    pack(tmp_path / "one.zip", CONTENTS, AT)
    assert [path.name for path in tmp_path.iterdir()] == ["one.zip"]


def refused(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HealthcheckError) as caught:
        pack(tmp_path / "nowhere" / "one.zip", CONTENTS, AT)
    why = "no such file or directory"
    file = tmp_path / "nowhere" / "one.zip"
    assert str(caught.value) == f"The pack could not be written to {file}: {why}. Nothing was left there."
