"""What depends on what, as the config has it and the diagnosis reads it: by host, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from healthcheck.model import Host, Practice, Service, Site
from healthcheck.words import join, plain, sentence


def parents(practice: Practice) -> Mapping[str, tuple[str, ...]]:
    """What each host needs: its `depends_on`, its site's gateway, and for a gateway the watcher's own."""
    gateways = {site.name: site.gateway.name for site in practice.sites if site.gateway}
    found: dict[str, tuple[str, ...]] = {}
    for host in practice.hosts():
        gateway = gateways.get(host.site, "")
        implied = gateways.get(practice.watcher, "") if gateway == host.name else gateway
        found[host.name] = tuple(
            dict.fromkeys((*((implied,) if implied not in ("", host.name) else ()), *host.depends_on))
        )
    return found


def needed_by(service: Service) -> tuple[str, ...]:
    """The hosts and check keys that a service names, once each."""
    return tuple(dict.fromkeys((*service.needs, *service.needs_any)))


def host_of(practice: Practice, name: str) -> Host | None:
    """The host of that name, or the one that a check's key is about."""
    wanted = name.split("/")[1] if name.count("/") >= 2 else name
    return practice.hosts_by_name.get(wanted)


def label_of(practice: Practice, name: str) -> str:
    """A host's plain name; for a check's key with the check: "the backup drive (backup)"."""
    host = host_of(practice, name)
    check = "/".join(name.split("/")[2:])
    return (plain(host.label) if host else plain(name)) + (f" ({plain(check)})" if check and host else "")


def in_words(practice: Practice) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The drawings as lists: a title and its sentences, site by site, then the services."""
    above = parents(practice)
    for site in practice.sites:
        yield (
            plain(site.name),
            tuple(sentence(_hosts(practice, hosts, above[hosts[0].name])) for hosts in _alike(site, above)),
        )
    if practice.services:
        yield "Services", tuple(sentence(_service(practice, service)) for service in practice.services)


def _alike(site: Site, above: Mapping[str, tuple[str, ...]]) -> Iterator[list[Host]]:
    """The hosts of a site, those together that need the same."""
    groups: dict[tuple[str, ...], list[Host]] = {}
    for host in site.hosts:
        groups.setdefault(above[host.name], []).append(host)
    yield from groups.values()


def _hosts(practice: Practice, hosts: Sequence[Host], above: Sequence[str]) -> str:
    verb = "needs" if len(hosts) == 1 else "need"
    what = join(label_of(practice, name) for name in above) or "nothing else that is in the config"
    return f"{join(plain(host.label) for host in hosts)} {verb} {what}"


def _service(practice: Practice, service: Service) -> str:
    all_of = join(label_of(practice, name) for name in service.needs)
    one_of = " or ".join(label_of(practice, name) for name in service.needs_any)
    return f"{plain(service.name)} needs {' and '.join(filter(None, (all_of, one_of)))}"
