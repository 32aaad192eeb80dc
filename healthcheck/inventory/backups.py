"""Backups and where they stand: of which device, in which folder, made when, how large."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from healthcheck.check import Planned
from healthcheck.config.settings import Config
from healthcheck.inventory.ages import as_seen, moment
from healthcheck.inventory.document import Backup
from healthcheck.inventory.remembered import Remembered
from healthcheck.model import Previous
from healthcheck.privacy import Privacy
from healthcheck.words import plain, size

KINDS = ("backup", "borg", "restic", "veeam", "windows_backup")
_AGE = "age_h"
_LONGEST_PATH = 200


def backups(config: Config, known: Remembered, now: datetime) -> Iterator[Backup]:
    """One for each that is checked, and for each job where one check looks at several; in the order of the config.

    Any check that measures the age of something in hours ("age_h") counts, so that one of the practice's own does.
    """
    privacy = Privacy(config.redact, config.secrets)
    for planned in config.plan:
        found = known.previous.get(planned.key)
        jobs = [name for name in (found.metrics if found else ()) if name == _AGE or name.startswith(f"{_AGE} ")]
        if planned.check.kind in KINDS or jobs:
            for job in jobs or [_AGE]:
                yield _backup(planned, job, found, privacy, now)


def _backup(planned: Planned, job: str, found: Previous | None, privacy: Privacy, now: datetime) -> Backup:
    hours = found.metrics.get(job) if found else None
    bytes_ = found.metrics.get("size") if found and job == _AGE else None
    newest_at = found.at - timedelta(hours=hours) if found and hours is not None else None
    name = job.removeprefix(_AGE).strip()
    return Backup(
        site=plain(planned.site.name),
        device=plain(planned.host.label),
        kind=f"{planned.check.kind}{f': {plain(name)}' if name else ''}",
        path=privacy.text(_place(planned), _LONGEST_PATH),
        newest_at=newest_at,
        newest=moment(newest_at, now) if newest_at else "none was seen" if found else "never looked at",
        size_bytes=None if bytes_ is None else int(bytes_),
        size="" if bytes_ is None else size(bytes_),
        seen=found.at if found else None,
        age=as_seen(found.at, now) if found else "",
    )


def _place(planned: Planned) -> str:
    """Where it is kept, as the check's settings say; a second drive, too."""
    check = planned.check
    first = next((str(at) for name in ("path", "repository") if (at := getattr(check, name, ""))), "")
    second = getattr(check, "standby_path", "")
    return f"{first}, and on {second}" if second else first
