"""Puts the config and what history knows together: one document, in which nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from healthcheck.check import Planned
from healthcheck.config.settings import Config
from healthcheck.inventory import drawing, facts, needs
from healthcheck.inventory.ages import as_seen, day, moment
from healthcheck.inventory.backups import backups
from healthcheck.inventory.document import (
    Clinic,
    Device,
    Inventory,
    Need,
    Renewal,
    Row,
    SecretRow,
    Standing,
)
from healthcheck.inventory.drift import drift
from healthcheck.inventory.remembered import Remembered
from healthcheck.model import Host, Person, Practice
from healthcheck.rounds import REPORT
from healthcheck.words import count, join, plain, size

_ESCALATION = ("it", "vendor", "administrator", "site")
"""Who can mend it, then who made it, then who decides, then who is there."""
_DAYS_LEFT = "days left"


def inventory(config: Config, known: Remembered, now: datetime) -> Inventory:
    """The document as of `now`, which is in the practice's time zone; the same in gives the same out."""
    practice = config.practice
    plans = _by_host(config.plan)
    clinics = tuple(
        Clinic(site, tuple(_device(host, plans.get(host.name, ()), practice, known, now) for host in site.hosts))
        for site in practice.sites
    )
    return Inventory(
        practice=practice,
        made_at=now,
        round=known.round,
        rests_on=_rests_on(known, now),
        contacts=contacts(practice),
        clinics=clinics,
        needs=tuple(_needs(practice)),
        backups=tuple(backups(config, known, now)),
        renewals=(*_contracts(practice, now), *_certificates(config, known, now)),
        secrets=secrets(config),
        credentials=tuple(one for one in practice.credentials if one.purpose not in {a.name for a in config.asked}),
        drift=drift(config, known, clinics, now),
        figures=drawing.figures(practice),
        dependencies=tuple(needs.in_words(practice)),
        config_path=str(config.path.absolute()),
    )


def contacts(practice: Practice) -> tuple[Person, ...]:
    """Everybody, in the order in which to call."""
    return tuple(person for role in _ESCALATION for person in practice.people_of(role))


def secrets(config: Config) -> tuple[SecretRow, ...]:
    """Each secret that the config names, once; a key's file by its path, what stands there itself without a name."""
    kept = {credential.purpose: credential for credential in config.practice.credentials}
    opens: dict[str, list[str]] = {}
    for one in config.asked:
        name = one.name or (f"the file {one.file}" if one.file else "(it stands in the config itself)")
        opens.setdefault(name, []).append(f"{one.opens}: {one.setting}")
    return tuple(
        SecretRow(
            name,
            tuple(dict.fromkeys(what)),
            kept[name].kept_at if name in kept else "",
            kept[name].kept_by if name in kept else "",
        )
        for name, what in opens.items()
    )


def _by_host(plan: Sequence[Planned]) -> Mapping[str, tuple[Planned, ...]]:
    found: dict[str, tuple[Planned, ...]] = {}
    for planned in plan:
        found[planned.host.name] = (*found.get(planned.host.name, ()), planned)
    return found


def _rests_on(known: Remembered, now: datetime) -> str:
    if known.round is None:
        return "No round was ever kept: what stands here is the config alone, and nothing of it was looked at."
    kind = "report" if known.round.trigger == REPORT else "round by hand"
    checks = count(sum(known.round.counts.values()), "check")
    return (
        f"It rests on the config and on the {kind} of {moment(known.round.started_at, now)} ({checks}). "
        "Where another look saw something last, its time stands beside it."
    )


def _device(host: Host, plan: Sequence[Planned], practice: Practice, known: Remembered, now: datetime) -> Device:
    seen = known.seen(plan)
    standing = _standing(plan, known, seen)
    says = _says(standing, seen, plan, now)
    rows = (replace(row, age="" if row.age == says else row.age) for row in _rows(host, plan, practice, known, now))
    return Device(host, standing, seen, says, tuple(rows))


def _standing(plan: Sequence[Planned], known: Remembered, seen: datetime | None) -> Standing:
    asked = any(planned.key in known.asked for planned in plan)
    if seen is None:
        return Standing.NEVER_SEEN if asked else Standing.NEVER_LOOKED_AT
    if asked and known.round is not None and seen < known.round.started_at:
        return Standing.NOT_SEEN_SINCE
    return Standing.SEEN


def _says(standing: Standing, seen: datetime | None, plan: Sequence[Planned], now: datetime) -> str:
    if standing is Standing.SEEN and seen is not None:
        return as_seen(seen, now)
    if standing is Standing.NOT_SEEN_SINCE and seen is not None:
        return f"not seen since {moment(seen, now)}"
    if standing is Standing.NEVER_SEEN:
        return "looked for, and never seen"
    return "never looked at" + ("" if plan else ": no check is planned for it")


def _rows(host: Host, plan: Sequence[Planned], practice: Practice, known: Remembered, now: datetime) -> Iterator[Row]:
    for name, value in _written(host, practice):
        if value:
            yield Row(name, (plain(value),))
    found: dict[str, list[Row]] = {}
    for planned in plan:
        for (key, sort), stretches in known.surveys.items():
            if key == planned.key:
                latest = stretches[-1]
                found.setdefault(sort, []).extend(
                    Row(name, values, latest.until, as_seen(latest.until, now))
                    for name, values in facts.rows(sort, latest.things, now)
                )
    order = {sort: number for number, sort in enumerate(facts.ORDER)}
    for sort in sorted(found, key=lambda sort: (order.get(sort, len(order)), sort)):
        yield from found[sort]
    yield from _room(plan, known, now)
    if host.os == "linux" and "system" not in found and any(planned.check.inside for planned in plan):
        yield Row("System", ("never looked at: no survey of it was made",))


def _written(host: Host, practice: Practice) -> Iterator[tuple[str, str]]:
    """What the config says of a host."""
    yield "Stands in", host.room
    yield "Address", f"{host.address} (this computer)" if host.local else host.address
    yield "Looked after by", host.owner
    if host.os == "windows":
        yield "System", "Windows, as the config says"
    if host.ssh:
        jump = f", by way of {host.ssh.jump}" if host.ssh.jump else ""
        yield "Way in", f"SSH as {host.ssh.user}, port {host.ssh.port}{jump}"
    yield "Needs", join(needs.label_of(practice, name) for name in needs.parents(practice)[host.name])


def _room(plan: Sequence[Planned], known: Remembered, now: datetime) -> Iterator[Row]:
    """The room left on each disk, as it was measured last."""
    for planned in plan:
        found = known.previous.get(planned.key)
        if planned.check.kind != "disk" or found is None:
            continue
        values = tuple(
            f"{plain(name.removeprefix('free bytes '))}: {size(value)} free"
            for name, value in sorted(found.metrics.items())
            if name.startswith("free bytes ")
        )
        if values:
            yield Row("Room", values, found.at, as_seen(found.at, now))


def _needs(practice: Practice) -> Iterator[Need]:
    everybody = {site.name for site in practice.sites}
    for service in practice.services:
        yield Need(
            service,
            tuple(needs.label_of(practice, name) for name in service.needs),
            tuple(needs.label_of(practice, name) for name in service.needs_any),
            "every clinic" if set(service.used_by) == everybody else join(map(plain, service.used_by)),
        )


def _contracts(practice: Practice, now: datetime) -> Iterator[Renewal]:
    order = sorted(practice.contracts, key=lambda one: (one.renews is None, one.renews or now.date()))
    for contract in order:
        yield Renewal(plain(contract.name), contract, contract.renews, _renews(contract.renews, now))


def _renews(on: date | None, now: datetime) -> str:
    if on is None:
        return "nobody wrote down when it ends"
    left = (on - now.date()).days
    if left < 0:
        return f"was to renew {day(on, now)}: over, or renewed and not written down"
    return f"{day(on, now)} (in {count(left, 'day')})" if left else f"{day(on, now)} (today)"


def _certificates(config: Config, known: Remembered, now: datetime) -> Iterator[Renewal]:
    """Certificates end too, and were seen."""
    for planned in config.plan:
        found = known.previous.get(planned.key)
        left = found.metrics.get(_DAYS_LEFT) if found else None
        if found is not None and left is not None:
            ends = (found.at + timedelta(days=left)).astimezone(now.tzinfo).date()
            name = f"the certificate of {plain(planned.host.label)} ({planned.check.kind})"
            yield Renewal(name, None, ends, _renews(ends, now), found.at, as_seen(found.at, now))
