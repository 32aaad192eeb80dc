"""What is in a pack, file by file, each cleaned; and what was left out or changed, in words."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from healthcheck.config.settings import KNOWN_HOSTS, Config
from healthcheck.errors import HealthcheckError
from healthcheck.handover import readme
from healthcheck.handover.cleaning import Cleaning, is_private_key
from healthcheck.handover.drop_ins import FOLDER as DROP_INS
from healthcheck.handover.drop_ins import drop_ins
from healthcheck.handover.records import as_json, records
from healthcheck.handover.settings import Settings, settings
from healthcheck.handover.toml import toml
from healthcheck.history import History
from healthcheck.inventory import Remembered, inventory, remember, render
from healthcheck.rounds import HISTORY_FILE
from healthcheck.rounds.leavings import FOLDER as REPORTS

MOST_REPORTS = 10
"""The newest of them; each is a folder of its own."""


def contents(config: Config, state_dir: Path) -> tuple[dict[str, bytes], datetime]:
    """The files of a pack by their path in it, and the time they are of: the newest round's.

    The same config and history give the same files. `HistoryError` or `ConfigError` where one cannot be read.
    """
    known = remember(config, state_dir)
    now = _as_of(config, known).astimezone(config.practice.timezone)
    clean = settings(config)
    cleaning = Cleaning(config, clean.found, os.environ)
    made = inventory(config, known, now)
    files: dict[str, bytes] = {
        "config/config.toml": (_HEAD + toml(cleaning.values(clean.data))).encode(),
        "inventory/inventory.html": cleaning.text(render.html(made)).encode(),
        "inventory/inventory.md": cleaning.text(render.markdown(made)).encode(),
        "inventory/inventory.json": as_json(cleaning.data(render.document(made))).encode(),
        "inventory/emergency-card.html": cleaning.text(render.card(made)).encode(),
    }
    notes = list(_notes(clean))
    for name, content, changed in drop_ins(config.folder / DROP_INS):
        if is_private_key(content):
            notes.append(f"config/{DROP_INS}/{name}: left out, because it holds a private key.")
            continue
        cleaned = _text_or_not(content, cleaning.text)
        files[f"config/{DROP_INS}/{name}"] = cleaned
        if changed or cleaned != content:
            notes.append(f"config/{DROP_INS}/{name}: what looks like a password or a secret was taken out.")
    known_keys = _known_hosts((state_dir / KNOWN_HOSTS, config.folder / KNOWN_HOSTS))
    if known_keys:
        files[f"config/{KNOWN_HOSTS}"] = known_keys.encode()
    for path, content in _reports(state_dir / REPORTS, cleaning):
        files[f"reports/{path}"] = content
    if (state_dir / HISTORY_FILE).exists():
        with contextlib.closing(History.open(state_dir / HISTORY_FILE, now)) as history:
            for name, text in records(config, history, known, cleaning, now).items():
                files[f"history/{name}"] = text.encode()
    for name, why in [(name, why) for name, content in files.items() if (why := cleaning.lets_out(content))]:
        del files[name]
        notes.append(f"{name}: left out, because {why}.")
    rows = [row for row in made.secrets if not row.name.startswith("(")]
    texts = readme.texts(made, rows, clean.renamed, sorted(files), notes)
    for name, text in texts.items():
        files[name] = cleaning.text(text).encode()
        if cleaning.lets_out(files[name]):
            raise HealthcheckError(f"The pack was not made: its {name} would hold a secret. Look for it in the config.")
    return files, now


def _as_of(config: Config, known: Remembered) -> datetime:
    """The newest round, or where there was none the day on which the config was changed last."""
    if known.round is not None:
        return known.round.finished_at
    return datetime.fromtimestamp(config.path.stat().st_mtime, UTC)


_HEAD = """\
# The config of healthcheck as it was handed over, written anew from its data. Comments are not in it, for one may hold
# a password. A secret that stood here itself is named now, and has to be given under that name.

"""


def _notes(clean: Settings) -> Iterator[str]:
    config = "config/config.toml"
    yield f"{config}: comments are left out, for one may hold a password."
    for name, place in clean.renamed.items():
        yield f"{config}: {place} stood there itself; it is named {name} now, and to be given under that name."
    for place in dict.fromkeys(clean.removed):
        yield f"{config}: {place} looked like a password and was taken out."
    for file in clean.files:
        yield f"{config} names the file {file}, which is not in here: keep a copy of it if it is no key."


def _text_or_not(content: bytes, clean: Callable[[str], str]) -> bytes:
    try:
        return clean(content.decode("utf-8")).encode()
    except UnicodeDecodeError:
        return content


def _known_hosts(paths: tuple[Path, ...]) -> str:
    """The keys of hosts on record, those of the state directory first; no comment comes along."""
    lines: dict[str, None] = {}
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                words = line.split()
                if words and not line.startswith("#"):
                    lines[" ".join(words[: 4 if words[0].startswith("@") else 3])] = None
    return "".join(f"{line}\n" for line in lines)


def _reports(folder: Path, cleaning: Cleaning) -> Iterator[tuple[str, bytes]]:
    """The newest reports as they were kept, by their path below the folder."""
    rounds = sorted(path for path in folder.glob("[0-9]*/[0-9]*") if path.is_dir() and not path.is_symlink())
    for round in rounds[-MOST_REPORTS:]:
        for path in sorted(round.iterdir()):
            if path.is_file() and not path.is_symlink() and path.suffix in (".html", ".txt", ".json"):
                text = path.read_text(encoding="utf-8", errors="replace")
                cleaned = _json(text, cleaning) if path.suffix == ".json" else cleaning.text(text)
                yield str(path.relative_to(folder)), cleaned.encode()


def _json(text: str, cleaning: Cleaning) -> str:
    try:
        return as_json(cleaning.data(json.loads(text)))
    except ValueError:
        return cleaning.text(text)
