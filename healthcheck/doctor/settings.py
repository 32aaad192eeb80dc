"""The config: whether it has a mistake, whether everything it names is there."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.model import Status
from healthcheck.words import count, join, plain, sentence

CHECK_IT = "config check"
MOST_SHOWN = 3


def config(premises: Premises) -> Iterator[Finding]:
    """Every mistake and warning, or how much there is to look at."""
    found = premises.config
    if found is None:
        first, *more = premises.mistakes
        rest = f" There are {count(len(more), 'more mistake')}." if more else ""
        fix = premises.command("init" if not premises.config_file.exists() else CHECK_IT)
        yield Finding(Status.CRITICAL, f"The config cannot be used. {sentence(plain(first, 400))}{rest}", fix)
        return
    sites, checks = len(found.practice.sites), len(found.plan)
    says = f"{found.path} has no mistake: {count(sites, 'clinic')}, {count(checks, 'check')}."
    yield Finding(Status.OK, says)
    empty = [site.name for site in found.practice.sites if not any(p.site.name == site.name for p in found.plan)]
    if empty:
        says = f"Nothing is looked at in {join(empty)}, so no report can say how it is there."
        yield Finding(Status.WARNING, says, f"Name a device there with [[site.host]] in {found.path}.")
    for warning in found.warnings[:MOST_SHOWN]:
        yield Finding(Status.WARNING, sentence(plain(warning, 400)), premises.command(CHECK_IT))


def secrets(premises: Premises) -> Iterator[Finding]:
    """Whether every secret that the config names was found; none is shown."""
    if premises.config is None:
        about = [line for line in premises.mistakes if "secret" in line]
        if about:
            yield Finding(Status.CRITICAL, sentence(plain(about[0], 400)), premises.command(CHECK_IT))
        else:
            yield Finding(Status.UNKNOWN, "Not known while the config has a mistake.", premises.command(CHECK_IT))
        return
    named = {secret.name for secret in premises.config.secrets if secret.name}
    if not named:
        yield Finding(Status.OK, "The config needs no secret.")
    else:
        yield Finding(Status.OK, f"Every secret that the config names was found: {join(sorted(named))}.")


def packages(premises: Premises) -> Iterator[Finding]:
    """Whether what the planned checks and the deliveries need besides is installed."""
    if premises.config is None:
        yield Finding(Status.UNKNOWN, "Not known while the config has a mistake.", premises.command(CHECK_IT))
        return
    extras = {planned.check.extra(): planned.check.kind for planned in premises.config.plan}
    extras |= {delivery.channel: delivery.name for delivery in premises.deliveries if delivery.channel == "apprise"}
    extras.pop("", None)
    missing = [extra for extra in sorted(extras) if not _is_installed(extra)]
    for extra in missing:
        says = f'What "{extras[extra]}" needs besides is not installed, so it cannot be done.'
        yield Finding(Status.CRITICAL, says, f"pip install 'healthcheck[{extra}]'")
    if not missing:
        needed = join(sorted(extras))
        yield Finding(Status.OK, f"All that is needed besides is installed: {needed}." if needed else "None is needed.")


def _is_installed(extra: str) -> bool:
    """Whether every package of an extra is there, as our own list of requirements names them (PEP 508)."""
    needed = [
        line for line in metadata.requires("healthcheck") or () if f"extra == '{extra}'" in line.replace('"', "'")
    ]
    return all(_is_there(line) for line in needed)


def _is_there(requirement: str) -> bool:
    name = (
        requirement.replace("[", " ").replace("<", " ").replace(">", " ").replace(";", " ").replace("=", " ").split()[0]
    )
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
