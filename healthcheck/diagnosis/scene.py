"""A round laid over the practice: everything that the diagnosis looks up, indexed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from healthcheck.model import Host, Outcome, Practice, Round, Site
from healthcheck.records import frozen


@frozen(slots=False)
class Scene:
    """The outcomes in the order of the config, whatever order they came in, by host and by site.

    `at_address` is the first host of the config with an address; `place` orders sites as the config does.
    """

    practice: Practice
    round: Round
    outcomes: tuple[Outcome, ...]
    by_key: Mapping[str, Outcome]
    by_host: Mapping[str, tuple[Outcome, ...]]
    by_site: Mapping[str, tuple[Outcome, ...]]
    sites: Mapping[str, Site]
    hosts: Mapping[str, Host]
    at_address: Mapping[str, tuple[str, ...]]
    place: Mapping[str, int]

    @classmethod
    def of(cls, practice: Practice, round: Round) -> Scene:
        """Index a round. What stands in it and not in the practice comes last."""
        hosts = practice.hosts_by_name
        place = {site.name: number for number, site in enumerate(practice.sites)}
        rank = {name: number for number, name in enumerate(hosts)}
        last = max(len(place), len(rank))
        outcomes = tuple(
            sorted(
                round.outcomes,
                key=lambda outcome: (place.get(outcome.site, last), rank.get(outcome.host, last), outcome.key),
            )
        )
        by_host: dict[str, list[Outcome]] = {}
        by_site: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            by_host.setdefault(outcome.host, []).append(outcome)
            by_site.setdefault(outcome.site, []).append(outcome)
        at_address: dict[str, tuple[str, ...]] = {}
        for host in hosts.values():
            if host.address:
                at_address[host.address] = (*at_address.get(host.address, ()), host.name)
        return cls(
            practice=practice,
            round=round,
            outcomes=outcomes,
            by_key={outcome.key: outcome for outcome in outcomes},
            by_host={name: tuple(found) for name, found in by_host.items()},
            by_site={name: tuple(found) for name, found in by_site.items()},
            sites={site.name: site for site in practice.sites},
            hosts=hosts,
            at_address=at_address,
            place=place,
        )

    @property
    def asked_everywhere(self) -> bool:
        """False where a round by hand left out clinics, which might have answered."""
        return self.round.trigger != "hand" or all(
            site.name in self.by_site for site in self.sites.values() if site.hosts
        )

    def label(self, host: str) -> str:
        """What people call a device; the first word of a sentence is not yet written large."""
        known = self.hosts.get(host)
        return known.label if known else host

    def gateway(self, site: str) -> Host | None:
        """The device that joins a site to the others."""
        known = self.sites.get(site)
        return known.gateway if known else None

    def in_order(self, sites: Iterable[str]) -> tuple[str, ...]:
        """Sites once each, in the order of the config; those it does not know are left out."""
        return tuple(sorted({site for site in sites if site in self.place}, key=self.place.__getitem__))
