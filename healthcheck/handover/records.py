"""The history as tables that any program opens, and as JSON. Times are RFC 3339 in UTC."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from healthcheck.config.settings import Config
from healthcheck.findings import Incident
from healthcheck.handover.cleaning import Cleaning
from healthcheck.history import History
from healthcheck.inventory import Remembered
from healthcheck.model import Status

YEARS = timedelta(days=5 * 366)
"""All that is kept at all."""


def records(config: Config, history: History, known: Remembered, cleaning: Cleaning, now: datetime) -> dict[str, str]:
    """File name to content, each row in the order in which it was kept."""
    since = now - YEARS
    rounds = history.rounds(since)
    incidents = history.incidents(since)
    past = history.past(now, since, now)
    words = [status.word for status in Status]
    return {
        "rounds.csv": _csv(
            cleaning,
            ("round", "started by", "began", "ended", *words),
            (
                (one.id, one.trigger, _utc(one.started_at), _utc(one.finished_at),
                 *(one.counts.get(status, 0) for status in Status))
                for one in rounds
            ),
        ),
        "incidents.csv": _csv(cleaning, tuple(_INCIDENT), (tuple(_incident(one).values()) for one in incidents)),
        "open-incidents.json": as_json(cleaning.data([_incident(one) for one in known.open_incidents])),
        "events.csv": _csv(
            cleaning,
            ("began", "not before", "ended", "site", "host", "source", "what", "says"),
            (
                (_utc(one.event.at), _utc(one.event.not_before), _utc(one.event.until), one.site, one.host,
                 one.event.source, one.event.kind.value, one.event.says)
                for one in past.events
            ),
        ),
        "sent.csv": _csv(
            cleaning,
            ("delivery", "made", "became", "not accepted by", "attempts", "accepted", "reply"),
            (
                (one.delivery, _utc(one.created_at), one.state, "; ".join(one.not_taken_for), one.attempts,
                 _utc(one.sent_at), one.reply)
                for one in history.sent(since)
            ),
        ),
        "acknowledged.csv": _csv(
            cleaning,
            ("reference", "cause", "says", "by", "note", "from", "until", "ended", "why"),
            (
                (one.reference, one.cause, one.says, one.by, one.note, _utc(one.at), _utc(one.until),
                 _utc(one.ended_at), one.ended.value if one.ended else "")
                for one in history.acknowledged(since)
            ),
        ),
        "paused.csv": _csv(
            cleaning,
            ("place", "by", "reason", "from", "until"),
            ((one.place, one.by, one.reason, _utc(one.at), _utc(one.until)) for one in history.pauses(since)),
        ),
        "checks.csv": _csv(
            cleaning,
            ("check", "site", "host", "kind", "last seen", "was", "last OK", "measured"),
            (
                (planned.key, planned.site.name, planned.host.name, planned.check.kind,
                 _utc(seen.at if seen else None), seen.status.word if seen else "never seen",
                 _utc(known.last_good.get(planned.key)), _measured(seen.metrics) if seen else "")
                for planned in config.plan
                for seen in (known.previous.get(planned.key),)
            ),
        ),
        "found.json": as_json(
            cleaning.data(
                [
                    {"check": key, "sort": sort, "since": _utc(one.since), "until": _utc(one.until),
                     "things": dict(one.things)}
                    for (key, sort), stretches in sorted(known.surveys.items())
                    for one in stretches
                ]
            )
        ),
    }  # fmt: skip


def as_json(value: Any) -> str:
    """Text that people can read, too."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


_INCIDENT = (
    "reference", "status", "site", "host", "says", "likely", "began", "last good", "over", "rounds", "owner", "cause",
    "consequences", "sites", "detail",
)  # fmt: skip


def _incident(one: Incident) -> dict[str, Any]:
    values = (
        one.reference, one.status.word, one.site, one.host, one.says, one.likely, _utc(one.since), _utc(one.last_good),
        _utc(one.closed_at), one.rounds, one.owner, one.cause, list(one.consequences), list(one.sites), one.detail,
    )  # fmt: skip
    return dict(zip(_INCIDENT, values, strict=True))


def _csv(cleaning: Cleaning, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table for spreadsheets; what would be taken for a formula there has an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(cleaning.data(value)) for value in row])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _measured(metrics: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:g}" for name, value in sorted(metrics.items()))


def _utc(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
