"""The config: whether it has a mistake, whether everything it names is there."""

from __future__ import annotations

import errno
import importlib.util
import os
from collections.abc import Iterator, Sequence

from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.model import Status
from healthcheck.words import count, join, plain, sentence

CHECK_IT = "config check"
NOT_KNOWN = "Not known while the config has a mistake."
APPRISE = "apprise"


def config(premises: Premises) -> Iterator[Finding]:
    """Every mistake and warning, or how much there is to look at."""
    found = premises.config
    if found is None:
        first, *more = premises.mistakes
        rest = f" And {count(len(more), 'mistake')} more." if more else ""
        says = f"The config cannot be used. {sentence(plain(first, 400))}{rest}"
        yield _mistaken(premises, premises.mistakes, says)
        return
    sites, checks = len(found.practice.sites), len(found.plan)
    says = f"{found.path} has no mistake: {count(sites, 'clinic')}, {count(checks, 'check')}."
    yield Finding(Status.OK, says)
    empty = [site.name for site in found.practice.sites if not any(p.site.name == site.name for p in found.plan)]
    if empty:
        says = f"Nothing is looked at in {join(empty)}, so no report can say how it is there."
        yield Finding(Status.WARNING, says, f"Name a device there with [[site.host]] in {found.path}.")
    for warning in found.warnings:
        yield Finding(Status.WARNING, sentence(plain(warning, 400)), premises.command(CHECK_IT))


def secrets(premises: Premises) -> Iterator[Finding]:
    """Whether every secret that the config names was found; none is shown."""
    if premises.config is None:
        about = [line for line in premises.mistakes if "secret" in line]
        if about:
            yield _mistaken(premises, about, sentence(plain(about[0], 400)))
        else:
            yield Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
        return
    named = {secret.name for secret in premises.config.secrets if secret.name}
    if not named:
        yield Finding(Status.OK, "The config needs no secret.")
    else:
        yield Finding(Status.OK, f"Every secret that the config names was found: {join(sorted(named))}.")


def _mistaken(premises: Premises, mistakes: Sequence[str], says: str) -> Finding:
    """A Problem; where this account only may not read something, nobody knows, and root would."""
    if all(mistake.endswith(f": {os.strerror(errno.EACCES)}") for mistake in mistakes):
        return Finding(Status.UNKNOWN, says, premises.command("doctor", sudo=True))
    is_there = os.path.lexists(premises.config_file)
    return Finding(Status.CRITICAL, says, premises.command(CHECK_IT if is_there else "init"))


def packages(premises: Premises) -> Iterator[Finding]:
    """Whether what the planned checks and the deliveries need besides is installed."""
    if premises.config is None:
        yield Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
        return
    needed = {
        package: (extra, planned.check.kind)
        for planned in premises.config.plan
        for package, extra in planned.check.needs().items()
    }
    for delivery in premises.deliveries:
        if delivery.channel == APPRISE:
            needed[APPRISE] = (APPRISE, delivery.name)
    missing = {name: needed[name] for name in sorted(needed) if importlib.util.find_spec(name) is None}
    for name, (extra, who) in missing.items():
        says = f'"{plain(who)}" needs {name}, which is not installed, so it cannot be done.'
        yield Finding(Status.CRITICAL, says, f"pip install 'healthcheck[{extra}]'")
    if not missing:
        says = f"All that is needed besides is installed: {join(sorted(needed))}." if needed else "None is needed."
        yield Finding(Status.OK, says)
